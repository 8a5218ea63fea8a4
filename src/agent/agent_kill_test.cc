// Random histories: a writer numbers its lines across rotations of every kind while the agent is killed at any moment,
// the server answers badly, and the checkpoint may be lost. Afterwards each number is stored exactly once and in order.
#include <gtest/gtest.h>

#include <cstdlib>

#include "agent/simulated_host.h"
#include "base/log.h"

namespace cordwood::agent {
namespace {

class Story : public SimulatedHost {
 public:
  explicit Story(std::uint64_t seed) : SimulatedHost(seed), dice_(seed) {
    server_.lose_request = 0.05;
    server_.lose_answer = 0.1;
    server_.busy = 0.05;
    server_.wait = 0.02;
    options_.batch_bytes = dice_() % 2 == 0 ? 1 << 20 : 32 << 10;
    options_.missing_patience = std::chrono::hours(1);
    compressed_ = dice_() % 2 == 0;
    delayed_ = dice_() % 2 == 0;
  }

  void tell(std::size_t steps, bool lose_checkpoints) {
    lose_checkpoints_ = lose_checkpoints;
    start();
    for (std::size_t i = 0; i < steps; ++i) step();
    if (agent_ == nullptr) start();
    server_.down = false;
    for (int i = 0; i < 60 && !(agent_->status().caught_up && server_lines() == written_); ++i) pass(seconds(10));
  }

  void check() const {
    if (std::getenv("CORDWOOD_TEST_SEEDS") != nullptr) describe();
    std::vector<std::vector<std::uint64_t>> numbers;
    for (const auto& [id, source] : server_.sources) {
      EXPECT_EQ(source.info.path, "/log/app.log");
      EXPECT_EQ(source.lost_bytes, 0U);
      std::vector<std::uint64_t>& list = numbers.emplace_back();
      std::uint64_t line = 0;
      for (const StoredRecord& record : source.records) {
        list.push_back(std::stoull(record.line));
        EXPECT_GT(record.line_number, line);
        line = record.line_number;
      }
    }
    std::sort(numbers.begin(), numbers.end());
    std::uint64_t next = 1;
    for (const auto& list : numbers) {
      for (const std::uint64_t number : list) {
        ASSERT_EQ(number, next) << "a line is missing, twice, or out of order";
        ++next;
      }
    }
    EXPECT_EQ(next, written_ + 1);
  }

 private:
  std::size_t server_lines() const {
    std::size_t lines = 0;
    for (const auto& [id, source] : server_.sources) lines += source.records.size();
    return lines;
  }
  bool one_in(std::uint64_t n) { return dice_() % n == 0; }

  void step() {
    write();
    // Mostly less than a poll, sometimes long enough for everything to settle.
    pass(milliseconds(one_in(6) ? dice_() % 20'000 : dice_() % 400));
    if (one_in(5)) rotate();
    if (one_in(12)) server_.down = !server_.down;
    if (one_in(9)) {
      kill();
      if (lose_checkpoints_ && one_in(4)) (void)files_.remove("/state/checkpoint");
      if (one_in(3)) {
        write();
        rotate();
      }
      if (one_in(3)) pass(seconds(dice_() % 100));
      start();
    } else if (one_in(20)) {
      restart();
    }
  }

  void write() {
    std::string text;
    for (std::uint64_t n = dice_() % 40; n > 0; --n) {
      ++written_;
      text += std::to_string(written_) + " " + std::string(dice_() % 200, 'x') + "\n";
    }
    if (text.empty()) return;
    // A write may be seen in two halves.
    const std::size_t half = dice_() % text.size();
    append("app.log", text.substr(0, half));
    if (one_in(4)) pass(milliseconds(dice_() % 1500));
    append("app.log", text.substr(half));
  }

  bool exists(const std::string& name) { return files_.stat("/log/" + name).ok(); }

  // As logrotate does it, nothing is ever thrown away.
  void rotate() {
    if (getenv("TRACE"))
      fmt::print("rotate at {} written {}\n", executor_.clock().monotonic().value / 1000000, written_);
    if (!exists("app.log")) return;
    int last = 1;
    while (exists(fmt::format("app.log.{}", last)) || exists(fmt::format("app.log.{}.gz", last))) ++last;
    for (int i = last - 1; i >= 1; --i) {
      for (const char* end : {"", ".gz"}) {
        const std::string from = fmt::format("app.log.{}{}", i, end);
        if (exists(from)) rename(from, fmt::format("app.log.{}{}", i + 1, end));
      }
      maybe_pass();
    }
    if (one_in(2)) {
      rename("app.log", "app.log.1");
      if (one_in(3)) write_late();
    } else {
      append("app.log.1", content("app.log"));
      maybe_pass();
      truncate("app.log");
    }
    maybe_pass();
    if (!compressed_) return;
    const std::string name = delayed_ ? "app.log.2" : "app.log.1";
    if (!exists(name)) return;
    const std::string packed = codec::compress(codec::Compression::kGzip, content(name));
    const std::size_t half = dice_() % (packed.size() + 1);
    append(name + ".gz", packed.substr(0, half));
    maybe_pass();
    append(name + ".gz", packed.substr(half));
    maybe_pass();
    remove(name);
  }
  // The writer still has the old file open.
  void write_late() {
    ++written_;
    append("app.log.1", std::to_string(written_) + " late\n");
  }
  void describe() const {
    for (const auto& [id, source] : server_.sources) {
      fmt::print("source {} base={} mark={} first={} last={}\n", base::to_hex(id.value), source.info.base.offset,
                 source.mark.offset, source.records.empty() ? "" : source.records.front().line.substr(0, 6),
                 source.records.empty() ? "" : source.records.back().line.substr(0, 6));
    }
  }
  void maybe_pass() {
    if (one_in(3)) pass(milliseconds(dice_() % 3000));
  }

  std::mt19937_64 dice_;
  std::uint64_t written_ = 0;
  bool compressed_ = false;
  bool delayed_ = false;
  bool lose_checkpoints_ = false;
};

// CORDWOOD_TEST_SEEDS=first:count runs others.
std::pair<std::uint64_t, std::uint64_t> seeds(std::uint64_t count) {
  const char* text = std::getenv("CORDWOOD_TEST_SEEDS");
  if (text == nullptr) return {1, count};
  char* end = nullptr;
  const std::uint64_t first = std::strtoull(text, &end, 10);
  return {first, *end == ':' ? std::strtoull(end + 1, nullptr, 10) : 1};
}

void tell_stories(std::uint64_t count, bool lose_checkpoints) {
  const auto [first, stories] = seeds(count);
  if (std::getenv("CORDWOOD_TEST_TRACE") != nullptr) base::set_log_level(base::LogLevel::kDebug);
  for (std::uint64_t seed = first; seed < first + stories; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Story story(seed);
    story.tell(100, lose_checkpoints);
    story.check();
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(AgentKill, EachLineOnceAndInOrder) {
  tell_stories(15, false);
}
TEST(AgentKill, EachLineOnceEvenWhenCheckpointsAreLost) {
  tell_stories(15, true);
}

}  // namespace
}  // namespace cordwood::agent

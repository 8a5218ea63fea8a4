// The watermark never overstates: whatever happens to files, agent and server, each line that was written before it is
// at the server, or in a loss that the server was told of. And losses never overstate.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "agent/simulated_host.h"
#include "base/log.h"

namespace cordwood::agent {
namespace {

class WatermarkTest : public ::testing::Test, protected SimulatedHost {
 protected:
  base::UnixNanos watermark() const { return server_.last_heartbeat.watermark; }
  base::UnixNanos now() { return executor_.clock().now(); }
};

TEST_F(WatermarkTest, FollowsTheClockWhileNothingWaits) {
  append("app.log", "one\n");
  start();
  settle();
  for (int i = 0; i < 20; ++i) {
    append("app.log", "more\n");
    pass(milliseconds(730));
    EXPECT_GT(watermark(), now() - seconds(9));
    EXPECT_LT(watermark(), now());
  }
}

TEST_F(WatermarkTest, StaysWhereTheServerWentDown) {
  append("app.log", "one\n");
  start();
  settle();
  server_.down = true;
  const base::UnixNanos down = now();
  append("app.log", "two\n");
  pass(seconds(60));
  EXPECT_LE(agent_->status().watermark, down + seconds(1));
  EXPECT_GT(agent_->status().watermark, down - seconds(8));
  server_.down = false;
  settle();
  EXPECT_GT(watermark(), now() - seconds(9));
}

TEST_F(WatermarkTest, AnUnfinishedLineHoldsItNotForLong) {
  append("app.log", "one\n");
  start();
  settle();
  append("app.log", "unfinished");
  const base::UnixNanos written = now();
  pass(seconds(4));
  EXPECT_LE(agent_->status().watermark, written);
  pass(seconds(12));
  EXPECT_GT(watermark(), written + seconds(5));
  append("app.log", " no more\n");
  pass(seconds(12));
  EXPECT_EQ(stored(), (Lines{"one", "unfinished no more"}));
}

TEST_F(WatermarkTest, IsNotKnownWhileHistoryIsRead) {
  append("app.log", "now\n");
  append("app.log.1", "old\n");
  gzip("app.log.1");
  server_.down = true;
  start();
  settle();
  EXPECT_EQ(agent_->status().watermark.value, 0);
  server_.down = false;
  settle();
  settle();
  EXPECT_GT(watermark(), now() - seconds(9));
}

TEST_F(WatermarkTest, IsRememberedByARestart) {
  append("app.log", "one\n");
  start();
  settle();
  stop();
  const base::UnixNanos stopped = now();
  EXPECT_GT(watermark(), stopped - seconds(9));
  append("app.log", "two\n");
  server_.down = true;
  pass(seconds(50));
  start();
  pass(seconds(20));
  EXPECT_GT(agent_->status().watermark, stopped - seconds(9));
  EXPECT_LE(agent_->status().watermark, stopped);
  server_.down = false;
  settle();
  EXPECT_GT(watermark(), now() - seconds(9));
}

TEST_F(WatermarkTest, ACutWithoutACopyHoldsItNot) {
  append("app.log", "one\n");
  start();
  settle();
  truncate("app.log");
  append("app.log", "two\n");
  pass(seconds(12));
  EXPECT_GT(watermark(), now() - seconds(9));
}

// --- random histories ---------------------------------------------------------------------------------------------

class Chaos : public SimulatedHost {
 public:
  explicit Chaos(std::uint64_t seed) : SimulatedHost(seed), dice_(seed) {
    server_.lose_request = 0.03;
    server_.lose_answer = 0.05;
    server_.busy = 0.03;
    server_.wait = 0.02;
    server_.send_all = 0.02;
    options_.batch_bytes = one_in(2) ? 1 << 20 : 32 << 10;
    options_.missing_patience = seconds(dice_() % 60);
    // Else a file may come and go between two scans, and nobody could know.
    notified_ = true;
  }

  void tell(std::size_t steps) {
    start();
    // What was deleted before the first agent looked, it cannot know.
    pass(seconds(1));
    for (std::size_t i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      step();
      check_watermark();
    }
    if (agent_ == nullptr) start();
    server_.down = false;
    for (int i = 0; i < 30 && !agent_->status().caught_up; ++i) pass(seconds(10));
    pass(seconds(200));
    check_watermark();
    EXPECT_GT(server_.last_heartbeat.watermark, now() - seconds(15)) << "nothing waits, but the watermark does";
    check_losses();
    EXPECT_EQ(server_.heartbeat_errors, 0U);
  }
  std::size_t lost() const { return lost_; }

 private:
  struct Line {
    std::uint64_t number = 0;
    base::UnixNanos time;
    std::string path;
  };
  bool one_in(std::uint64_t n) { return dice_() % n == 0; }
  base::UnixNanos now() { return executor_.clock().now(); }
  std::string name() { return one_in(3) ? "other.log" : "app.log"; }
  bool exists(const std::string& file) { return files_.stat("/log/" + file).ok(); }
  void maybe_pass() {
    if (one_in(2)) pass(milliseconds(dice_() % (one_in(5) ? 15'000 : 900)));
  }

  void step() {
    for (std::uint64_t n = 1 + dice_() % 3; n > 0; --n) write(name());
    maybe_pass();
    if (one_in(3)) turn_over(name());
    if (one_in(12)) server_.down = !server_.down;
    if (one_in(9)) {
      if (one_in(3)) {
        stop();
      } else {
        kill();
      }
      for (const char* file : {"app.log", "other.log"}) {
        if (!exists(file) || content(file).empty()) {
          unseen_[file];
        } else if (now() - began_[file].time < seconds(2)) {
          unseen_[file] = began_[file].numbers;
        }
      }
      if (one_in(2)) write(name());
      if (one_in(2)) turn_over(name());
      if (one_in(3)) pass(seconds(dice_() % 60));
      start();
      pass(seconds(1));
      unseen_.clear();
    }
    maybe_pass();
  }

  // What came and went while no agent ran left no trace.
  void forget_unseen(const std::string& file) {
    if (agent_ != nullptr) return;
    std::set<std::uint64_t>& numbers = unseen_[file];
    std::erase_if(lines_, [&](const Line& line) { return numbers.contains(line.number); });
    numbers.clear();
  }

  // Of a content in place that is cut before anybody looked, nothing tells.
  void let_be_seen(const std::string& file) {
    if (agent_ != nullptr && now() - began_[file].time < seconds(2)) pass(seconds(2));
  }

  void write(const std::string& file) {
    if (!exists(file) || content(file).empty()) began_[file] = {now(), {}};
    std::string text;
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t n = dice_() % 30; n > 0; --n) {
      numbers.push_back(++written_);
      text += std::to_string(written_) + " " + std::string(dice_() % 200, 'x') + "\n";
    }
    if (text.empty()) return;
    const std::size_t half = dice_() % text.size();
    append(file, text.substr(0, half));
    note(file, numbers, text.substr(0, half));
    if (one_in(4)) {
      check_watermark();
      pass(milliseconds(dice_() % (one_in(4) ? 9000 : 1500)));
    }
    append(file, text.substr(half));
    note(file, numbers, text);
    bytes_ += text.size();
  }
  // Lines whose end is in the text were written now.
  void note(const std::string& file, std::vector<std::uint64_t>& numbers, std::string_view text) {
    const auto ends = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    for (std::size_t i = 0; i < ends; ++i) {
      if (numbers[i] == 0) continue;
      lines_.push_back({numbers[i], now(), "/log/" + file});
      began_[file].numbers.insert(numbers[i]);
      if (const auto unseen = unseen_.find(file); unseen != unseen_.end()) unseen->second.insert(numbers[i]);
      numbers[i] = 0;
    }
  }

  void turn_over(const std::string& file) {
    if (!exists(file)) return;
    int last = 1;
    while (exists(fmt::format("{}.{}", file, last)) || exists(fmt::format("{}.{}.gz", file, last))) ++last;
    const std::uint64_t way = dice_() % 6;
    base::log_debug("turn over file={} way={} written={} time={}", file, way, written_, now().value / 1'000'000);
    switch (way) {
      case 0:
        remove(file);
        forget_unseen(file);
        return;
      case 1:
        let_be_seen(file);
        truncate(file);
        began_[file] = {now(), {}};
        forget_unseen(file);
        return;
      case 2:
        if (last > 1 && exists(fmt::format("{}.{}", file, last - 1))) {
          remove(fmt::format("{}.{}", file, last - 1));
        } else if (last > 1) {
          remove(fmt::format("{}.{}.gz", file, last - 1));
        }
        return;
      default:
        break;
    }
    for (int i = last - 1; i >= 1; --i) {
      for (const char* end : {"", ".gz"}) {
        const std::string from = fmt::format("{}.{}{}", file, i, end);
        if (exists(from)) rename(from, fmt::format("{}.{}{}", file, i + 1, end));
      }
    }
    maybe_pass();
    if (one_in(2)) {
      rename(file, file + ".1");
      if (agent_ == nullptr) unseen_[file].clear();
    } else {
      let_be_seen(file);
      append(file + ".1", content(file));
      maybe_pass();
      if (agent_ == nullptr) unseen_[file].clear();
      if (one_in(3)) write(file);
      let_be_seen(file);
      truncate(file);
      began_[file] = {now(), {}};
    }
    forget_unseen(file);
    maybe_pass();
    if (one_in(2) && exists(file + ".1")) gzip(file + ".1");
  }

  std::set<std::uint64_t> stored_numbers() const {
    std::set<std::uint64_t> numbers;
    for (const auto& [id, source] : server_.sources) {
      for (const StoredRecord& record : source.records) numbers.insert(std::strtoull(record.line.c_str(), nullptr, 10));
    }
    return numbers;
  }
  bool is_in_a_loss(const Line& line) const {
    for (const auto& [id, entry] : server_.ledger) {
      if (entry.path != line.path) continue;
      for (const core::Loss& loss : entry.losses) {
        if (loss.since <= line.time && line.time <= loss.until) return true;
      }
    }
    return false;
  }

  std::string describe(const std::string& path) const {
    std::string out;
    for (const auto& [id, entry] : server_.ledger) {
      if (entry.path != path) continue;
      const auto source = server_.sources.find(id);
      const bool known = source != server_.sources.end() && !source->second.records.empty();
      out += fmt::format("{} state={} seen={} acked={} last_line={}", base::to_hex(id.value).substr(0, 8),
                         static_cast<int>(entry.state), entry.seen, entry.acked,
                         known ? source->second.records.back().line.substr(0, 6) : "-");
      for (const core::Loss& loss : entry.losses) {
        out += fmt::format(" loss({} at {} since={} until={} reason={})", loss.at_least, loss.begin,
                           loss.since.value / 1'000'000, loss.until.value / 1'000'000, static_cast<int>(loss.reason));
      }
      out += "\n";
    }
    return out;
  }

  void check_watermark() {
    const base::UnixNanos watermark = server_.last_heartbeat.watermark;
    if (!server_.whole || watermark.value == 0) return;
    const std::set<std::uint64_t> numbers = stored_numbers();
    std::erase_if(lines_, [&](const Line& line) { return numbers.contains(line.number); });
    for (const Line& line : lines_) {
      if (line.time >= watermark) continue;
      ASSERT_TRUE(is_in_a_loss(line)) << "line " << line.number << " of " << line.path << ", written at "
                                      << line.time.value / 1'000'000 << ", is not stored at " << now().value / 1'000'000
                                      << ", the watermark is " << watermark.value / 1'000'000 << "\n"
                                      << describe(line.path);
    }
  }

  void check_losses() {
    std::uint64_t told = 0;
    for (const auto& [id, entry] : server_.ledger) {
      for (const core::Loss& loss : entry.losses) told += loss.at_least;
    }
    std::uint64_t stored_bytes = 0;
    for (const auto& [id, source] : server_.sources) {
      for (const StoredRecord& record : source.records) {
        stored_bytes += record.line.size() + (record.flags.line_end() == core::LineEnd::kLf ? 1 : 0);
      }
    }
    lost_ += lines_.size();
    EXPECT_LE(stored_bytes + told, bytes_) << "more is said to be lost than was";
  }

  std::mt19937_64 dice_;
  std::uint64_t written_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<Line> lines_;  // not yet stored
  std::size_t lost_ = 0;
  struct Content {
    base::UnixNanos time;
    std::set<std::uint64_t> numbers;
  };
  std::map<std::string, Content> began_;  // of a live file, when it began and what is in it
  // While no agent runs: lines in files whose content began then.
  std::map<std::string, std::set<std::uint64_t>> unseen_;
};

// CORDWOOD_TEST_SEEDS=first:count runs others.
TEST(Watermark, NeverOverstates) {
  std::uint64_t first = 1;
  std::uint64_t count = 6;
  if (const char* text = std::getenv("CORDWOOD_TEST_SEEDS"); text != nullptr) {
    char* end = nullptr;
    first = std::strtoull(text, &end, 10);
    count = *end == ':' ? std::strtoull(end + 1, nullptr, 10) : 1;
  }
  if (std::getenv("CORDWOOD_TEST_TRACE") != nullptr) base::set_log_level(base::LogLevel::kDebug);
  std::size_t lost = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Chaos chaos(seed);
    chaos.tell(80);
    lost += chaos.lost();
    if (::testing::Test::HasFailure()) return;
  }
  // Else nothing was tried.
  if (count > 1) {
    EXPECT_GT(lost, 0U);
  }
}

}  // namespace
}  // namespace cordwood::agent

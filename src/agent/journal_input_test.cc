#include "agent/journal_input.h"

#include "agent/simulated_host.h"

namespace cordwood::agent {
namespace {

// A journal whose entries a test adds; oldest ones can be vacuumed. Cursors are "c" and a number.
struct FakeJournal {
  std::vector<JournalReader::Entry> entries;
  std::size_t vacuumed = 0;

  void add(std::string message, std::string priority = "6") {
    JournalReader::Entry entry;
    entry.message = std::move(message);
    entry.priority = std::move(priority);
    entry.unit = "ssh.service";
    entry.identifier = "sshd";
    entry.time = {static_cast<std::int64_t>(1'700'000'000 + entries.size()) * 1'000'000'000};
    entry.cursor = "c" + std::to_string(entries.size());
    entries.push_back(std::move(entry));
  }
};

class FakeReader final : public JournalReader {
 public:
  explicit FakeReader(FakeJournal& journal) : journal_(journal) {}
  base::Status seek_head() override {
    at_ = journal_.vacuumed;
    return base::ok_status();
  }
  base::Status seek_tail() override {
    at_ = std::max(journal_.vacuumed, journal_.entries.size() - 1);
    return base::ok_status();
  }
  base::Status seek_after(const std::string& cursor) override {
    const std::size_t entry = std::stoull(cursor.substr(1));
    at_ = std::max(journal_.vacuumed, entry + 1);
    return entry < journal_.vacuumed ? base::not_found_error("vacuumed") : base::ok_status();
  }
  base::StatusOr<bool> next(Entry& entry) override {
    if (at_ >= journal_.entries.size()) return false;
    entry = journal_.entries[at_++];
    return true;
  }

 private:
  FakeJournal& journal_;
  std::size_t at_ = 0;
};

class JournalTest : public ::testing::Test, protected SimulatedHost {
 protected:
  JournalTest() {
    options_.journald = true;
    options_.batch_bytes = 16 << 10;
    open_journal_ = [this]() -> base::StatusOr<std::unique_ptr<JournalReader>> {
      return std::make_unique<FakeReader>(journal_);
    };
  }
  Lines messages() const { return server_.lines("journal"); }
  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      wanted_.push_back(fmt::format("entry {}", wanted_.size()));
      journal_.add(wanted_.back());
    }
  }

  FakeJournal journal_;
  Lines wanted_;
};

TEST_F(JournalTest, ShipsEntriesWithTheirFields) {
  journal_.add("hello", "3");
  start();
  settle();
  const StoredSource* source = server_.source_of("journal");
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->info.unit, core::PositionUnit::kRecords);
  EXPECT_EQ(source->info.labels->to_text(), R"({host="web-1", job="journal"})");
  ASSERT_EQ(source->records.size(), 1U);
  EXPECT_EQ(source->records[0].time.value, 1'700'000'000'000'000'000);
  EXPECT_EQ(source->records[0].metadata.at("unit"), "ssh.service");
  EXPECT_EQ(source->records[0].metadata.at("identifier"), "sshd");
  EXPECT_EQ(source->records[0].metadata.at("priority"), "3");
  EXPECT_EQ(source->records[0].metadata.at("level"), "error");
  EXPECT_TRUE(agent_->status().caught_up);
  EXPECT_EQ(agent_->status().journal_records_acked, 1U);
}

TEST_F(JournalTest, KillsAndLostAnswersRepeatNothing) {
  server_.lose_answer = 0.3;
  server_.lose_request = 0.1;
  server_.wait = 0.1;
  std::mt19937_64 dice(5);
  start();
  for (int i = 0; i < 60; ++i) {
    add(dice() % 600);
    pass(milliseconds(dice() % 3000));
    if (dice() % 4 == 0) {
      kill();
      start();
    }
  }
  pass(seconds(200));
  EXPECT_EQ(messages(), wanted_);
  EXPECT_EQ(server_.sources.size(), 1U);
}

TEST_F(JournalTest, AVacuumedCursorGoesOnWithTheOldestAndSaysSo) {
  add(10);
  start();
  settle();
  stop();
  add(10);
  journal_.vacuumed = 15;
  start();
  settle();
  Lines wanted(wanted_.begin(), wanted_.begin() + 10);
  wanted.insert(wanted.end(), wanted_.begin() + 15, wanted_.end());
  EXPECT_EQ(messages(), wanted);
  const AgentStatus status = agent_->status();
  EXPECT_FALSE(status.problems.empty());
  ASSERT_EQ(status.losses.size(), 1U);
  EXPECT_EQ(status.losses[0].path, "journal");
  EXPECT_EQ(status.losses[0].loss.begin, 10U);
  EXPECT_EQ(status.losses[0].loss.reason, core::LossReason::kVacuumed);
  EXPECT_FALSE(status.losses[0].loss.exact);
  EXPECT_EQ(status.ledger.lost_at_least, 0U);
}

TEST_F(JournalTest, ALostCheckpointBeginsAtTheEndAndDoublesNothing) {
  add(10);
  start();
  settle();
  stop();
  ASSERT_TRUE(files_.remove("/state/checkpoint").ok());
  start();
  settle();
  add(3);
  settle();
  Lines found = messages();
  EXPECT_EQ(found, wanted_);
  EXPECT_FALSE(agent_->status().problems.empty());
}

TEST_F(JournalTest, AnotherInstallationGetsEverything) {
  add(10);
  start();
  settle();
  server_.wipe();
  add(2);
  settle();
  EXPECT_EQ(messages(), wanted_);
}

TEST_F(JournalTest, NoJournalIsReportedAndNoError) {
  open_journal_ = []() -> base::StatusOr<std::unique_ptr<JournalReader>> {
    return base::unavailable_error("there is no journal on this host");
  };
  append("app.log", "one\n");
  start();
  settle();
  EXPECT_EQ(stored(), Lines{"one"});
  ASSERT_EQ(agent_->status().problems.size(), 1U);
  EXPECT_EQ(agent_->status().problems[0].path, "journal");
  EXPECT_TRUE(agent_->status().caught_up);
}

}  // namespace
}  // namespace cordwood::agent

#include "agent/agent.h"

#include <gtest/gtest.h>

#include "agent/simulated_host.h"

namespace cordwood::agent {
namespace {

class AgentTest : public ::testing::Test, protected SimulatedHost {};

TEST_F(AgentTest, ShipsWhatIsThereAndWhatComes) {
  append("app.log", "one\ntwo\n");
  start();
  pass(seconds(3));
  EXPECT_EQ(stored(), (Lines{"one", "two"}));
  append("app.log", "three\n");
  append("new.log", "first\n");
  pass(seconds(8));
  EXPECT_EQ(stored(), (Lines{"one", "two", "three"}));
  EXPECT_EQ(stored("new.log"), Lines{"first"});
  const StoredSource* source = server_.source_of("/log/app.log");
  EXPECT_EQ(source->info.labels->to_text(), R"({file="/log/app.log", host="web-1", job="app"})");
  EXPECT_EQ(source->records[2].line_number, 3U);
  const AgentStatus status = agent_->status();
  EXPECT_TRUE(status.caught_up);
  EXPECT_TRUE(status.connected);
  EXPECT_EQ(status.files, 2U);
  EXPECT_EQ(status.lines_acked, 4U);
  EXPECT_EQ(status.bytes_acked, 20U);
  EXPECT_EQ(status.bytes_waiting, 0U);
}

TEST_F(AgentTest, ARestartRepeatsNothing) {
  append("app.log", "one\n");
  start();
  settle();
  stop();
  append("app.log", "two\n");
  start();
  settle();
  EXPECT_EQ(stored(), (Lines{"one", "two"}));
  EXPECT_EQ(server_.sources.size(), 1U);
  EXPECT_EQ(server_.source_of("/log/app.log")->records[1].line_number, 2U);
}

TEST_F(AgentTest, RenameAndCreateLosesNothing) {
  append("app.log", "one\n");
  start();
  settle();
  append("app.log", "two\n");
  rename("app.log", "app.log.1");
  append("app.log.1", "late writer\n");
  append("app.log", "three\n");
  settle();
  EXPECT_EQ(stored(), (Lines{"one", "two", "late writer", "three"}));
  EXPECT_EQ(server_.sources.size(), 2U);
  EXPECT_TRUE(agent_->status().caught_up);
}

TEST_F(AgentTest, ADeletedFileIsReadToItsEnd) {
  start();
  settle();
  server_.down = true;
  append("app.log", "one\n");
  pass(seconds(7));
  append("app.log", "two\nrest");
  remove("app.log");
  pass(seconds(60));
  server_.down = false;
  pass(seconds(60));
  EXPECT_EQ(stored(), (Lines{"one", "two", "rest"}));
  EXPECT_EQ(server_.source_of("/log/app.log")->records[2].flags.line_end(), core::LineEnd::kNone);
}

TEST_F(AgentTest, CopyTruncateBehindIsReadFromTheCopy) {
  append("app.log", "one\n");
  start();
  settle();
  server_.down = true;
  append("app.log", "two\nthree\n");
  pass(seconds(5));
  append("app.log.1", content("app.log"));
  truncate("app.log");
  append("app.log", "four\n");
  pass(seconds(10));
  server_.down = false;
  pass(seconds(90));
  EXPECT_EQ(stored(), (Lines{"one", "two", "three", "four"}));
  EXPECT_EQ(agent_->status().bytes_lost, 0U);
}

TEST_F(AgentTest, CopyTruncateWhileStopped) {
  append("app.log", "one\ntwo\n");
  start();
  settle();
  stop();
  append("app.log", "three\n");
  append("app.log.1", content("app.log"));
  truncate("app.log");
  append("app.log", "four and this is longer than what was there before\n");
  start();
  settle();
  EXPECT_EQ(stored(), (Lines{"one", "two", "three", "four and this is longer than what was there before"}));
}

TEST_F(AgentTest, GzipOfAKnownFileGoesOnAtItsPosition) {
  append("app.log", "one\n");
  start();
  settle();
  stop();
  append("app.log", "two\n");
  rename("app.log", "app.log.1");
  gzip("app.log.1");
  append("app.log", "three\n");
  start();
  settle();
  EXPECT_EQ(stored(), (Lines{"one", "two", "three"}));
  EXPECT_EQ(server_.sources.size(), 2U);
  restart();
  settle();
  EXPECT_EQ(stored(), (Lines{"one", "two", "three"}));
}

TEST_F(AgentTest, AChainOfRotationsWhileRunning) {
  start();
  Lines wanted;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 20; ++i) {
      wanted.push_back(fmt::format("round {} line {}", round, i));
      append("app.log", wanted.back() + "\n");
    }
    pass(milliseconds(700));
    if (files_.stat("/log/app.log.3.gz").ok()) remove("app.log.3.gz");
    if (files_.stat("/log/app.log.2.gz").ok()) rename("app.log.2.gz", "app.log.3.gz");
    if (files_.stat("/log/app.log.1").ok()) {
      rename("app.log.1", "app.log.2");
      gzip("app.log.2");
    }
    rename("app.log", "app.log.1");
    pass(seconds(6));
  }
  settle();
  EXPECT_EQ(stored(), wanted);
  EXPECT_TRUE(agent_->status().caught_up);
}

TEST_F(AgentTest, FirstStartReadsHistoryOldestFirst) {
  for (int i = 5; i >= 0; --i) {
    const std::string name = i == 0 ? "app.log" : fmt::format("app.log.{}", i);
    append(name, fmt::format("content {}\n", i));
    if (i >= 2) gzip(name);
    pass(seconds(100));
  }
  start();
  settle();
  // What is written now does not wait for history.
  Lines found = stored();
  EXPECT_EQ(std::erase(found, "content 0"), 1U);
  EXPECT_EQ(found, (Lines{"content 5", "content 4", "content 3", "content 2", "content 1"}));
  for (const auto& [id, source] : server_.sources) {
    EXPECT_EQ(source.info.path, "/log/app.log");
    EXPECT_EQ(source.info.labels->get("file"), "/log/app.log");
    // No time in the lines: those of history get the file's.
    EXPECT_LT(source.records[0].time, executor_.clock().now() - seconds(90));
  }
}

TEST_F(AgentTest, EqualFirstLinesAreStillTwoFiles) {
  start();
  for (int i = 0; i < 4; ++i) {
    append("app.log", "started\n");
    pass(seconds(3));
    if (files_.stat("/log/app.log.1").ok()) rename("app.log.1", fmt::format("app.log.{}", 9 - i));
    rename("app.log", "app.log.1");
  }
  append("other.log", "started\n");
  settle();
  EXPECT_EQ(stored(), (Lines{"started", "started", "started", "started"}));
  EXPECT_EQ(stored("other.log"), Lines{"started"});
}

TEST_F(AgentTest, BinaryAndUnsupportedFilesAreReported) {
  append("bin.log", std::string("a\0b", 3));
  append("old.log.1", "BZh91AY&SY");
  append("app.log", "x\n");
  start();
  settle();
  const AgentStatus status = agent_->status();
  ASSERT_EQ(status.skipped.size(), 2U);
  EXPECT_EQ(status.skipped[0].path, "/log/bin.log");
  EXPECT_NE(status.skipped[1].reason.find("bzip2"), std::string::npos);
  EXPECT_TRUE(status.caught_up);
  EXPECT_EQ(server_.sources.size(), 1U);
}

TEST_F(AgentTest, ALostCheckpointRepeatsNothingAndLosesNothing) {
  append("app.log", "one\n");
  append("tiny.log", "t\n");
  start();
  settle();
  append("app.log", "two\n");
  rename("app.log", "app.log.1");
  append("app.log", "three\n");
  settle();
  stop();
  ASSERT_TRUE(files_.remove("/state/checkpoint").ok());
  append("app.log", "four\n");
  append("app.log.1", "late\n");
  start();
  settle();
  EXPECT_EQ(stored(), (Lines{"one", "two", "late", "three", "four"}));
  EXPECT_EQ(stored("tiny.log"), Lines{"t"});
  EXPECT_EQ(server_.sources.size(), 3U);
}

TEST_F(AgentTest, ADamagedCheckpointIsKeptAside) {
  append("app.log", "one\n");
  start();
  settle();
  stop();
  ASSERT_TRUE(files_.flip_bit("/state/checkpoint", 40, 1).ok());
  start();
  settle();
  EXPECT_EQ(stored(), Lines{"one"});
  EXPECT_TRUE(files_.stat("/state/checkpoint.damaged").ok());
}

TEST_F(AgentTest, AnotherInstallationGetsEverythingAgain) {
  append("app.log", "one\n");
  append("app.log.1", "0\n");
  start();
  settle();
  EXPECT_EQ(stored_sorted(), (Lines{"0", "one"}));
  server_.wipe();
  append("app.log", "two\n");
  settle();
  EXPECT_EQ(stored_sorted(), (Lines{"0", "one", "two"}));
  stop();
  server_.wipe();
  start();
  settle();
  EXPECT_EQ(stored_sorted(), (Lines{"0", "one", "two"}));
}

TEST_F(AgentTest, ARestoredStateDirectoryDrawsANewIdAndRepeatsNothing) {
  append("app.log", "one\n");
  start();
  settle();
  stop();
  const std::string old = *io::read_whole_file(files_, "/state/checkpoint", 1 << 20);
  start();
  append("app.log", "two\n");
  settle();
  stop();
  ASSERT_TRUE(io::replace_file(files_, "/state/checkpoint", old).ok());
  append("app.log", "three\n");
  start();
  settle();
  EXPECT_EQ(stored(), (Lines{"one", "two", "three"}));
  EXPECT_EQ(server_.sources.size(), 1U);
  EXPECT_EQ(server_.source_of("/log/app.log")->records[2].line_number, 3U);
}

TEST_F(AgentTest, ARefusedRecordGoesToTheDeadLetters) {
  server_.refuse = [](const core::Record& record) { return record.line == "bad" ? std::string("no") : std::string(); };
  append("app.log", "one\nbad\ntwo\nbad\n");
  append("other.log", "fine\n");
  start();
  settle();
  EXPECT_EQ(stored(), (Lines{"one", "two"}));
  EXPECT_EQ(server_.source_of("/log/app.log")->records[1].line_number, 3U);
  EXPECT_EQ(stored("other.log"), Lines{"fine"});
  EXPECT_EQ(*io::read_whole_file(files_, "/state/dead-letters", 1 << 20),
            "{\"file\":\"/log/app.log\",\"offset\":4,\"line\":\"bad\"}\n"
            "{\"file\":\"/log/app.log\",\"offset\":12,\"line\":\"bad\"}\n");
  EXPECT_EQ(agent_->status().records_refused, 2U);
  EXPECT_TRUE(agent_->status().caught_up);
}

TEST_F(AgentTest, TooLargeRequestsAreHalved) {
  server_.body_bytes_max = 20'000;
  Lines wanted;
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    wanted.push_back(fmt::format("line {} {}", i, std::string(50, 'x')));
    text += wanted.back() + "\n";
  }
  append("app.log", text);
  start();
  pass(seconds(200));
  EXPECT_EQ(stored(), wanted);
}

TEST_F(AgentTest, AWaitingSliceDelaysOnlyItsOwn) {
  append("app.log", "one\n");
  append("other.log", "a\n");
  server_.wait = 0.5;
  start();
  pass(seconds(60));
  EXPECT_EQ(stored(), Lines{"one"});
  EXPECT_EQ(stored("other.log"), Lines{"a"});
}

TEST_F(AgentTest, LostBytesAreReported) {
  append("app.log", "one\n");
  start();
  settle();
  server_.down = true;
  append("app.log", std::string(3 << 20, 'x') + "\n");
  pass(seconds(5));
  truncate("app.log");
  append("app.log", "after\n");
  pass(seconds(5));
  server_.down = false;
  pass(seconds(200));
  const AgentStatus status = agent_->status();
  std::uint64_t stored_bytes = 0;
  for (const std::string& line : stored()) stored_bytes += line.size();
  EXPECT_GT(status.bytes_lost, 0U);
  EXPECT_EQ(stored_bytes + status.bytes_lost, 3 + (3U << 20) + 1 + 5);
  EXPECT_EQ(stored().back(), "after");
}

TEST_F(AgentTest, TwoAgentsOnOneStateDirectory) {
  append("app.log", "one\n");
  start();
  AgentDependencies deps;
  deps.executor = &executor_;
  deps.files = &files_;
  deps.http = &server_;
  deps.random = &random_;
  const auto second = Agent::create(options_, deps);
  EXPECT_EQ(second.status().code(), base::StatusCode::kFailedPrecondition);
}

TEST_F(AgentTest, RunOnceEndsWhenAllIsShipped) {
  options_.run_once = true;
  append("app.log", "one\nunfinished");
  append("app.log.1", "zero\nlast without end");
  start();
  for (int i = 0; i < 600 && !ended_; ++i) pass(milliseconds(100));
  EXPECT_TRUE(ended_);
  EXPECT_EQ(stored_sorted(), (Lines{"last without end", "one", "zero"}));
}

TEST_F(AgentTest, ChecksWithoutStarting) {
  append("app.log", "one\n");
  const auto good = Agent::check(options_, files_);
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ(good->files, 1U);
  EXPECT_TRUE(good->problems.empty());
  EXPECT_FALSE(files_.stat("/state").ok());
  options_.paths.emplace_back("/log/none.log");
  EXPECT_EQ(Agent::check(options_, files_)->problems.size(), 1U);
  options_.labels = {{"not valid", "x"}};
  EXPECT_EQ(Agent::check(options_, files_).status().code(), base::StatusCode::kInvalidArgument);
  options_.labels.clear();
  options_.paths = {"/log/[a"};
  EXPECT_FALSE(Agent::check(options_, files_).ok());
}

TEST_F(AgentTest, ServerDownForSixHours) {
  append("app.log", "one\n");
  start();
  settle();
  server_.down = true;
  Lines wanted{"one"};
  for (int hour = 0; hour < 6; ++hour) {
    wanted.push_back(fmt::format("hour {}", hour));
    append("app.log", wanted.back() + "\n");
    pass(seconds(1800));
    rename("app.log", fmt::format("app.log.{}", 6 - hour));
    pass(seconds(1800));
  }
  server_.down = false;
  pass(seconds(120));
  EXPECT_EQ(stored(), wanted);
}

}  // namespace
}  // namespace cordwood::agent

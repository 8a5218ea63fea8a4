#include "agent/heartbeats.h"

#include <gtest/gtest.h>

#include "agent/simulated_host.h"

namespace cordwood::agent {
namespace {

using core::AgentEnding;
using core::GenerationState;
using core::LedgerEntry;

class HeartbeatTest : public ::testing::Test, protected SimulatedHost {
 protected:
  const LedgerEntry* entry_of(const std::string& path) const {
    for (const auto& [id, entry] : server_.ledger) {
      if (entry.path == path) return &entry;
    }
    return nullptr;
  }
  base::UnixNanos now() { return executor_.clock().now(); }
};

TEST_F(HeartbeatTest, TellsOfEachFileAndThenOnlyOfChanges) {
  append("app.log", "one\ntwo\nunfin");
  append("quiet.log", "x\n");
  start();
  settle();
  EXPECT_TRUE(server_.whole);
  EXPECT_EQ(server_.heartbeat_errors, 0U);
  ASSERT_EQ(server_.ledger.size(), 2U);
  const LedgerEntry* entry = entry_of("/log/app.log");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->labels->to_text(), R"({file="/log/app.log", host="web-1", job="app"})");
  EXPECT_EQ(entry->state, GenerationState::kLive);
  EXPECT_EQ(entry->seen, 13U);
  EXPECT_EQ(entry->acked, 8U);
  EXPECT_EQ(entry->pending, 5U);
  EXPECT_GT(entry->last_write.value, 0);
  EXPECT_GT(entry->last_read.value, 0);
  const std::uint64_t sequence = server_.last_heartbeat.sequence;
  pass(seconds(20));
  EXPECT_GE(server_.last_heartbeat.sequence, sequence + 9);
  EXPECT_LE(server_.last_heartbeat.sequence, sequence + 11);
  EXPECT_TRUE(server_.last_heartbeat.entries.empty());
  append("app.log", "ished\n");
  pass(seconds(4));
  EXPECT_EQ(entry_of("/log/app.log")->acked, 19U);
  EXPECT_EQ(entry_of("/log/app.log")->pending, 0U);
  rename("app.log", "app.log.1");
  settle();
  EXPECT_EQ(entry_of("/log/app.log")->state, GenerationState::kFinished);
}

TEST_F(HeartbeatTest, LabelsComeBeforeTheFirstLine) {
  append("app.log", "one\n");
  start();
  settle();
  for (int i = 0; i < 5; ++i) {
    append(fmt::format("new-{}.log", i), "first\n");
    pass(seconds(7));
    EXPECT_EQ(stored(fmt::format("new-{}.log", i)), Lines{"first"});
  }
  EXPECT_EQ(server_.unannounced, 0U);
}

TEST_F(HeartbeatTest, AnOlderServerGetsItsLinesAllTheSame) {
  server_.takes_heartbeats = false;
  append("app.log", "one\n");
  start();
  pass(seconds(3));
  EXPECT_EQ(stored(), Lines{"one"});
  const std::size_t before = server_.requests;
  pass(seconds(300));
  EXPECT_LE(server_.requests, before + 6);
  EXPECT_TRUE(agent_->status().connected);
  server_.takes_heartbeats = true;
  pass(seconds(100));
  EXPECT_TRUE(server_.whole);
  EXPECT_EQ(server_.ledger.size(), 1U);
}

TEST_F(HeartbeatTest, AnswersThatAreLostAreWaitedFor) {
  server_.lose_answer = 0.5;
  server_.busy = 0.2;
  server_.send_all = 0.1;
  for (int i = 0; i < 30; ++i) {
    append(fmt::format("f{}.log", i % 7), fmt::format("line {}\n", i));
    if (i == 0) start();
    pass(seconds(3));
  }
  server_.lose_answer = server_.busy = server_.send_all = 0;
  settle();
  EXPECT_EQ(server_.heartbeat_errors, 0U);
  EXPECT_TRUE(server_.whole);
  EXPECT_EQ(server_.ledger.size(), 7U);
  for (const auto& [id, entry] : server_.ledger) EXPECT_EQ(entry.acked, entry.seen);
  EXPECT_GT(server_.last_heartbeat.watermark, now() - seconds(10));
}

TEST_F(HeartbeatTest, ALongAccountComesInPieces) {
  for (int i = 0; i < 4500; ++i) append(fmt::format("f{}.log", i), "x\n");
  start();
  pass(seconds(60));
  EXPECT_TRUE(server_.whole);
  EXPECT_EQ(server_.heartbeat_errors, 0U);
  EXPECT_EQ(server_.ledger.size(), 4500U);
  EXPECT_EQ(server_.unannounced, 0U);
}

TEST_F(HeartbeatTest, TheServersClock) {
  server_.clock_ahead = seconds(90);
  append("app.log", "one\n");
  start();
  settle();
  const base::nanoseconds offset = server_.last_heartbeat.clock_offset;
  EXPECT_NEAR(static_cast<double>(offset.count()), 90e9, 20e6);
}

TEST_F(HeartbeatTest, AStopIsSaid) {
  append("app.log", "one\n");
  start();
  settle();
  append("app.log", "two\n");
  pass(seconds(2));
  stop();
  EXPECT_EQ(server_.last_heartbeat.ending, AgentEnding::kStopped);
  EXPECT_EQ(entry_of("/log/app.log")->acked, 8U);
  start();
  settle();
  EXPECT_EQ(server_.last_heartbeat.ending, AgentEnding::kNone);
  EXPECT_EQ(server_.heartbeat_errors, 0U);
  server_.down = true;
  stop();
}

TEST_F(HeartbeatTest, TheLastWordOfAnAgentThatRunsOnce) {
  options_.run_once = true;
  append("app.log", "one\n");
  start();
  for (int i = 0; i < 600 && !ended_; ++i) pass(milliseconds(100));
  EXPECT_TRUE(ended_);
  EXPECT_EQ(server_.last_heartbeat.ending, AgentEnding::kLastWord);
  EXPECT_TRUE(server_.whole);
  EXPECT_EQ(entry_of("/log/app.log")->acked, 4U);
}

TEST_F(HeartbeatTest, LossesAreToldAndKept) {
  append("app.log", "one\n");
  start();
  settle();
  server_.down = true;
  truncate("app.log");
  append("app.log", "two\n");
  pass(seconds(20));
  kill();
  server_.down = false;
  start();
  settle();
  std::size_t losses = 0;
  for (const auto& [id, entry] : server_.ledger) losses += entry.losses.size();
  EXPECT_EQ(losses, 1U);
  // The server forgot everything it had not saved.
  server_.ledger.clear();
  server_.send_all = 1;
  pass(seconds(3));
  server_.send_all = 0;
  settle();
  losses = 0;
  for (const auto& [id, entry] : server_.ledger) losses += entry.losses.size();
  EXPECT_EQ(losses, 1U);
}

TEST_F(HeartbeatTest, WhatIsLongGoneIsForgotten) {
  append("app.log", "one\n");
  start();
  settle();
  rename("app.log", "app.log.1");
  pass(seconds(100));
  remove("app.log.1");
  pass(seconds(10));
  EXPECT_EQ(server_.ledger.size(), 1U);
  options_.scan_interval = std::chrono::hours(1);
  options_.poll_interval = std::chrono::hours(1);
  options_.tick = seconds(60);
  options_.heartbeat_interval = std::chrono::hours(1);
  options_.status_interval = std::chrono::hours(1);
  restart();
  pass(std::chrono::hours(24 * 8));
  EXPECT_EQ(server_.ledger.size(), 0U);
}

TEST_F(HeartbeatTest, AFileThatMayNotBeReadIsShownAndHoldsNobodyUp) {
  append("app.log", "one\n");
  append("secret.log", "hidden\n");
  bool hidden = true;
  files_.set_fault_hook([&](io::FileOperation operation, const std::string& path) {
    const bool denied = hidden && operation == io::FileOperation::kOpen && path == "/log/secret.log";
    return denied ? base::permission_denied_error("open {}: permission denied", path) : base::ok_status();
  });
  start();
  settle();
  ASSERT_EQ(server_.ledger.size(), 2U);
  const LedgerEntry* entry = entry_of("/log/secret.log");
  ASSERT_NE(entry, nullptr);
  EXPECT_NE(entry->problem.find("permission denied"), std::string::npos);
  EXPECT_EQ(entry->labels->get("file"), "/log/secret.log");
  EXPECT_EQ(entry->seen, 7U);
  EXPECT_EQ(entry->acked, 0U);
  EXPECT_GT(server_.last_heartbeat.watermark, now() - seconds(10));
  // Over a restart too: what was written while it could not be read is not claimed.
  restart();
  settle();
  server_.busy = 0;
  hidden = false;
  settle();
  ASSERT_EQ(server_.ledger.size(), 2U);
  EXPECT_EQ(entry_of("/log/secret.log")->problem, "");
  EXPECT_EQ(entry_of("/log/secret.log")->acked, 7U);
  stop();
  files_.set_fault_hook(nullptr);
}

}  // namespace
}  // namespace cordwood::agent

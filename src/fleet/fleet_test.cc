#include "fleet/fleet.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/sim_executor.h"
#include "catalog/mem/mem_catalog.h"

namespace cordwood::fleet {
namespace {

using core::HostState;
using std::chrono::milliseconds;
using std::chrono::seconds;

core::SharedLabels labels(std::vector<core::Label> list) {
  return std::make_shared<const core::Labels>(std::move(list));
}

core::StreamRef ref(const core::Labels& labels) {
  return {labels.stream_id(), std::make_shared<const core::Labels>(labels)};
}

class FleetTest : public ::testing::Test {
 protected:
  FleetTest() { open(); }

  void open() {
    auto opened = base::sync_wait(executor_, Fleet::open(options_, executor_, *catalog_, metrics_));
    ASSERT_TRUE(opened.ok()) << opened.status();
    fleet_ = std::move(*opened);
  }
  void restart() {
    ASSERT_TRUE(base::sync_wait(executor_, fleet_->close()).ok());
    fleet_.reset();
    open();
  }
  core::UnixNanos now() { return executor_.clock().now(); }

  // An agent as it would report.
  struct Agent {
    core::AgentId id;
    std::string host;
    std::uint64_t epoch = 1;
    std::uint64_t sequence = 0;
    base::nanoseconds clock_ahead{0};
    std::map<std::uint64_t, core::LedgerEntry> files;
    std::vector<std::string> extracted;
  };
  Agent agent(std::uint64_t number, std::string host) {
    Agent made;
    made.id = {{number, 1}};
    made.host = std::move(host);
    made.files[number * 10] = file(number * 10, made.host, "app");
    return made;
  }
  static core::LedgerEntry file(std::uint64_t generation, std::string host, std::string job) {
    core::LedgerEntry entry;
    entry.generation = {{generation, 1}};
    entry.path = "/var/log/" + job + ".log";
    entry.labels = labels({{"host", std::move(host)}, {"job", std::move(job)}});
    entry.seen = entry.acked = 100;
    return entry;
  }
  core::Heartbeat message(Agent& from) {
    core::Heartbeat heartbeat;
    heartbeat.tenant = {"t"};
    heartbeat.agent = from.id;
    heartbeat.epoch = from.epoch;
    heartbeat.host = from.host;
    heartbeat.sequence = ++from.sequence;
    heartbeat.sent_at = now() + from.clock_ahead;
    heartbeat.clock_offset = -from.clock_ahead;
    heartbeat.watermark = now() + from.clock_ahead - milliseconds(100);
    heartbeat.account_begins = heartbeat.account_ends = from.sequence == 1;
    heartbeat.extracted = from.extracted;
    for (const auto& [generation, entry] : from.files) heartbeat.entries.push_back(entry);
    return heartbeat;
  }
  base::StatusOr<core::HeartbeatAnswer> send(core::Heartbeat heartbeat) {
    return base::sync_wait(executor_, fleet_->heartbeat(std::move(heartbeat)));
  }
  void beat(Agent& from) {
    const auto answer = send(message(from));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_FALSE(answer->send_all);
  }
  void pass(base::nanoseconds span) { executor_.run_for(span); }

  // Of {job="app"} over the last hour.
  core::Coverage ask(core::TimeRange range = {}, std::vector<core::Labels> streams = {}) {
    core::CoverageRequest request;
    request.tenant = {"t"};
    request.range = range.begin == core::UnixNanos::min() ? core::TimeRange{now() - seconds(3600), now()} : range;
    request.selects = [](const core::Labels& given, const std::vector<std::string>& extracted) {
      return given.get("job") == "app" || std::count(extracted.begin(), extracted.end(), "job") > 0;
    };
    for (const core::Labels& one : streams) request.streams.push_back(ref(one));
    return fleet_->coverage(request);
  }

  FleetOptions options_;
  base::SimExecutor executor_{7};
  base::SeededRandom random_{3};
  base::MetricsRegistry metrics_;
  std::unique_ptr<catalog::Catalog> catalog_ = catalog::make_mem_catalog(executor_, random_);
  std::unique_ptr<Fleet> fleet_;
};

TEST_F(FleetTest, ASelectorThatMatchesNothingIsNeverComplete) {
  EXPECT_FALSE(ask().matched);
  EXPECT_FALSE(ask().whole(now()));
  Agent web = agent(1, "web-1");
  web.files[10].labels = labels({{"job", "other"}});
  beat(web);
  EXPECT_FALSE(ask().matched);
  EXPECT_EQ(ask().expected, 0U);
}

TEST_F(FleetTest, AHostIsCompleteThenBehindThenSilent) {
  Agent web = agent(1, "web-1");
  beat(web);
  const core::Coverage fresh = ask();
  EXPECT_TRUE(fresh.matched);
  EXPECT_EQ(fresh.expected, 1U);
  EXPECT_EQ(fresh.complete, 1U);
  ASSERT_TRUE(fresh.complete_through.has_value());
  EXPECT_EQ(*fresh.complete_through, now() - milliseconds(100));
  EXPECT_TRUE(fresh.whole(now() - seconds(60)));
  EXPECT_TRUE(fresh.hosts.empty());
  const core::UnixNanos beaten = now();
  pass(seconds(6));
  const core::Coverage behind = ask();
  EXPECT_EQ(behind.behind, 1U);
  EXPECT_FALSE(behind.complete_through.has_value());
  ASSERT_EQ(behind.hosts.size(), 1U);
  EXPECT_EQ(behind.hosts[0].state, HostState::kBehind);
  pass(seconds(30));
  EXPECT_EQ(ask().silent, 1U);
  EXPECT_EQ(ask().hosts[0].last_heartbeat, beaten);
  EXPECT_FALSE(ask().whole(beaten));
  // What had been written before is still known to be complete.
  EXPECT_EQ(ask({beaten - seconds(60), beaten - seconds(1)}).complete, 1U);
}

TEST_F(FleetTest, AFileThatCannotBeReadHoldsItsOwnQuestionsOnly) {
  Agent web = agent(1, "web-1");
  web.files[10].problem = "permission denied";
  beat(web);
  EXPECT_EQ(ask().behind, 1U);
  EXPECT_FALSE(ask().whole(now() - seconds(60)));
  web.files[10].problem.clear();
  web.files[11] = file(11, "web-1", "sshd");
  web.files[11].problem = "permission denied";
  beat(web);
  EXPECT_EQ(ask().complete, 1U) << "that file is not asked for";
}

TEST_F(FleetTest, AStoppedAgentIsSilentAtOnceAndAnEndedOneComplete) {
  Agent web = agent(1, "web-1");
  Agent job = agent(2, "batch-1");
  beat(web);
  beat(job);
  pass(seconds(1));
  core::Heartbeat stopped = message(web);
  stopped.ending = core::AgentEnding::kStopped;
  core::Heartbeat last = message(job);
  last.ending = core::AgentEnding::kLastWord;
  ASSERT_TRUE(send(stopped).ok());
  ASSERT_TRUE(send(last).ok());
  pass(seconds(10));
  const core::Coverage coverage = ask();
  EXPECT_EQ(coverage.expected, 2U);
  EXPECT_EQ(coverage.silent, 1U);
  EXPECT_EQ(coverage.complete, 1U);
  EXPECT_EQ(coverage.complete_through, now());
  EXPECT_EQ(ask({now() - seconds(2), now()}).expected, 1U) << "the ended host was not alive then";
  // It comes back.
  beat(job);
  pass(seconds(10));
  EXPECT_EQ(ask().behind, 1U);
}

TEST_F(FleetTest, ASkewedClockSaysNothing) {
  Agent web = agent(1, "web-1");
  web.clock_ahead = milliseconds(900);
  beat(web);
  EXPECT_EQ(ask().complete, 1U);
  EXPECT_EQ(*ask().complete_through, now() - milliseconds(100)) << "in the server's time";
  web.clock_ahead = seconds(-2);
  beat(web);
  EXPECT_EQ(ask().skewed, 1U);
  EXPECT_EQ(ask().complete, 0U);
  ASSERT_EQ(ask().hosts.size(), 1U);
  EXPECT_EQ(ask().hosts[0].clock_offset, seconds(2));
}

TEST_F(FleetTest, LossesCountInTheTimeTheyWereWritten) {
  Agent web = agent(1, "web-1");
  web.files[10].losses = {{5, 1000, true, now() - seconds(100), now() - seconds(90), core::LossReason::kGone},
                          {9, 0, false, now() - seconds(50), now() - seconds(40), core::LossReason::kTruncated}};
  web.files[10].dropped = {{"debug", 70, 2}};
  beat(web);
  const core::Coverage all = ask();
  EXPECT_EQ(all.lost_at_least, 1000U);
  EXPECT_FALSE(all.lost_exact);
  EXPECT_EQ(all.dropped_by_rule_bytes, 70U);
  EXPECT_FALSE(all.whole(now() - seconds(3600)));
  ASSERT_EQ(all.hosts.size(), 1U) << "complete, but named for its loss";
  const core::Coverage between = ask({now() - seconds(80), now() - seconds(60)});
  EXPECT_EQ(between.lost_at_least, 0U);
  EXPECT_TRUE(between.lost_exact);
  EXPECT_TRUE(between.whole(now() - seconds(80)));
  EXPECT_TRUE(ask({now() - seconds(120), now() - seconds(95)}).lost_exact);
}

TEST_F(FleetTest, StreamsOfOtherSendersAreUnaccounted) {
  Agent web = agent(1, "web-1");
  web.extracted = {"level"};
  beat(web);
  const core::Labels own({{"host", "web-1"}, {"job", "app"}});
  const core::Labels extracted({{"host", "web-1"}, {"job", "app"}, {"level", "error"}});
  const core::Labels other({{"job", "app"}, {"sender", "promtail"}});
  EXPECT_EQ(ask({}, {own, extracted, other}).unaccounted_streams, 1U);
  EXPECT_FALSE(ask({}, {own, other}).whole(now() - seconds(60)));
  EXPECT_TRUE(ask({}, {own}).whole(now() - seconds(60)));
  core::CoverageRequest elsewhere;
  elsewhere.tenant = {"u"};
  elsewhere.selects = [](const core::Labels&, const std::vector<std::string>&) { return true; };
  elsewhere.streams = {ref(own)};
  EXPECT_EQ(fleet_->coverage(elsewhere).unaccounted_streams, 1U) << "another tenant's agents do not count";
}

TEST_F(FleetTest, AMatcherOnAnExtractedLabelMatches) {
  Agent web = agent(1, "web-1");
  web.files[10].labels = labels({{"host", "web-1"}});
  beat(web);
  EXPECT_FALSE(ask().matched);
  web.extracted = {"job"};
  beat(web);
  EXPECT_TRUE(ask().matched);
}

TEST_F(FleetTest, AGapAsksForTheWholeAccountAndHoldsTheWatermark) {
  Agent web = agent(1, "web-1");
  beat(web);
  const core::UnixNanos known = *ask().complete_through;
  pass(seconds(2));
  ++web.sequence;  // one was lost on the way
  const auto answer = send(message(web));
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->send_all);
  EXPECT_EQ(*ask().complete_through, known);
  core::Heartbeat begin = message(web);
  begin.account_begins = true;
  begin.entries.clear();
  EXPECT_FALSE(send(begin)->send_all);
  EXPECT_EQ(*ask().complete_through, known) << "half of an account says nothing new";
  core::Heartbeat end = message(web);
  end.account_ends = true;
  EXPECT_FALSE(send(end)->send_all);
  EXPECT_EQ(*ask().complete_through, now() - milliseconds(100));
  // A repeat after a lost answer is no gap.
  EXPECT_FALSE(send(end)->send_all);
}

TEST_F(FleetTest, WhatAnAccountDoesNotNameIsGoneButForItsLossesAndLabels) {
  Agent web = agent(1, "web-1");
  web.files[11] = file(11, "web-1", "app");
  web.files[12] = file(12, "web-1", "app");
  web.files[12].losses = {{5, 9, true, now() - seconds(9), now(), core::LossReason::kGone}};
  web.files[13] = file(13, "web-1", "sshd");
  beat(web);
  EXPECT_EQ(fleet_->hosts({"t"}, "web-1", true)[0].entries.size(), 4U);
  core::Heartbeat again = message(web);
  again.account_begins = again.account_ends = true;
  std::erase_if(again.entries, [](const core::LedgerEntry& entry) { return entry.generation.value.hi != 10; });
  ASSERT_TRUE(send(again).ok());
  const auto hosts = fleet_->hosts({"t"}, "web-1", true);
  EXPECT_EQ(hosts[0].entries.size(), 3U) << "11 is gone";
  EXPECT_EQ(ask().lost_at_least, 9U);
  EXPECT_EQ(ask({}, {core::Labels({{"host", "web-1"}, {"job", "sshd"}})}).unaccounted_streams, 0U);
}

TEST_F(FleetTest, TheFleetSurvivesARestart) {
  Agent web = agent(1, "web-1");
  web.files[10].losses = {{5, 1000, true, now() - seconds(100), now() - seconds(90), core::LossReason::kGone}};
  beat(web);
  restart();
  core::Coverage coverage = ask();
  EXPECT_EQ(coverage.expected, 1U);
  EXPECT_EQ(coverage.lost_at_least, 1000U);
  pass(seconds(60));
  EXPECT_EQ(ask().silent, 1U) << "a server that comes back still expects it";
  const auto answer = send(message(web));
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->send_all);
}

TEST_F(FleetTest, AFailedSaveIsRepeated) {
  Agent web = agent(1, "web-1");
  beat(web);
  restart();
  auto rows = base::sync_wait(executor_, catalog_->fleet());
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->agents.size(), 1U);
  EXPECT_EQ(rows->entries.size(), 1U);
}

TEST_F(FleetTest, AnOldEpochIsACopy) {
  Agent web = agent(1, "web-1");
  web.epoch = 5;
  beat(web);
  Agent copy = web;
  copy.epoch = 4;
  EXPECT_EQ(send(message(copy)).status().code(), base::StatusCode::kFailedPrecondition);
}

TEST_F(FleetTest, AnAgentThatLostItsNameSucceedsItself) {
  Agent web = agent(1, "web-1");
  web.files[11] = file(11, "web-1", "sshd");
  web.files[11].losses = {{5, 9, true, now() - seconds(9), now(), core::LossReason::kGone}};
  beat(web);
  pass(seconds(40));
  Agent reborn = agent(2, "web-1");
  reborn.files = {{10, web.files[10]}};
  beat(reborn);
  EXPECT_EQ(ask().expected, 1U);
  EXPECT_EQ(ask().complete, 1U);
  EXPECT_EQ(ask({}, {core::Labels({{"host", "web-1"}, {"job", "sshd"}})}).unaccounted_streams, 0U);
  restart();
  auto rows = base::sync_wait(executor_, catalog_->fleet());
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->agents.size(), 1U) << "the predecessor is gone from the catalog";
  EXPECT_EQ(rows->entries.size(), 2U);
}

TEST_F(FleetTest, TwoAgentsOfAHostAreAsWellOffAsTheWorse) {
  Agent one = agent(1, "web-1");
  Agent two = agent(2, "web-1");
  beat(one);
  beat(two);
  EXPECT_EQ(ask().expected, 1U);
  pass(seconds(40));
  beat(one);
  const core::Coverage coverage = ask();
  EXPECT_EQ(coverage.expected, 1U);
  EXPECT_EQ(coverage.silent, 1U);
}

TEST_F(FleetTest, ARetiredHostIsNotExpectedUntilItReturns) {
  Agent web = agent(1, "web-1");
  beat(web);
  EXPECT_EQ(base::sync_wait(executor_, fleet_->retire({"t"}, "web-1")).code(), base::StatusCode::kFailedPrecondition);
  EXPECT_EQ(base::sync_wait(executor_, fleet_->retire({"t"}, "web-9")).code(), base::StatusCode::kNotFound);
  pass(seconds(60));
  ASSERT_TRUE(base::sync_wait(executor_, fleet_->retire({"t"}, "web-1")).ok());
  EXPECT_EQ(ask().expected, 0U);
  EXPECT_TRUE(ask().matched);
  EXPECT_TRUE(fleet_->hosts({"t"}, "", false)[0].retired);
  beat(web);
  EXPECT_EQ(ask().expected, 1U);
}

TEST_F(FleetTest, OldSilentHostsAreRetiredByThemselves) {
  options_.retire_after = std::chrono::minutes(10);
  restart();
  executor_.spawn(fleet_->run());
  Agent web = agent(1, "web-1");
  beat(web);
  pass(std::chrono::minutes(9));
  EXPECT_EQ(ask().silent, 1U);
  pass(std::chrono::minutes(2));
  EXPECT_EQ(ask().expected, 0U);
  ASSERT_TRUE(base::sync_wait(executor_, fleet_->close()).ok());
  pass(seconds(10));
}

}  // namespace
}  // namespace cordwood::fleet

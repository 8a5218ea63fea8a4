#include "agent/losses.h"

#include <gtest/gtest.h>

#include "agent/simulated_host.h"

namespace cordwood::agent {
namespace {

using core::Loss;
using core::LossReason;

TEST(Losses, ACutAndItsBytesAreOne) {
  std::vector<Loss> losses;
  add_loss(losses, {100, 0, false, {10}, {20}, LossReason::kTruncated});
  add_loss(losses, {60, 40, false, {5}, {20}, LossReason::kTruncated});
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0], (Loss{60, 40, false, {5}, {20}, LossReason::kTruncated}));
  add_loss(losses, {200, 10, true, {30}, {40}, LossReason::kRefused});
  add_loss(losses, {210, 10, true, {30}, {40}, LossReason::kRefused});
  EXPECT_EQ(losses.size(), 3U);
}

TEST(Losses, ManyAreMergedWithoutChangingTheSum) {
  std::vector<Loss> losses;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    const LossReason reason = i % 3 == 0 ? LossReason::kRefused : LossReason::kTruncated;
    add_loss(losses,
             {i * 1000, i, i % 3 == 0, {static_cast<std::int64_t>(i)}, {static_cast<std::int64_t>(i) + 1}, reason});
    sum += i;
    EXPECT_LE(losses.size(), kLossesPerGenerationMax);
  }
  std::uint64_t found = 0;
  for (const Loss& loss : losses) {
    found += loss.at_least;
    EXPECT_EQ(loss.exact, loss.reason == LossReason::kRefused);
  }
  EXPECT_EQ(found, sum);
}

class LossTest : public ::testing::Test, protected SimulatedHost {
 protected:
  // Valid until the next call.
  const std::vector<AgentStatus::LostPart>& losses() {
    losses_ = agent_->status().losses;
    return losses_;
  }
  base::UnixNanos now() { return executor_.clock().now(); }

  std::vector<AgentStatus::LostPart> losses_;
};

TEST_F(LossTest, CopyTruncateLeavesADoubt) {
  append("app.log", "one\n");
  start();
  settle();
  const base::UnixNanos before = now();
  append("app.log.1", content("app.log"));
  truncate("app.log");
  append("app.log", "two\n");
  settle();
  EXPECT_EQ(stored(), (Lines{"one", "two"}));
  ASSERT_EQ(losses().size(), 1U);
  const auto [path, generation, loss] = losses()[0];
  EXPECT_EQ(path, "/log/app.log");
  EXPECT_EQ(loss.begin, 4U);
  EXPECT_EQ(loss.at_least, 0U);
  EXPECT_FALSE(loss.exact);
  EXPECT_EQ(loss.reason, LossReason::kTruncated);
  EXPECT_LE(loss.since, before);
  EXPECT_GE(loss.since, before - seconds(2));
  EXPECT_GE(loss.until, before);
  EXPECT_LE(loss.until, before + seconds(2));
  EXPECT_EQ(agent_->status().ledger.lost_at_least, 0U);
  EXPECT_FALSE(agent_->status().ledger.lost_exact);
}

TEST_F(LossTest, RenameAndDeleteLoseNothing) {
  append("app.log", "one\n");
  start();
  settle();
  append("app.log", "two\n");
  rename("app.log", "app.log.1");
  append("app.log", "three\n");
  settle();
  rename("app.log", "app.log.2");
  gzip("app.log.2");
  remove("app.log.1");
  settle();
  pass(seconds(100));
  remove("app.log.2.gz");
  pass(seconds(200));
  EXPECT_EQ(stored(), (Lines{"one", "two", "three"}));
  EXPECT_TRUE(losses().empty());
}

TEST_F(LossTest, WhatWasSeenAndCutIsCounted) {
  append("app.log", "one\n");
  start();
  settle();
  server_.down = true;
  // More than the agent reads ahead.
  append("app.log", std::string(5 << 20, 'x') + "\n");
  pass(seconds(5));
  truncate("app.log");
  append("app.log", "after\n");
  pass(seconds(5));
  server_.down = false;
  pass(seconds(200));
  ASSERT_EQ(losses().size(), 1U);
  const Loss loss = losses()[0].loss;
  const StoredSource* source = nullptr;
  for (const auto& [id, candidate] : server_.sources) {
    if (id == losses()[0].generation) source = &candidate;
  }
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(loss.begin + loss.at_least, 4U + (5U << 20) + 1);
  EXPECT_EQ(loss.at_least, source->lost_bytes);
  EXPECT_FALSE(loss.exact);
  EXPECT_EQ(loss.reason, LossReason::kTruncated);
}

TEST_F(LossTest, ACopyThatLacksSeenBytes) {
  append("app.log", std::string(5000, 'x') + "\n");
  start();
  settle();
  server_.down = true;
  append("app.log.1", content("app.log"));
  append("app.log", std::string(100, 'y') + "\n" + std::string(4 << 20, 'z') + "\n");
  pass(seconds(3));
  truncate("app.log");
  pass(seconds(3));
  kill();
  server_.down = false;
  start();
  pass(seconds(200));
  ASSERT_EQ(losses().size(), 1U);
  EXPECT_EQ(losses()[0].loss.begin, 5001U);
  EXPECT_EQ(losses()[0].loss.at_least, 101U + (4U << 20) + 1);
  EXPECT_EQ(losses()[0].loss.reason, LossReason::kTruncated);
}

TEST_F(LossTest, DeletedWhileStopped) {
  append("app.log", "one\n");
  start();
  settle();
  server_.down = true;
  append("app.log", "two\n");
  pass(seconds(10));
  const base::UnixNanos stopped = now();
  stop();
  append("app.log", "never seen\n");
  remove("app.log");
  pass(seconds(50));
  server_.down = false;
  start();
  pass(seconds(200));
  ASSERT_EQ(losses().size(), 1U);
  const Loss loss = losses()[0].loss;
  EXPECT_EQ(loss.begin, 4U);
  EXPECT_EQ(loss.at_least, 4U);
  EXPECT_FALSE(loss.exact);
  EXPECT_EQ(loss.reason, LossReason::kGone);
  EXPECT_LT(loss.since, stopped);
  EXPECT_GT(loss.until, stopped + seconds(49));
}

TEST_F(LossTest, DeletedWhileStoppedAfterAllWasRead) {
  append("app.log", "one\n");
  start();
  settle();
  const base::UnixNanos stopped = now();
  stop();
  remove("app.log");
  pass(seconds(50));
  start();
  pass(seconds(200));
  ASSERT_EQ(losses().size(), 1U);
  EXPECT_EQ(losses()[0].loss.at_least, 0U);
  EXPECT_FALSE(losses()[0].loss.exact);
  EXPECT_GE(losses()[0].loss.since, stopped - seconds(31));
}

TEST_F(LossTest, RotatedWhileStoppedLosesNothing) {
  append("app.log", "one\n");
  start();
  settle();
  stop();
  append("app.log", "two\n");
  rename("app.log", "app.log.1");
  gzip("app.log.1");
  append("app.log", "three\n");
  start();
  pass(seconds(200));
  EXPECT_EQ(stored(), (Lines{"one", "two", "three"}));
  EXPECT_TRUE(losses().empty());
}

TEST_F(LossTest, CutWhileStoppedWithACopy) {
  for (const bool empty : {true, false}) {
    const std::string name = empty ? "app.log" : "other.log";
    append(name, "one\n");
    start();
    settle();
    stop();
    append(name, "two\n");
    append(name + ".1", content(name));
    append(name, "in neither\n");
    truncate(name);
    if (!empty) append(name, "and a line that was written after the cut\n");
    start();
    settle();
    const auto found = losses();
    ASSERT_EQ(found.size(), empty ? 1U : 2U);
    for (const auto& lost : found) {
      EXPECT_EQ(lost.loss.begin, 8U);
      EXPECT_EQ(lost.loss.at_least, 0U);
      EXPECT_FALSE(lost.loss.exact);
      EXPECT_EQ(lost.loss.reason, LossReason::kTruncated);
    }
    stop();
  }
}

TEST_F(LossTest, AKillForgetsNoLoss) {
  append("app.log", "one\n");
  start();
  settle();
  truncate("app.log");
  append("app.log", "two\n");
  pass(seconds(3));
  ASSERT_EQ(losses().size(), 1U);
  const Loss loss = losses()[0].loss;
  kill();
  start();
  settle();
  ASSERT_EQ(losses().size(), 1U);
  EXPECT_EQ(losses()[0].loss, loss);
  restart();
  pass(seconds(200));
  EXPECT_EQ(losses().size(), 1U);
}

TEST_F(LossTest, TheTailIsCut) {
  append("app.log", std::string(5000, 'x') + "\n");
  start();
  settle();
  append("app.log", "unfinished");
  settle();
  auto file = *files_.open("/log/app.log", io::OpenMode::kAppend);
  ASSERT_TRUE(file->truncate(5004).ok());
  append("app.log", "ied\n");
  settle();
  ASSERT_EQ(losses().size(), 1U);
  EXPECT_EQ(losses()[0].loss.begin, 5008U);
  EXPECT_EQ(losses()[0].loss.at_least, 3U);
  EXPECT_EQ(losses()[0].loss.reason, LossReason::kTruncated);
}

TEST_F(LossTest, ADamagedArchive) {
  std::string text;
  std::mt19937_64 random(1);
  for (int i = 0; i < 30'000; ++i) text += fmt::format("line {} {}\n", i, random());
  const std::string packed = codec::compress(codec::Compression::kGzip, text);
  append("app.log.1.gz", packed.substr(0, packed.size() / 2));
  std::string damaged = packed;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  append("bad.log.1.gz", damaged);
  start();
  pass(seconds(100));
  const auto found = losses();
  ASSERT_EQ(found.size(), 2U);
  for (const auto& lost : found) {
    EXPECT_EQ(lost.loss.reason, LossReason::kUnreadable);
    EXPECT_FALSE(lost.loss.exact);
    EXPECT_GT(lost.loss.begin, 1000U);
  }
  // The rest arrives after all.
  remove("app.log.1.gz");
  append("app.log.1.gz", packed);
  pass(seconds(100));
  EXPECT_EQ(losses().size(), 1U);
  EXPECT_EQ(stored().size(), 30'000U);
}

TEST_F(LossTest, ARefusedRecordIsExact) {
  server_.refuse = [](const core::Record& record) { return record.line == "bad" ? std::string("no") : std::string(); };
  append("app.log", "one\nbad\r\ntwo\n");
  start();
  settle();
  ASSERT_EQ(losses().size(), 1U);
  const Loss loss = losses()[0].loss;
  EXPECT_EQ(loss.begin, 4U);
  EXPECT_EQ(loss.at_least, 5U);
  EXPECT_TRUE(loss.exact);
  EXPECT_EQ(loss.reason, LossReason::kRefused);
}

TEST_F(LossTest, StatusNamesThem) {
  append("app.log", "one\n");
  start();
  settle();
  truncate("app.log");
  settle();
  const std::string json = *io::read_whole_file(files_, "/state/status.json", 1 << 20);
  EXPECT_NE(json.find(R"("reason":"truncated")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("at_least":0,"exact":false,"since":)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("ledger":{"seen":4,"acked":4,)"), std::string::npos) << json;
}

}  // namespace
}  // namespace cordwood::agent

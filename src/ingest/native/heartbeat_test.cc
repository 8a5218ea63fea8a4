#include "ingest/native/heartbeat.h"

#include <gtest/gtest.h>

namespace cordwood::ingest::native {
namespace {

core::LedgerEntry some_entry() {
  core::LedgerEntry entry;
  entry.generation = {{5, 6}};
  entry.path = "/var/log/app.log";
  entry.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"host", "web-17"}, {"job", "app"}});
  entry.state = core::GenerationState::kRotated;
  entry.seen = 5000;
  entry.acked = 4000;
  entry.pending = 17;
  entry.last_write = {1'790'000'000'000'000'000};
  entry.last_read = {1'790'000'000'100'000'000};
  entry.dropped = {{"debug lines", 300, 4}};
  entry.losses = {
      {2000, 100, false, {1'780'000'000'000'000'000}, {1'780'000'001'000'000'000}, core::LossReason::kTruncated}};
  entry.problem = "permission denied";
  return entry;
}

core::Heartbeat some_heartbeat() {
  core::Heartbeat heartbeat;
  heartbeat.agent = {{1, 2}};
  heartbeat.epoch = 3;
  heartbeat.host = "web-17";
  heartbeat.version = "0.1.0";
  heartbeat.sequence = 9;
  heartbeat.sent_at = {1'790'000'000'500'000'000};
  heartbeat.clock_offset = base::nanoseconds(-1500);
  heartbeat.watermark = {1'790'000'000'400'000'000};
  heartbeat.ending = core::AgentEnding::kLastWord;
  heartbeat.extracted = {"level", "pod"};
  heartbeat.account_begins = true;
  heartbeat.account_ends = true;
  heartbeat.entries = {some_entry(), {}};
  heartbeat.entries[1].forgotten = true;
  return heartbeat;
}

TEST(NativeHeartbeat, EveryFieldRoundTrips) {
  const core::Heartbeat sent = some_heartbeat();
  const auto got = decode_heartbeat(encode_heartbeat(sent));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->agent, sent.agent);
  EXPECT_EQ(got->epoch, sent.epoch);
  EXPECT_EQ(got->host, sent.host);
  EXPECT_EQ(got->version, sent.version);
  EXPECT_EQ(got->sequence, sent.sequence);
  EXPECT_EQ(got->sent_at, sent.sent_at);
  EXPECT_EQ(got->clock_offset, sent.clock_offset);
  EXPECT_EQ(got->watermark, sent.watermark);
  EXPECT_EQ(got->ending, sent.ending);
  EXPECT_EQ(got->extracted, sent.extracted);
  EXPECT_TRUE(got->account_begins);
  EXPECT_TRUE(got->account_ends);
  ASSERT_EQ(got->entries.size(), 2U);
  const core::LedgerEntry& entry = got->entries[0];
  const core::LedgerEntry wanted = some_entry();
  EXPECT_EQ(entry.generation, wanted.generation);
  EXPECT_EQ(entry.path, wanted.path);
  EXPECT_EQ(*entry.labels, *wanted.labels);
  EXPECT_EQ(entry.state, wanted.state);
  EXPECT_EQ(entry.seen, wanted.seen);
  EXPECT_EQ(entry.acked, wanted.acked);
  EXPECT_EQ(entry.pending, wanted.pending);
  EXPECT_EQ(entry.last_write, wanted.last_write);
  EXPECT_EQ(entry.last_read, wanted.last_read);
  EXPECT_EQ(entry.dropped, wanted.dropped);
  EXPECT_EQ(entry.losses, wanted.losses);
  EXPECT_EQ(entry.problem, wanted.problem);
  EXPECT_FALSE(entry.forgotten);
  EXPECT_TRUE(got->entries[1].forgotten);
}

TEST(NativeHeartbeat, EveryCutIsAnErrorOrAShorterMessage) {
  const std::string whole = encode_heartbeat(some_heartbeat());
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const std::string cut = whole.substr(0, bytes);  // its own memory, so that a sanitizer sees a read behind its end
    const auto got = decode_heartbeat(cut);
    const base::StatusCode code = got.status().code();
    EXPECT_TRUE(got.ok() || code == base::StatusCode::kInvalidArgument) << bytes;
  }
}

TEST(NativeHeartbeat, WhatIsMissingIsNamed) {
  core::Heartbeat heartbeat = some_heartbeat();
  heartbeat.host.clear();
  EXPECT_EQ(base::message_of(decode_heartbeat(encode_heartbeat(heartbeat)).status()),
            "heartbeat field host: is missing");
}

TEST(NativeHeartbeat, AnEntryIsRefusedByItsNumber) {
  core::Heartbeat heartbeat = some_heartbeat();
  heartbeat.entries[1].state = static_cast<core::GenerationState>(9);
  EXPECT_EQ(base::message_of(decode_heartbeat(encode_heartbeat(heartbeat)).status()),
            "heartbeat entry 1 field state: 9 is out of range");
}

TEST(NativeHeartbeat, TooManyEntriesAreRefused) {
  core::Heartbeat heartbeat = some_heartbeat();
  heartbeat.entries.resize(kEntriesPerHeartbeatMax + 1);
  EXPECT_FALSE(decode_heartbeat(encode_heartbeat(heartbeat)).ok());
}

TEST(NativeHeartbeat, AnswerRoundTrips) {
  const auto got = decode_heartbeat_answer(encode_heartbeat_answer({{123}, true}));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->server_time.value, 123);
  EXPECT_TRUE(got->send_all);
}

}  // namespace
}  // namespace cordwood::ingest::native

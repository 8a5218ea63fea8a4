#include "agent/checkpoint.h"

#include <gtest/gtest.h>

#include "io/sim_files.h"

namespace cordwood::agent {
namespace {

Generation some_generation(std::uint64_t n) {
  Generation generation;
  generation.info.id.generation = {{n, n + 1}};
  generation.info.path = "/var/log/app.log";
  generation.info.labels =
      std::make_shared<const core::Labels>(std::vector<core::Label>{{"file", "/var/log/app.log"}, {"x", "\"\n"}});
  generation.info.ladder = {{64, {1, 2}}, {100, {3, 4}}};
  generation.info.base = {5, {6, 7}};
  generation.acked.mark = {1000, {8, 9}};
  generation.acked.line = 42;
  generation.acked.time = base::UnixNanos{-17};
  generation.order = n;
  generation.history = true;
  generation.finished = true;
  generation.modified = {123};
  generation.key = {77, 88};
  generation.finished_file_bytes = 99;
  generation.finished_file_modified = {111};
  generation.gone_since = {222};
  generation.known_bytes = 2000;
  generation.last_write = {333};
  generation.last_read = {444};
  generation.cut = true;
  generation.late = true;
  generation.losses = {{1000, 500, true, {1}, {2}, core::LossReason::kRefused},
                       {1500, 0, false, {3}, {4}, core::LossReason::kTruncated}};
  return generation;
}

std::string some_bytes() {
  Checkpoint checkpoint;
  checkpoint.agent = {{1, 2}};
  checkpoint.epoch = 3;
  checkpoint.nonce = {4, 5};
  checkpoint.installation = {{6, 7}};
  checkpoint.next_order = 8;
  checkpoint.watermark = {555};
  checkpoint.unreadable = {"/var/log/secret"};
  checkpoint.journal = {
      {{9, 10}}, 11, {{10, "s=abc"}, {12, "s=def"}}, {{7, 0, false, {1}, {2}, core::LossReason::kVacuumed}}};
  const Generation a = some_generation(20);
  Generation b = some_generation(21);
  b.acked.time.reset();
  b.finished = false;
  b.place_known = false;
  return encode_checkpoint(checkpoint, {&a, &b});
}

TEST(Checkpoint, RoundTrips) {
  const auto read = decode_checkpoint(some_bytes());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->agent, (core::AgentId{{1, 2}}));
  EXPECT_EQ(read->epoch, 3U);
  EXPECT_EQ(read->next_order, 8U);
  ASSERT_EQ(read->generations.size(), 2U);
  const Generation& generation = read->generations[0];
  const Generation wanted = some_generation(20);
  EXPECT_EQ(generation.info.id.generation, wanted.info.id.generation);
  EXPECT_EQ(generation.info.path, wanted.info.path);
  EXPECT_EQ(*generation.info.labels, *wanted.info.labels);
  EXPECT_EQ(generation.info.ladder, wanted.info.ladder);
  EXPECT_EQ(generation.info.base, wanted.info.base);
  EXPECT_EQ(generation.acked.mark, wanted.acked.mark);
  EXPECT_EQ(generation.read.mark, wanted.acked.mark);
  EXPECT_EQ(generation.acked.line, 42U);
  EXPECT_EQ(generation.acked.time, wanted.acked.time);
  EXPECT_TRUE(generation.history);
  EXPECT_TRUE(generation.finished);
  EXPECT_EQ(generation.key, wanted.key);
  EXPECT_EQ(generation.finished_file_bytes, 99U);
  EXPECT_EQ(generation.gone_since, wanted.gone_since);
  EXPECT_EQ(generation.known_bytes, wanted.known_bytes);
  EXPECT_EQ(generation.last_write, wanted.last_write);
  EXPECT_EQ(generation.last_read, wanted.last_read);
  EXPECT_EQ(generation.losses, wanted.losses);
  EXPECT_TRUE(generation.cut);
  EXPECT_TRUE(generation.late);
  EXPECT_EQ(read->watermark.value, 555);
  EXPECT_EQ(read->unreadable, std::vector<std::string>{"/var/log/secret"});
  EXPECT_EQ(read->journal.losses.size(), 1U);
  EXPECT_FALSE(read->generations[1].acked.time.has_value());
  EXPECT_FALSE(read->generations[1].finished);
  EXPECT_FALSE(read->generations[1].place_known);
  EXPECT_TRUE(generation.place_known);
  ASSERT_EQ(read->journal.points.size(), 2U);
  EXPECT_EQ(read->journal.points[1].cursor, "s=def");
}

TEST(Checkpoint, EveryDamageIsNoticed) {
  const std::string bytes = some_bytes();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(decode_checkpoint(bytes.substr(0, n)).ok()) << n;
    std::string damaged = bytes;
    damaged[n] = static_cast<char>(damaged[n] ^ 0x10);
    EXPECT_FALSE(decode_checkpoint(damaged).ok()) << n;
  }
}

TEST(Checkpoint, AFutureVersionIsNotDamage) {
  std::string bytes = some_bytes();
  bytes[8] = 3;
  EXPECT_EQ(decode_checkpoint(bytes).status().code(), base::StatusCode::kUnimplemented);
}

// As the first version wrote it.
TEST(Checkpoint, ReadsTheFirstVersion) {
  constexpr std::string_view kHex =
      "43574147454e540a010000000100000000000000020000000000000003040000000000000005000000000000000600000000"
      "0000000700000000000000080114000000000000001500000000000000042f6c2f61077b613d2262227d0140000000010000"
      "000000000002000000000000000506000000000000000700000000000000e807080000000000000009000000000000002a01"
      "211403f6014d5863de01bc0309000000000000000a000000000000000b010a05733d616263b0f8ecff4ddc876e";
  std::string bytes;
  for (std::size_t i = 0; i < kHex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(kHex.substr(i, 2)), nullptr, 16));
  }
  const auto read = decode_checkpoint(bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->epoch, 3U);
  EXPECT_EQ(read->watermark.value, 0);
  ASSERT_EQ(read->generations.size(), 1U);
  const Generation& generation = read->generations[0];
  EXPECT_EQ(generation.info.path, "/l/a");
  EXPECT_EQ(generation.acked.mark, (core::Mark{1000, {8, 9}}));
  EXPECT_EQ(generation.known_bytes, 1000U);
  EXPECT_EQ(generation.gone_since.value, 222);
  EXPECT_TRUE(generation.losses.empty());
  ASSERT_EQ(read->journal.points.size(), 1U);
  EXPECT_EQ(read->journal.points[0].cursor, "s=abc");
}

// The bytes of this version: a change of them needs a new number.
TEST(Checkpoint, BytesOfThisVersion) {
  EXPECT_EQ(base::to_hex(base::hash128(some_bytes())), "7458603b9185ac7f9e732bb5da92e96f");
}

// Whatever operation fails, and whatever the crash leaves, the old or the new checkpoint is there.
TEST(Checkpoint, SavingIsAtomic) {
  const std::string bytes = some_bytes();
  for (std::uint64_t nth = 1;; ++nth) {
    io::SimFiles files;
    ASSERT_TRUE(files.make_directories("/s").ok());
    ASSERT_TRUE(save_checkpoint(files, "/s/checkpoint", bytes).ok());
    Checkpoint next = *decode_checkpoint(bytes);
    next.epoch = 4;
    files.power_off_at(nth);
    const bool saved = save_checkpoint(files, "/s/checkpoint", encode_checkpoint(next, {})).ok();
    files.crash(nth);
    const auto read = load_checkpoint(files, "/s/checkpoint");
    ASSERT_TRUE(read.ok()) << nth << ": " << read.status();
    EXPECT_TRUE(read->epoch == 4 || (!saved && read->epoch == 3)) << nth;
    if (saved) break;
  }
}

}  // namespace
}  // namespace cordwood::agent

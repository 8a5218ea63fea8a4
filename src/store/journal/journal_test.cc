#include "store/journal/journal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "base/sim_executor.h"
#include "io/sim_files.h"
#include "store/journal/replay.h"

namespace cordwood::store::journal {
namespace {

FrameHeader header_of(std::string tenant) {
  FrameHeader header;
  header.tenant = {std::move(tenant)};
  header.protocol = core::Protocol::kLokiJson;
  header.arrival = {5};
  return header;
}

TEST(JournalFormat, WritesTheExampleOfTheSpecification) {
  FrameHeader header = header_of("default");
  header.body_hash = base::Hash128{};
  const std::string frame = encode_frame(header, "{}", 7, 6, 0);
  std::string wanted = "CWFR";
  wanted += std::string(" \0\0\0\x02\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0", 28);
  EXPECT_EQ(frame.substr(0, 32), wanted);
  std::string fields(
      "\x01\x07"
      "default"
      "\x03\x00\x01\x0a\x01",
      14);
  fields += std::string(16, '\0') + std::string(2, '\0');
  EXPECT_EQ(frame.substr(kPrologueBytes), fields);
}

TEST(JournalFormat, ReadsBackWhatItWrote) {
  FrameHeader header = header_of("a-tenant");
  header.encoding = core::ContentEncoding::kZstd;
  header.decoder_version = 300;
  header.arrival = {-1};
  header.body_hash = base::Hash128{1, 2};
  header.refused = {0, 3, 4, 4'000'000'000};
  header.stored_slices = {true, false, false, true, true, true, false, true, true};
  const std::string frame = encode_frame(header, "body", 9, 8, 77);
  const auto prologue = decode_prologue(frame);
  ASSERT_TRUE(prologue.has_value());
  EXPECT_TRUE(header_checksum_fits(*prologue, frame, 77));
  EXPECT_FALSE(header_checksum_fits(*prologue, frame, 78)) << "a frame without this file's salt is none";
  const auto back = decode_frame_header(std::string_view(frame).substr(kPrologueBytes), "f", 0);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(*back, header);

  const FileHeader file{3, 4, 5, 6, "node"};
  std::string bytes = encode_file_header(file);
  ASSERT_EQ(bytes.size(), kFramesBegin);
  EXPECT_EQ(*decode_file_header(bytes, "f"), file);
  bytes[20] = static_cast<char>(bytes[20] ^ 1);
  EXPECT_EQ(*decode_file_header(bytes, "f"), file) << "the copy counts";
  bytes[600] = static_cast<char>(bytes[600] ^ 1);
  EXPECT_EQ(decode_file_header(bytes, "f").status().code(), base::StatusCode::kDataLoss);
}

TEST(JournalFormat, RefusesEveryTruncatedOrChangedHeader) {
  FrameHeader header = header_of("t");
  header.refused = {1, 2};
  header.stored_slices = {true, false};
  const std::string fields = encode_frame(header, "", 1, 0, 0).substr(kPrologueBytes);
  for (std::size_t n = 0; n < fields.size(); ++n) {
    EXPECT_FALSE(decode_frame_header(std::string_view(fields).substr(0, n), "f", 0).ok()) << n;
  }
  std::string huge = fields;
  huge[huge.size() - 5] = '\x7f';  // the count of refused records: more than there are bytes
  EXPECT_FALSE(decode_frame_header(huge, "f", 0).ok());
}

// A journal over a simulated disk that can be opened again and again.
class JournalTest : public ::testing::Test {
 protected:
  struct Read {
    std::vector<std::uint64_t> sequences;
    std::vector<std::string> bodies;
    std::vector<Damage> damages;
    std::uint64_t next_sequence = 0;
    base::Status status;
  };

  Read open(std::uint64_t after = 0) {
    Read read;
    journal =
        std::make_unique<Journal>(JournalOptions{"/j", "node", ++epoch, file_bytes}, executor, files, random, metrics);
    auto found = journal->load();
    read.status = found.status();
    if (!found.ok()) return read;
    Replay replay(files, *found, after);
    while (true) {
      auto frame = replay.next();
      read.status = frame.status();
      if (!frame.ok()) return read;
      if (!frame->has_value()) break;
      read.sequences.push_back((*frame)->sequence);
      read.bodies.push_back(*(*frame)->body);
    }
    read.damages = replay.damages();
    read.next_sequence = replay.next_sequence();
    journal->start(replay.files(), replay.next_sequence());
    return read;
  }
  void close() {
    base::sync_wait(executor, journal->close());
    journal.reset();
  }
  base::StatusOr<std::uint64_t> append(std::string body) {
    auto bytes = std::make_shared<const std::string>(std::move(body));
    return base::sync_wait(executor,
                           journal->append(header_of("t"), bytes, [this](std::uint64_t s) { published.push_back(s); }));
  }
  std::vector<std::string> names() { return *files.list("/j"); }
  std::string path(std::size_t i) { return "/j/" + names()[i]; }
  std::uint64_t size(const std::string& file) { return files.stat(file)->bytes; }
  void wait_a_second() { executor.run_for(std::chrono::seconds(1)); }

  base::SimExecutor executor{1};
  io::SimFiles files;
  base::SeededRandom random{1};
  base::MetricsRegistry metrics;
  std::uint64_t epoch = 0;
  std::uint64_t file_bytes = 1 << 20;
  std::unique_ptr<Journal> journal;
  std::vector<std::uint64_t> published;
};

using Strings = std::vector<std::string>;
using Numbers = std::vector<std::uint64_t>;

TEST_F(JournalTest, GivesBackWhatWasAcknowledged) {
  EXPECT_EQ(open().next_sequence, 1U);
  EXPECT_EQ(*append("one"), 1U);
  EXPECT_EQ(*append("two"), 2U);
  EXPECT_EQ(published, (Numbers{1, 2}));
  close();
  files.crash(1);
  const Read read = open();
  EXPECT_EQ(read.bodies, (Strings{"one", "two"}));
  EXPECT_EQ(read.next_sequence, 3U);
  EXPECT_EQ(*append("three"), 3U);
  close();
  EXPECT_EQ(open(2).bodies, Strings{"three"}) << "only what follows";
  close();
}

TEST_F(JournalTest, WritesOneGroupForManyWaiting) {
  open();
  base::TaskGroup group(executor);
  struct Sender {
    static base::Task<void> send(Journal* journal, int i) {
      auto body = std::make_shared<const std::string>(std::to_string(i));
      std::function<void(std::uint64_t)> publish = [](std::uint64_t) {};
      auto sequence = co_await journal->append(header_of("t"), std::move(body), std::move(publish));
      CHECK(sequence.ok());
    }
    static base::Task<void> join(base::TaskGroup* group) { co_await group->join(); }
  };
  const std::uint64_t syncs = files.count(io::FileOperation::kSync);
  for (int i = 0; i < 1000; ++i) group.spawn(Sender::send(journal.get(), i));
  base::sync_wait(executor, Sender::join(&group));
  EXPECT_LT(files.count(io::FileOperation::kSync) - syncs, 300U);
  close();
  const Read read = open();
  EXPECT_EQ(read.sequences.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(read.sequences.begin(), read.sequences.end()));
  close();
}

TEST_F(JournalTest, RotatesAndTrims) {
  file_bytes = 4096;
  open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append(std::string(1000, static_cast<char>('a' + i))).ok());
  const std::size_t before = names().size();
  EXPECT_GT(before, 4U);
  EXPECT_GT(journal->bytes(), 20'000U);
  base::sync_wait(executor, journal->trim(10));
  EXPECT_LT(names().size(), before);
  close();
  Read read = open(10);
  EXPECT_EQ(read.sequences.front(), 11U);
  EXPECT_EQ(read.sequences.size(), 10U);
  EXPECT_TRUE(read.damages.empty()) << "what was trimmed is not missing";
  base::sync_wait(executor, journal->trim(20));
  EXPECT_EQ(names(), Strings{}) << "the current file too, when nothing in it is needed";
  EXPECT_EQ(journal->bytes(), 0U);
  EXPECT_EQ(*append("next"), 21U);
  close();
}

TEST_F(JournalTest, TakesLargeBodiesAndEmptyOnes) {
  open();
  const std::string large(3 << 20, 'x');
  ASSERT_TRUE(append("").ok());
  ASSERT_TRUE(append(large).ok());
  ASSERT_TRUE(append("small").ok());
  close();
  EXPECT_EQ(open().bodies, (Strings{"", large, "small"}));
  close();
}

TEST_F(JournalTest, CutsATornTailAtEveryLength) {
  open();
  ASSERT_TRUE(append("first").ok());
  const std::uint64_t one = size(path(0));
  ASSERT_TRUE(append("second").ok());
  const std::uint64_t two = size(path(0));
  close();
  const std::string content = *io::read_whole_file(files, path(0), 1 << 20);
  for (std::uint64_t length = one; length < two; ++length) {
    io::SimFiles fresh;
    ASSERT_TRUE(fresh.make_directories("/j").ok());
    ASSERT_TRUE(io::replace_file(fresh, "/j/" + file_name(1), content.substr(0, length)).ok());
    Journal again(JournalOptions{"/j", "node", 9, file_bytes}, executor, fresh, random, metrics);
    Replay replay(fresh, *again.load(), 0);
    ASSERT_TRUE((*replay.next()).has_value());
    ASSERT_FALSE((*replay.next()).has_value()) << length;
    EXPECT_TRUE(replay.damages().empty());
    EXPECT_EQ(replay.next_sequence(), 2U);
    EXPECT_EQ(fresh.stat("/j/" + file_name(1))->bytes, one);
  }
}

TEST_F(JournalTest, ReportsDamageInTheMiddleAndGoesOn) {
  open();
  for (const char* body : {"one", "two", "three", "four"}) ASSERT_TRUE(append(body).ok());
  close();
  const std::string content = *io::read_whole_file(files, path(0), 1 << 20);
  const std::uint64_t at = content.find("two");
  ASSERT_TRUE(files.flip_bit(path(0), at, 3).ok());
  const Read read = open();
  EXPECT_EQ(read.bodies, (Strings{"one", "three", "four"}));
  ASSERT_EQ(read.damages.size(), 1U);
  EXPECT_EQ(read.damages[0].first_sequence, 2U);
  EXPECT_EQ(read.damages[0].last_sequence, 2U);
  EXPECT_LT(read.damages[0].begin, at);
  EXPECT_EQ(content.substr(read.damages[0].end, 4), "CWFR");
  EXPECT_EQ(*append("five"), 5U);
  base::sync_wait(executor, journal->trim(5));
  ASSERT_EQ(names().size(), 1U);
  EXPECT_TRUE(names()[0].ends_with(".damaged")) << "kept for a rescue";
  close();
}

TEST_F(JournalTest, ReportsAFrameDamagedAtTheEndOfAnEarlierFile) {
  file_bytes = 1;  // one group a file
  open();
  ASSERT_TRUE(append("one").ok());
  ASSERT_TRUE(append("two").ok());
  close();
  ASSERT_TRUE(files.flip_bit(path(0), size(path(0)) - 1, 0).ok());
  const Read read = open();
  EXPECT_EQ(read.bodies, Strings{"two"});
  ASSERT_EQ(read.damages.size(), 1U);
  EXPECT_EQ(read.damages[0].first_sequence, 1U);
  close();
}

TEST_F(JournalTest, TakesATornGroupForUnacknowledged) {
  // Two frames of one group: the disk kept the second one and lost the first.
  open();
  ASSERT_TRUE(append("acknowledged").ok());
  close();
  const std::string file = path(0);
  const std::string content = *io::read_whole_file(files, file, 1 << 20);
  const std::uint64_t salt = decode_file_header(content, file)->salt;
  const std::string lost = encode_frame(header_of("t"), "lost", 2, 1, salt) + "lost";
  const std::string kept = encode_frame(header_of("t"), "kept", 3, 1, salt) + "kept";
  ASSERT_TRUE(io::replace_file(files, file, content + std::string(lost.size(), '\0') + kept).ok());
  Read read = open();
  EXPECT_EQ(read.bodies, Strings{"acknowledged"});
  EXPECT_TRUE(read.damages.empty());
  EXPECT_EQ(size(file), content.size());
  close();
  // The same, but a later group says that sequence 3 had been durable.
  ASSERT_TRUE(files.remove(path(1)).ok()) << "the last group, written again";
  const std::string later = encode_frame(header_of("t"), "later", 4, 3, salt) + "later";
  ASSERT_TRUE(io::replace_file(files, file, content + std::string(lost.size(), '\0') + kept + later).ok());
  read = open();
  EXPECT_EQ(read.bodies, (Strings{"acknowledged", "kept", "later"}));
  ASSERT_EQ(read.damages.size(), 1U);
  EXPECT_EQ(read.damages[0].last_sequence, 2U);
  close();
}

TEST_F(JournalTest, IgnoresFramesHiddenInABody) {
  open();
  const std::string hidden = encode_frame(header_of("evil"), "forged", 3, 2, 0) + "forged";
  ASSERT_TRUE(append("one").ok());
  ASSERT_TRUE(append("two" + hidden).ok());
  ASSERT_TRUE(append("three").ok());
  close();
  const std::string content = *io::read_whole_file(files, path(0), 1 << 20);
  ASSERT_TRUE(files.flip_bit(path(0), content.find("two"), 0).ok());
  EXPECT_EQ(open().bodies, (Strings{"one", "three"}));
  close();
}

TEST_F(JournalTest, GivesAFileUpWhenASyncFails) {
  open();
  ASSERT_TRUE(append("one").ok());
  // Sync fails, and so does the cut: bytes of the failed frame stay behind.
  bool broken = true;
  files.set_fault_hook([&broken](io::FileOperation operation, const std::string&) {
    const bool hit = operation == io::FileOperation::kSync || operation == io::FileOperation::kTruncate;
    return broken && hit ? base::data_loss_error("EIO") : base::ok_status();
  });
  EXPECT_EQ(append("failed").status().code(), base::StatusCode::kUnavailable);
  EXPECT_EQ(append("too soon").status().code(), base::StatusCode::kUnavailable);
  broken = false;
  wait_a_second();
  EXPECT_EQ(*append("two"), 2U);
  EXPECT_EQ(*append("three"), 3U);
  EXPECT_EQ(names().size(), 2U);
  EXPECT_EQ(published, (Numbers{1, 2, 3}));
  close();
  files.kill();
  const Read read = open();
  EXPECT_EQ(read.bodies, (Strings{"one", "two", "three"}));
  EXPECT_TRUE(read.damages.empty());
  close();
}

// Found by tests/sim: what the page cache still has after a sync that failed is not made durable by a later sync, and a
// sender is about to be told that it was stored.
TEST_F(JournalTest, WritesTheLastGroupAgainBeforeItCounts) {
  open();
  ASSERT_TRUE(append("one").ok());
  files.set_fault_hook([](io::FileOperation operation, const std::string&) {
    const bool hit = operation == io::FileOperation::kTruncate;
    return hit ? base::data_loss_error("EIO") : base::ok_status();
  });
  files.fail_operation(2, EIO);  // the sync behind the append
  EXPECT_FALSE(append("unsure").ok());
  close();
  files.kill();
  files.set_fault_hook({});
  EXPECT_EQ(open().bodies, (Strings{"one", "unsure"}));
  close();
  files.crash(1);
  const Read read = open();
  EXPECT_EQ(read.bodies, (Strings{"one", "unsure"}));
  EXPECT_TRUE(read.damages.empty());
  EXPECT_EQ(*append("three"), 3U);
  close();
  files.crash(2);
  EXPECT_EQ(open().bodies, (Strings{"one", "unsure", "three"}));
  close();
}

TEST_F(JournalTest, SaysResourceExhaustedWhenTheDiskIsFull) {
  file_bytes = 1;  // every group needs a new file, because within a file space is reserved
  open();
  ASSERT_TRUE(append("one").ok());
  files.set_capacity(files.used_bytes() + 10);
  EXPECT_EQ(append(std::string(1000, 'x')).status().code(), base::StatusCode::kResourceExhausted);
  wait_a_second();
  EXPECT_FALSE(append("still full").ok());
  files.set_capacity(UINT64_MAX);
  wait_a_second();
  EXPECT_EQ(*append("two"), 2U);
  close();
  EXPECT_EQ(open().bodies, (Strings{"one", "two"}));
  close();
}

TEST_F(JournalTest, RemovesAFileThatWasBeingCreatedAndReportsALostHeader) {
  ASSERT_TRUE(files.make_directories("/j").ok());
  ASSERT_TRUE(io::replace_file(files, "/j/" + file_name(4), std::string(100, '\0')).ok());
  EXPECT_TRUE(open().status.ok());
  EXPECT_EQ(names(), Strings{});
  ASSERT_TRUE(append("one").ok());
  EXPECT_EQ(names(), Strings{file_name(5)}) << "a number is never used again";
  close();
  ASSERT_TRUE(files.flip_bit(path(0), 30, 0).ok());
  ASSERT_TRUE(files.flip_bit(path(0), 600, 0).ok());
  EXPECT_EQ(open().bodies, Strings{});
  EXPECT_EQ(names(), Strings{file_name(5) + ".damaged"});
  close();
}

TEST_F(JournalTest, RefusesTheJournalOfAnotherNode) {
  open();
  ASSERT_TRUE(append("one").ok());
  close();
  Journal other(JournalOptions{"/j", "other", 9, file_bytes}, executor, files, random, metrics);
  EXPECT_EQ(other.load().status().code(), base::StatusCode::kFailedPrecondition);
}

TEST_F(JournalTest, FailsToOpenRatherThanLoseWhatItCannotRead) {
  open();
  ASSERT_TRUE(append("one").ok());
  close();
  files.set_fault_hook([](io::FileOperation operation, const std::string&) {
    return operation == io::FileOperation::kRead ? base::data_loss_error("EIO") : base::ok_status();
  });
  EXPECT_FALSE(open().status.ok());
  files.set_fault_hook({});
  EXPECT_EQ(open().bodies, Strings{"one"});
  close();
}

// Any change of any byte of a frame loses that frame at most, and is never taken for data.
TEST_F(JournalTest, SurvivesEveryFlippedByte) {
  open();
  for (const char* body : {"one", "two", "three"}) ASSERT_TRUE(append(body).ok());
  close();
  const std::string content = *io::read_whole_file(files, path(0), 1 << 20);
  for (std::size_t at = 0; at < content.size(); at += at < kFramesBegin ? 37 : 1) {
    std::string changed = content;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    io::SimFiles fresh;
    ASSERT_TRUE(fresh.make_directories("/j").ok());
    ASSERT_TRUE(io::replace_file(fresh, "/j/" + file_name(1), changed).ok());
    Journal again(JournalOptions{"/j", "node", 9, file_bytes}, executor, fresh, random, metrics);
    Replay replay(fresh, *again.load(), 0);
    Strings bodies;
    while (true) {
      auto frame = replay.next();
      ASSERT_TRUE(frame.ok());
      if (!frame->has_value()) break;
      bodies.push_back(*(*frame)->body);
    }
    ASSERT_GE(bodies.size(), 2U) << at;
    for (const std::string& body : bodies) EXPECT_TRUE(body == "one" || body == "two" || body == "three") << at;
  }
}

}  // namespace
}  // namespace cordwood::store::journal

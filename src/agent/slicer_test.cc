#include "agent/slicer.h"

#include <gtest/gtest.h>

#include <random>

#include "core/record_sink.h"
#include "ingest/native/push_decoder.h"
#include "io/sim_files.h"

namespace cordwood::agent {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// A line "@17 ..." was written at second 17.
class FakeTimes final : public LineTimes {
 public:
  std::optional<base::UnixNanos> detect(std::string_view line) override {
    if (!line.starts_with('@')) return std::nullopt;
    return base::UnixNanos{std::stoll(std::string(line.substr(1))) * kSecond};
  }
  void set_reference(base::UnixNanos) override {}
};

class SlicerTest : public ::testing::Test {
 protected:
  void write(std::string_view bytes) {
    if (file_ == nullptr) {
      file_ = *files_.open("/f", io::OpenMode::kCreateNew);
      content_ = make_plain_content(*file_);
    }
    ASSERT_TRUE(file_->append(bytes).ok());
  }
  SliceResult cut(SliceRequest request) {
    request.fallback_time = {99 * kSecond};
    auto result = slicer_.cut(*content_, times_, request);
    EXPECT_TRUE(result.ok()) << result.status();
    return *std::move(result);
  }
  static core::RecordBatch decode(const SliceResult& result) {
    core::SourceInfo source;
    source.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"file", "/f"}});
    const ingest::native::PushPart part{&source, &result.slice};
    auto body = std::make_shared<const std::string>(ingest::native::encode_push({}, 1, "h", std::span(&part, 1)));
    auto batch = ingest::native::decode_push(body, {base::UnixNanos::max(), nullptr});
    EXPECT_TRUE(batch.ok()) << batch.status();
    return *std::move(batch);
  }
  // All of the file in slices of about `raw_bytes`, as "line|end|continuation|number|offset".
  std::vector<std::string> all(std::size_t raw_bytes, bool ended) {
    std::vector<std::string> out;
    SliceRequest request;
    request.raw_bytes_max = raw_bytes;
    request.ended = ended;
    while (true) {
      const SliceResult result = cut(request);
      if (result.empty()) {
        if (result.at_end) return out;
        ADD_FAILURE() << "an empty slice before the end";
        return out;
      }
      for (const core::Record& record : decode(result).records) {
        out.push_back(fmt::format("{}|{}|{}|{}|{}", record.line, static_cast<int>(record.flags.line_end()),
                                  record.flags.continuation(), record.line_number, record.offset));
      }
      request.from = result.end;
    }
  }

  io::SimFiles files_;
  std::unique_ptr<io::File> file_;
  std::unique_ptr<Content> content_;
  FakeTimes times_;
  std::vector<std::pair<std::uint64_t, std::string>> refused_;
  Slicer slicer_{[this](std::uint64_t offset, std::string_view line) { refused_.emplace_back(offset, line); }};
};

TEST_F(SlicerTest, CutsLinesAndKeepsTheirEnds) {
  write("one\r\n\ntwo\rx\nrest");
  EXPECT_EQ(all(1000, false), (std::vector<std::string>{"one|1|false|1|0", "|0|false|2|5", "two\rx|0|false|3|6"}));
  EXPECT_EQ(all(1000, true),
            (std::vector<std::string>{"one|1|false|1|0", "|0|false|2|5", "two\rx|0|false|3|6", "rest|2|false|4|12"}));
}

TEST_F(SlicerTest, SmallAndLargeReadsCutTheSame) {
  std::mt19937_64 random(1);
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += std::string(random() % 300, 'x') + (random() % 5 == 0 ? "\r\n" : "\n");
  }
  text += "unfinished";
  write(text);
  const auto wanted = all(1 << 20, true);
  for (const std::size_t raw : {1UL, 7UL, 100UL, 4096UL, 10'000UL}) EXPECT_EQ(all(raw, true), wanted) << raw;
}

TEST_F(SlicerTest, APartialLineWaits) {
  write("done\npart");
  SliceRequest request;
  const SliceResult first = cut(request);
  EXPECT_EQ(first.end.mark.offset, 5U);
  EXPECT_TRUE(first.at_end);
  EXPECT_EQ(first.waiting_bytes, 4U);
  request.from = first.end;
  EXPECT_TRUE(cut(request).empty());
  write("ial\n");
  const SliceResult second = cut(request);
  ASSERT_FALSE(second.empty());
  EXPECT_EQ(decode(second).records[0].line, "partial");
  EXPECT_EQ(decode(second).records[0].line_number, 2U);
}

TEST_F(SlicerTest, LongLinesAreCutAndNoByteIsLost) {
  for (const std::size_t length : {kLineBytesMax - 1, kLineBytesMax, kLineBytesMax + 1, kLineBytesMax + 2,
                                   3 * kLineBytesMax, 3 * kLineBytesMax + 17}) {
    for (const char* end : {"\n", "\r\n", ""}) {
      files_.remove("/f").IgnoreError();
      file_.reset();
      std::string line(length, 'a');
      line.back() = 'z';
      write("first\n" + line + end + (*end == '\0' ? "" : "last\n"));
      std::string joined;
      std::uint64_t records = 0;
      SliceRequest request;
      request.ended = true;
      for (SliceResult result = cut(request); !result.empty(); result = cut(request)) {
        const core::RecordBatch batch = decode(result);
        for (const core::Record& record : batch.records) {
          if (record.line_number == 2) joined += record.line;
          EXPECT_LE(record.line.size(), kLineBytesMax);
          EXPECT_FALSE(record.line.empty()) << length << end;
          ++records;
        }
        request.from = result.end;
      }
      EXPECT_EQ(joined, line);
      EXPECT_EQ(records, 1 + (length + kLineBytesMax - 1) / kLineBytesMax + (*end == '\0' ? 0 : 1));
    }
  }
}

TEST_F(SlicerTest, NoticesThatTheFileWasReplaced) {
  write("one\ntwo\n");
  SliceRequest request;
  request.from = cut(request).end;
  ASSERT_TRUE(file_->truncate(0).ok());
  ASSERT_TRUE(file_->append("other content, longer than before\n").ok());
  EXPECT_EQ(slicer_.cut(*content_, times_, request).status().code(), base::StatusCode::kAborted);
  ASSERT_TRUE(file_->truncate(3).ok());
  EXPECT_EQ(slicer_.cut(*content_, times_, request).status().code(), base::StatusCode::kAborted);
}

TEST_F(SlicerTest, TimesAreParsedInheritedOrGiven) {
  write("no time yet\n@5 a\n  trace\n@4 b\n");
  const SliceResult result = cut({});
  const auto batch = decode(result);
  ASSERT_EQ(batch.records.size(), 4U);
  EXPECT_EQ(batch.records[0].time.value, 99 * kSecond);
  EXPECT_EQ(batch.records[0].flags.time_origin(), core::TimeOrigin::kRead);
  EXPECT_EQ(batch.records[1].time.value, 5 * kSecond);
  EXPECT_EQ(batch.records[1].flags.time_origin(), core::TimeOrigin::kParsed);
  EXPECT_EQ(batch.records[2].time.value, 5 * kSecond);
  EXPECT_EQ(batch.records[2].flags.time_origin(), core::TimeOrigin::kInherited);
  EXPECT_EQ(batch.records[3].time.value, 4 * kSecond);
  EXPECT_EQ(result.end.time, (base::UnixNanos{4 * kSecond}));
}

TEST_F(SlicerTest, ARefusedRecordIsLeftOutAndTheLinesKeepTheirNumbers) {
  write("one\nbad\nthree\n");
  const std::set<std::uint64_t> refused{4};
  SliceRequest request;
  request.refused = &refused;
  const SliceResult first = cut(request);
  EXPECT_EQ(first.end.mark.offset, 4U);
  request.from = first.end;
  const SliceResult second = cut(request);
  EXPECT_EQ(second.end.mark.offset, 8U);
  EXPECT_EQ(decode(second).records.size(), 0U);
  request.from = second.end;
  const SliceResult third = cut(request);
  ASSERT_EQ(decode(third).records.size(), 1U);
  EXPECT_EQ(decode(third).records[0].line_number, 3U);
  ASSERT_EQ(refused_.size(), 1U);
  EXPECT_EQ(refused_[0], std::make_pair(std::uint64_t{4}, std::string("bad")));
}

TEST_F(SlicerTest, FindsLineNumberAndTimeAtAMark) {
  write("@1 a\nb\n@2 c\nd\n");
  SliceRequest request;
  request.raw_bytes_max = 7;
  const Position first = cut(request).end;
  request.from = first;
  const Position second = cut(request).end;
  const auto found = slicer_.position_at(*content_, times_, first, second.mark);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->line, second.line);
  EXPECT_EQ(found->time, second.time);
  const auto from_start = slicer_.position_at(*content_, times_, second, first.mark);
  ASSERT_TRUE(from_start.ok());
  EXPECT_EQ(from_start->line, first.line);
  EXPECT_EQ(from_start->time, first.time);
  core::Mark wrong = second.mark;
  wrong.hash.lo ^= 1;
  EXPECT_EQ(slicer_.position_at(*content_, times_, first, wrong).status().code(), base::StatusCode::kAborted);
}

}  // namespace
}  // namespace cordwood::agent

#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include <random>

#include "ingest/native/messages.h"
#include "ingest/native/push_decoder.h"
#include "ingest/native/push_encoder.h"

namespace cordwood::ingest::native {
namespace {

constexpr core::UnixNanos kArrival{1'790'000'000'000'000'000};
constexpr std::int64_t kSecond = 1'000'000'000;

base::StatusOr<core::RecordBatch> decode(std::string body, const std::vector<std::uint32_t>* refused = nullptr) {
  return decode_push(std::make_shared<const std::string>(std::move(body)), {kArrival, refused});
}

core::SourceInfo some_source(std::uint64_t id, std::string file) {
  core::SourceInfo source;
  source.id.generation = {{id, id + 1}};
  source.path = file;
  source.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"file", file}, {"host", "h"}});
  source.ladder = {{64, {1, 1}}, {1024, {2, 2}}};
  source.base = {5, {6, 7}};
  return source;
}

using core::LineEnd;
using core::RecordFlags;
using core::TimeOrigin;

// Two sources; the first has metadata, a cut line with its continuation, and times that go back.
std::string some_push() {
  const core::SourceInfo a = some_source(1, "/a.log");
  const core::SourceInfo b = some_source(2, "/b.log");
  SliceBuilder builder;
  builder.start({100, {8, 9}}, 41);
  builder.add("hello", 100, {5 * kSecond}, RecordFlags::make(LineEnd::kLf, TimeOrigin::kParsed));
  builder.add_metadata("unit", "ssh");
  builder.add_metadata("priority", "6");
  builder.add("", 106, {4 * kSecond}, RecordFlags::make(LineEnd::kCrlf, TimeOrigin::kInherited));
  builder.add("long", 108, {4 * kSecond}, RecordFlags::make(LineEnd::kCut, TimeOrigin::kInherited));
  builder.add("line", 112, {-kSecond}, RecordFlags::make(LineEnd::kNone, TimeOrigin::kRead, true));
  builder.add_metadata("x", "");
  const EncodedSlice first = builder.finish({116, {10, 11}});
  const EncodedSlice lost = lost_slice({0, {}}, {1000, {12, 13}}, 1);
  const PushPart parts[] = {{&a, &first}, {&b, &lost}};
  return encode_push({{21, 22}}, 3, "h", parts);
}

TEST(NativePush, DecodesWhatWasEncoded) {
  const auto batch = decode(some_push());
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->agent, (core::AgentId{{21, 22}}));
  EXPECT_EQ(batch->agent_epoch, 3U);
  ASSERT_EQ(batch->sources.size(), 2U);
  EXPECT_EQ(batch->sources[1].id.host, "h");
  EXPECT_EQ(batch->sources[0].path, "/a.log");
  EXPECT_EQ(batch->sources[0].base, (core::Mark{5, {6, 7}}));
  EXPECT_EQ(batch->sources[0].ladder.size(), 2U);
  ASSERT_EQ(batch->streams.size(), 2U);
  EXPECT_EQ(batch->streams[1].labels->get("file"), "/b.log");
  EXPECT_EQ(batch->streams[1].id, batch->streams[1].labels->stream_id());
  ASSERT_EQ(batch->slices.size(), 2U);
  EXPECT_EQ(batch->slices[0].begin, (core::Mark{100, {8, 9}}));
  EXPECT_EQ(batch->slices[0].end, (core::Mark{116, {10, 11}}));
  EXPECT_FALSE(batch->slices[0].lost);
  EXPECT_TRUE(batch->slices[1].lost);
  EXPECT_EQ(batch->slices[1].record_begin, batch->slices[1].record_end);
}

TEST(NativePush, RecordsKeepOffsetsTimesFlagsAndLineNumbers) {
  const auto batch = decode(some_push());
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_EQ(batch->records.size(), 4U);
  const auto& r = batch->records;
  EXPECT_EQ(r[0].line, "hello");
  EXPECT_EQ(r[1].line, "");
  EXPECT_EQ(r[3].line, "line");
  EXPECT_EQ(r[0].offset, 100U);
  EXPECT_EQ(r[3].offset, 112U);
  EXPECT_EQ(r[0].time.value, 5 * kSecond);
  EXPECT_EQ(r[3].time.value, -kSecond);
  EXPECT_EQ(r[1].flags.line_end(), LineEnd::kCrlf);
  EXPECT_TRUE(r[3].flags.continuation());
  EXPECT_EQ(r[0].line_number, 41U);
  EXPECT_EQ(r[1].line_number, 42U);
  EXPECT_EQ(r[2].line_number, 43U);
  EXPECT_EQ(r[3].line_number, 43U) << "a continuation has the number of its line";
  ASSERT_EQ(r[0].metadata_count, 2U);
  EXPECT_EQ(batch->metadata[r[0].metadata_begin], (core::MetadataPair{"unit", "ssh"}));
  EXPECT_EQ(r[1].metadata_count, 0U);
  EXPECT_EQ(batch->metadata[r[3].metadata_begin], (core::MetadataPair{"x", ""}));
}

TEST(NativePush, LinesPointIntoTheBody) {
  auto body = std::make_shared<const std::string>(some_push());
  const char* begin = body->data();
  const char* end = begin + body->size();
  const auto batch = decode_push(body, {kArrival, nullptr});
  body.reset();
  ASSERT_TRUE(batch.ok());
  EXPECT_GE(batch->records[0].line.data(), begin);
  EXPECT_LT(batch->records[0].line.data(), end);
  EXPECT_EQ(batch->records[0].line, "hello");
}

TEST(NativePush, EncodesADecodedBatchAgain) {
  const std::string body = some_push();
  const auto batch = decode(body);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(encode_push(*batch), body);
}

TEST(NativePush, RandomBatchesRoundTrip) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    const core::SourceInfo source = some_source(random(), "/x");
    SliceBuilder builder;
    const std::uint64_t begin = random() >> (random() % 60 + 1);
    builder.start({begin, {random(), 1}}, 1 + random() % 1000);
    std::uint64_t offset = begin;
    std::vector<std::pair<std::string, std::int64_t>> wanted;
    const std::size_t records = random() % 50;
    for (std::size_t i = 0; i < records; ++i) {
      std::string line(random() % 300, static_cast<char>('a' + random() % 26));
      // Any time up to now, far past included: differences may wrap.
      const auto time = std::min(static_cast<std::int64_t>(random()), kArrival.value);
      builder.add(line, offset, {time}, RecordFlags{static_cast<std::uint8_t>(random() & 31)});
      offset += line.size();
      wanted.emplace_back(std::move(line), time);
    }
    const EncodedSlice slice = builder.finish({offset + 1, {}});
    const PushPart part{&source, &slice};
    const auto batch = decode(encode_push({}, 1, "h", std::span(&part, 1)));
    ASSERT_TRUE(batch.ok()) << batch.status();
    ASSERT_EQ(batch->records.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_EQ(batch->records[i].line, wanted[i].first);
      ASSERT_EQ(batch->records[i].time.value, wanted[i].second);
    }
  }
}

std::string push_with_time(core::UnixNanos time) {
  const core::SourceInfo source = some_source(1, "/a");
  SliceBuilder builder;
  builder.start({0, {}}, 1);
  builder.add("l", 0, time, RecordFlags::make(LineEnd::kLf, TimeOrigin::kParsed));
  builder.add_metadata("k", "v");
  const EncodedSlice slice = builder.finish({2, {}});
  const PushPart part{&source, &slice};
  return encode_push({}, 1, "h", std::span(&part, 1));
}

TEST(NativePush, ATimeFarAheadBecomesTheArrivalAndIsKept) {
  const std::int64_t grace = std::chrono::nanoseconds(core::Limits{}.creation_grace_period).count();
  const auto near = decode(push_with_time({kArrival.value + grace}));
  ASSERT_TRUE(near.ok());
  EXPECT_EQ(near->records[0].time.value, kArrival.value + grace);
  EXPECT_EQ(near->records[0].metadata_count, 1U);

  const auto far = decode(push_with_time({kArrival.value + grace + 1}));
  ASSERT_TRUE(far.ok());
  const core::Record& record = far->records[0];
  EXPECT_EQ(record.time, kArrival);
  EXPECT_EQ(record.flags.time_origin(), TimeOrigin::kRead);
  ASSERT_EQ(record.metadata_count, 2U);
  EXPECT_EQ(far->metadata[record.metadata_begin], (core::MetadataPair{"k", "v"}));
  EXPECT_EQ(far->metadata[record.metadata_begin + 1].name, "original_timestamp");
  EXPECT_EQ(far->metadata[record.metadata_begin + 1].value, "2026-09-21T14:23:20.000000001Z");
}

TEST(NativePush, RefusedRecordsAreLeftOutAndSlicesStay) {
  const std::vector<std::uint32_t> all{0, 1, 2, 3};
  const auto none = decode(some_push(), &all);
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->records.empty());
  ASSERT_EQ(none->slices.size(), 2U);
  EXPECT_EQ(none->slices[0].record_begin, none->slices[0].record_end);
  EXPECT_TRUE(none->slices[1].lost);

  const std::vector<std::uint32_t> some{1, 2};
  const auto rest = decode(some_push(), &some);
  ASSERT_TRUE(rest.ok());
  ASSERT_EQ(rest->records.size(), 2U);
  EXPECT_EQ(rest->records[1].line, "line");
  EXPECT_EQ(rest->records[1].line_number, 43U);
  EXPECT_EQ(rest->slices[0].record_end, 2U);
}

// A slice written field by field, so that each rule can be broken alone.
struct RawFields {
  std::uint32_t source = 0;
  std::uint64_t begin = 10;
  std::uint64_t end = 20;
  bool lost = false;
  std::uint64_t first_line = 1;
  std::string text = "abcd";
  std::vector<std::uint32_t> line_bytes{1, 3};
  std::vector<std::uint64_t> offset_deltas{0, 2};
  std::vector<std::int64_t> time_deltas{5, 1};
  std::string flags = std::string(2, '\0');
  std::uint32_t metadata_record = 0;
  std::size_t hash_bytes = 16;

  std::string push(int slices = 1) const {
    const core::SourceInfo info = some_source(1, "/a");
    std::string body = encode_push({{1, 2}}, 1, "h", {});
    const EncodedSlice nothing = lost_slice({0, {}}, {1, {}}, 1);
    const PushPart part{&info, &nothing};
    const std::string whole = encode_push({{1, 2}}, 1, "h", std::span(&part, 1));
    // The source alone: the field after the three fixed ones.
    protozero::pbf_reader reader(whole);
    protozero::pbf_writer writer(body);
    while (reader.next()) {
      if (reader.tag() == 4) {
        writer.add_message(4, reader.get_view());
      } else {
        reader.skip();
      }
    }
    for (int i = 0; i < slices; ++i) {
      protozero::pbf_writer sub(writer, 5);
      add_fields(sub);
    }
    return body;
  }
  void add_fields(protozero::pbf_writer& sub) const {
    sub.add_uint32(1, source);
    sub.add_uint64(2, begin);
    sub.add_uint64(3, end);
    sub.add_bytes(4, std::string(hash_bytes, 'h'));
    sub.add_bytes(5, std::string(16, 'h'));
    sub.add_bool(6, lost);
    sub.add_uint64(7, first_line);
    sub.add_bytes(8, text);
    sub.add_packed_uint32(9, line_bytes.begin(), line_bytes.end());
    sub.add_packed_uint64(10, offset_deltas.begin(), offset_deltas.end());
    sub.add_packed_sint64(11, time_deltas.begin(), time_deltas.end());
    sub.add_bytes(12, flags);
    protozero::pbf_writer pair(sub, 13);
    pair.add_uint32(1, metadata_record);
    pair.add_string(2, "k");
    pair.add_string(3, "v");
  }
};

std::string error_of(const RawFields& fields, int slices = 1) {
  const auto batch = decode(fields.push(slices));
  return batch.ok() ? "" : std::string(base::message_of(batch.status()));
}

TEST(NativePush, EachRuleIsCheckedAndNamed) {
  EXPECT_EQ(error_of({}), "");
  const auto broken = [](auto change) {
    RawFields fields;
    change(fields);
    return error_of(fields);
  };
  EXPECT_EQ(broken([](RawFields& f) { f.source = 1; }), "push slice 0 field source: 1 is not one of the 1 sources");
  EXPECT_EQ(broken([](RawFields& f) { f.end = 10; }), "push slice 0 field end: 10 is not after begin 10");
  EXPECT_EQ(broken([](RawFields& f) { f.hash_bytes = 15; }), "push slice 0 field hash_begin: has 15 bytes, wanted 16");
  EXPECT_EQ(broken([](RawFields& f) { f.lost = true; }), "push slice 0 field lost: slice has records");
  EXPECT_EQ(broken([](RawFields& f) { f.first_line = 0; }), "push slice 0 field first_line: is missing");
  EXPECT_EQ(broken([](RawFields& f) { f.text = "abc"; }),
            "push slice 0 field line_bytes: of record 1 is 3, but 2 bytes of text are left");
  EXPECT_EQ(broken([](RawFields& f) { f.text = "abcde"; }), "push slice 0 field text: has 5 bytes, records use 4");
  EXPECT_EQ(broken([](RawFields& f) { f.offset_deltas = {0, 10}; }),
            "push slice 0 field offset_deltas: put record 1 beyond end 20");
  EXPECT_EQ(broken([](RawFields& f) { f.offset_deltas = {0, UINT64_MAX}; }),
            "push slice 0 field offset_deltas: put record 1 beyond end 20");
  EXPECT_EQ(broken([](RawFields& f) { f.offset_deltas = {0}; }),
            "push slice 0 field offset_deltas: has 1 values, line_bytes has 2");
  EXPECT_EQ(broken([](RawFields& f) { f.time_deltas = {0, 1, 2}; }),
            "push slice 0 field time_deltas: has 3 values, line_bytes has 2");
  EXPECT_EQ(broken([](RawFields& f) { f.flags = "\x01"; }), "push slice 0 field flags: has 1 values, line_bytes has 2");
  EXPECT_EQ(broken([](RawFields& f) { f.flags[1] = 0x20; }),
            "push slice 0 field flags: of record 1 are 0x20: reserved bits are set");
  EXPECT_EQ(broken([](RawFields& f) { f.metadata_record = 2; }), "push slice 0 field metadata: names record 2 of 2");
  EXPECT_EQ(error_of({}, 2), "push slice 1 field source: 0 has a slice already");
}

TEST(NativePush, APushWithoutHostOrAgentIsRefused) {
  EXPECT_FALSE(decode("").ok());
  EXPECT_FALSE(decode(encode_push({{1, 2}}, 1, "", {})).ok());
  EXPECT_TRUE(decode(encode_push({{1, 2}}, 1, "h", {})).ok());
}

TEST(NativePush, ALabelThatIsNoLabelIsRefused) {
  core::SourceInfo source = some_source(1, "/a");
  source.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"not-a-label", "x"}});
  const EncodedSlice slice = lost_slice({0, {}}, {1, {}}, 1);
  const PushPart part{&source, &slice};
  const auto batch = decode(encode_push({}, 1, "h", std::span(&part, 1)));
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(base::message_of(batch.status()), "push source 0 field labels: name of label 0 is not valid");
}

// 2 Mi + 1 empty lines are 8 MiB on the wire and would be 150 MB of records.
TEST(NativePush, TooManyRecordsAreRefusedBeforeTheyTakeMemory) {
  RawFields fields;
  const std::size_t records = kRecordsPerPushMax + 1;
  fields.text.clear();
  fields.line_bytes.assign(records, 0);
  fields.offset_deltas.assign(records, 0);
  fields.time_deltas.assign(records, 0);
  fields.flags.assign(records, '\0');
  const auto batch = decode(fields.push());
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.status().code(), base::StatusCode::kResourceExhausted);
}

TEST(NativePush, DamagedBodiesNeverCrash) {
  const std::string body = some_push();
  for (std::size_t n = 0; n < body.size(); ++n) {
    (void)decode(body.substr(0, n));
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = body;
      damaged[n] = static_cast<char>(damaged[n] ^ (1 << bit));
      const auto batch = decode(damaged);
      if (!batch.ok()) continue;
      for (const core::Record& record : batch->records) EXPECT_LT(record.stream, batch->streams.size());
      for (const core::Slice& slice : batch->slices) EXPECT_LE(slice.record_end, batch->records.size());
    }
  }
}

}  // namespace
}  // namespace cordwood::ingest::native

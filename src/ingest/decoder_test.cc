#include "ingest/decoder.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "codec/compress.h"

namespace cordwood::ingest {
namespace {

using base::StatusCode;
using base::UnixNanos;

constexpr UnixNanos kNow{1'700'000'000'000'000'000};

core::EncodedBody body_of(core::Protocol protocol, std::string bytes,
                          core::ContentEncoding encoding = core::ContentEncoding::kIdentity,
                          std::uint16_t version = kDecoderPlain) {
  return {protocol, encoding, version, std::make_shared<const std::string>(std::move(bytes))};
}

struct Entry {
  std::int64_t nanos;
  std::string line;
  std::vector<std::pair<std::string, std::string>> metadata = {};
};

std::string protobuf_stream(const std::string& labels, const std::vector<Entry>& entries) {
  std::string out;
  protozero::pbf_writer stream(out);
  stream.add_string(1, labels);
  for (const Entry& entry : entries) {
    protozero::pbf_writer message(stream, 2);
    {
      protozero::pbf_writer time(message, 1);
      time.add_int64(1, entry.nanos / 1'000'000'000);
      time.add_int32(2, static_cast<std::int32_t>(entry.nanos % 1'000'000'000));
    }
    message.add_string(2, entry.line);
    for (const auto& [name, value] : entry.metadata) {
      protozero::pbf_writer pair(message, 3);
      pair.add_string(1, name);
      pair.add_string(2, value);
    }
  }
  return out;
}

std::string protobuf_push(const std::vector<std::string>& streams) {
  std::string out;
  protozero::pbf_writer push(out);
  for (const std::string& stream : streams) push.add_message(1, stream);
  return out;
}

// What a batch says, as text: one line a record.
std::string describe(const core::RecordBatch& batch) {
  std::string out;
  for (const core::Record& record : batch.records) {
    out += batch.streams[record.stream].labels->to_text() + " " + std::to_string(record.time.value) + " " +
           std::string(record.line);
    for (std::uint32_t i = 0; i < record.metadata_count; ++i) {
      const core::MetadataPair& pair = batch.metadata[record.metadata_begin + i];
      out += " " + std::string(pair.name) + "=" + std::string(pair.value);
    }
    out += "\n";
  }
  return out;
}

class DecoderTest : public testing::Test {
 protected:
  base::StatusOr<DecodedPush> arrive(const core::EncodedBody& body) {
    return decoder_.decode_arriving(body, kNow, limits_);
  }
  core::Limits limits_;
  Decoder decoder_{core::Limits{}};
};

TEST_F(DecoderTest, ProtobufAndJsonSayTheSame) {
  const std::string proto = protobuf_push({protobuf_stream("{b=\"2\", a=\"x\"}", {{5, "one", {{"k", "v"}}}, {6, ""}}),
                                           protobuf_stream("{c=\"\\\"q\\\"\"}", {{7, "three\n"}})});
  const std::string json = R"({"streams":[{"values":[["5","one",{"k":"v"}],["6",""]],"stream":{"a":"x","b":"2"}},)"
                           R"({"stream":{"c":"\"q\""},"values":[["7","three\n"]]}]})";
  const auto a = arrive(body_of(core::Protocol::kLokiProtobuf, codec::compress(codec::Compression::kSnappyBlock, proto),
                                core::ContentEncoding::kSnappyBlock));
  const auto b = arrive(body_of(core::Protocol::kLokiJson, json));
  ASSERT_TRUE(a.ok()) << a.status();
  ASSERT_TRUE(b.ok()) << b.status();
  EXPECT_EQ(describe(a->batch), "{a=\"x\", b=\"2\"} 5 one k=v\n{a=\"x\", b=\"2\"} 6 \n{c=\"\\\"q\\\"\"} 7 three\n\n");
  EXPECT_EQ(describe(a->batch), describe(b->batch));
}

TEST_F(DecoderTest, ServiceNameIsAddedByVersion) {
  const std::string json = R"({"streams":[{"stream":{"job":"j","app":"shop"},"values":[["5","x"]]}]})";
  const auto with =
      arrive(body_of(core::Protocol::kLokiJson, json, core::ContentEncoding::kIdentity, kDecoderServiceName));
  ASSERT_TRUE(with.ok());
  EXPECT_EQ(with->batch.streams[0].labels->get("service_name"), "shop");
  const auto without = arrive(body_of(core::Protocol::kLokiJson, json));
  EXPECT_FALSE(without->batch.streams[0].labels->has("service_name"));
}

TEST_F(DecoderTest, LegacyJson) {
  const std::string json =
      R"({"streams":[{"labels":"{foo=\"bar\"}","entries":[{"ts":"2023-11-14T22:13:20.5Z","line":"baz"}]}]})";
  const auto decoded = arrive(body_of(core::Protocol::kLokiJson, json));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(describe(decoded->batch), "{foo=\"bar\"} 1700000000500000000 baz\n");
}

TEST_F(DecoderTest, MalformedBodiesAreRefusedWhole) {
  const std::vector<std::string> bad = {"",
                                        "null",
                                        "[]",
                                        "{",
                                        R"({"streams":{}})",
                                        R"({"streams":[{"stream":{"a":"b"},"values":[["5"]]}]})",
                                        R"({"streams":[{"stream":{"a":"b"},"values":[[5,"x"]]}]})",
                                        R"({"streams":[{"stream":{"a":"b"},"values":[["5x","x"]]}]})",
                                        R"({"streams":[{"stream":{"a":"b"},"values":[["5","x",{"k":1}]]}]})",
                                        R"({"streams":[{"stream":{"a":"b"},"values":[["5","x"]]}]} trailing)",
                                        "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"5\",\"\xff\"]]}]}"};
  for (const std::string& body : bad) {
    EXPECT_EQ(arrive(body_of(core::Protocol::kLokiJson, body)).status().code(), StatusCode::kInvalidArgument) << body;
  }
  const std::string good = protobuf_push({protobuf_stream("{a=\"x\"}", {{5, "a line that is long enough to be cut"}})});
  EXPECT_EQ(arrive(body_of(core::Protocol::kLokiProtobuf, good.substr(0, good.size() - 3))).status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(DecoderTest, NoStreamIsItsOwnError) {
  EXPECT_EQ(arrive(body_of(core::Protocol::kLokiJson, R"({"streams":[]})")).status().code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(DecoderTest, OversizedBodiesAreRefusedBeforeMemoryIsTaken) {
  limits_.body_decompressed_bytes_max = 1000;
  const std::string bomb = codec::compress(codec::Compression::kGzip, std::string(1 << 20, ' '));
  EXPECT_EQ(arrive(body_of(core::Protocol::kLokiJson, bomb, core::ContentEncoding::kGzip)).status().code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(arrive(body_of(core::Protocol::kLokiJson, std::string(1001, ' '))).status().code(),
            StatusCode::kResourceExhausted);
}

TEST_F(DecoderTest, BadRecordsAreRefusedAndReplayGivesTheSameBatch) {
  limits_.line_bytes_max = 10;
  const std::string future = std::to_string(kNow.value + 3'600'000'000'000);
  const std::string json =
      R"({"streams":[{"stream":{"a":"b"},"values":[["5","keep"],["6","much too long a line"],[")" + future +
      R"(","late"],["8","also"]]},{"stream":{"9bad":"x"},"values":[["9","no"]]},{"stream":{},"values":[["9","no"]]},)"
      R"({"stream":{"c":"d"},"values":[["10","end",{"k":"v"}]]}]})";
  const core::EncodedBody body = body_of(core::Protocol::kLokiJson, json);
  const auto decoded = arrive(body);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(describe(decoded->batch), "{a=\"b\"} 5 keep\n{a=\"b\"} 8 also\n{c=\"d\"} 10 end k=v\n");
  EXPECT_EQ(decoded->refused, (std::vector<std::uint32_t>{1, 2, 4, 5}));
  EXPECT_NE(
      decoded->refusal.find(
          "max entry size '10' bytes exceeded for stream '{a=\"b\"}' while adding an entry with length '20' bytes"),
      std::string::npos)
      << decoded->refusal;
  EXPECT_NE(decoded->refusal.find("has timestamp too new: 2023-11-14T23:13:20Z"), std::string::npos)
      << decoded->refusal;
  EXPECT_NE(decoded->refusal.find("error at least one label pair is required per stream"), std::string::npos);

  const core::DecodeContext context{kNow, &decoded->refused};
  const auto replayed = decoder_.decode(body, context);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(describe(*replayed), describe(decoded->batch));
}

TEST_F(DecoderTest, LabelLimits) {
  std::string many = R"({"streams":[{"stream":{)";
  for (int i = 0; i < 16; ++i) many += (i > 0 ? "," : "") + std::string("\"l") + std::to_string(i) + "\":\"x\"";
  many += R"(},"values":[["5","x"]]}]})";
  const auto decoded = arrive(body_of(core::Protocol::kLokiJson, many));
  ASSERT_TRUE(decoded.ok());
  EXPECT_TRUE(decoded->batch.records.empty());
  EXPECT_NE(decoded->refusal.find("has 16 label names; limit 15"), std::string::npos) << decoded->refusal;
}

TEST_F(DecoderTest, EveryTruncationOfAProtobufBodyIsAnErrorOrAPrefix) {
  const std::string good = protobuf_push({protobuf_stream("{a=\"x\"}", {{5, "one"}, {6, "two", {{"k", "v"}}}}),
                                          protobuf_stream("{b=\"y\"}", {{7, "three"}})});
  for (std::size_t n = 0; n < good.size(); ++n) {
    const auto decoded = arrive(body_of(core::Protocol::kLokiProtobuf, good.substr(0, n)));
    if (decoded.ok()) {
      EXPECT_LE(decoded->batch.records.size(), 2U) << n;
    }
  }
}

}  // namespace
}  // namespace cordwood::ingest

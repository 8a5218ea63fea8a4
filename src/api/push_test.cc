// Loki's and the native push through the Api: what reaches the sink, and what the sender is told.
#include <gtest/gtest.h>

#include "api/api_world.h"
#include "codec/compress.h"
#include "ingest/native/messages.h"
#include "ingest/native/push_encoder.h"

namespace cordwood::api {
namespace {

namespace native = ingest::native;
using codec::Compression;

const ApiWorld::Headers kJson = {{"Content-Type", "application/json; charset=utf-8"}};

ApiWorld::Headers with(ApiWorld::Headers headers, std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
  return headers;
}

std::string json_body(const ApiWorld& world, std::initializer_list<std::string_view> lines) {
  std::string values;
  std::int64_t time = const_cast<ApiWorld&>(world).executor.clock().now().value;
  for (const std::string_view line : lines) {
    values += fmt::format("{}[\"{}\",\"{}\"]", values.empty() ? "" : ",", time++, line);
  }
  return fmt::format(R"({{"streams":[{{"stream":{{"app":"a","service_name":"a"}},"values":[{}]}}]}})", values);
}

// PushRequest{streams{labels, entries{timestamp{seconds}, line}}}.
std::string protobuf_body(std::string_view line) {
  const auto field = [](char tag, std::string_view bytes) {
    return std::string(1, tag) + static_cast<char>(bytes.size()) + std::string(bytes);
  };
  const std::string entry = field(0x0a, "\x08\x80\xa0\xa0\xd5\x06") + field(0x12, line);
  return field(0x0a, field(0x0a, R"({app="p", service_name="p"})") + field(0x12, entry));
}

TEST(LokiPush, JsonIsStoredAndAnsweredWith204) {
  for (const char* path : {"/loki/api/v1/push", "/api/prom/push"}) {
    ApiWorld world;
    const std::string body = json_body(world, {"one", "two"});
    const Answer answer = world.ask("POST", path, body, kJson);
    EXPECT_EQ(answer.status, 204U) << answer.body;
    ASSERT_EQ(world.sink.appended.size(), 1U);
    const core::AppendRequest& request = world.sink.appended[0];
    EXPECT_EQ(request.tenant, core::TenantId::default_tenant());
    EXPECT_EQ(request.body.protocol, core::Protocol::kLokiJson);
    EXPECT_EQ(request.body.encoding, core::ContentEncoding::kIdentity);
    EXPECT_EQ(*request.body.bytes, body);
    EXPECT_EQ(request.arrival, world.executor.clock().now());
    ASSERT_EQ(request.batch.records.size(), 2U);
    EXPECT_EQ(request.batch.records[1].line, "two");
  }
}

TEST(LokiPush, EncodingsAndWhatTheJournalKeeps) {
  ApiWorld world;
  const std::string json = json_body(world, {"x"});
  const std::string snappy = codec::compress(Compression::kSnappyBlock, protobuf_body("pb"));
  struct Row {
    std::string body;
    std::string type;
    std::string encoding;
    core::Protocol protocol;
    core::ContentEncoding kept;
  };
  const Row rows[] = {
      {codec::compress(Compression::kGzip, json), "application/json", "gzip", core::Protocol::kLokiJson,
       core::ContentEncoding::kGzip},
      {codec::compress(Compression::kDeflate, json), "application/json", "deflate", core::Protocol::kLokiJson,
       core::ContentEncoding::kDeflate},
      {json, "application/json", "snappy", core::Protocol::kLokiJson, core::ContentEncoding::kIdentity},
      {snappy, "application/x-protobuf", "", core::Protocol::kLokiProtobuf, core::ContentEncoding::kSnappyBlock},
      {snappy, "", "snappy", core::Protocol::kLokiProtobuf, core::ContentEncoding::kSnappyBlock},
      {codec::compress(Compression::kGzip, snappy), "application/x-protobuf", "gzip", core::Protocol::kLokiProtobuf,
       core::ContentEncoding::kSnappyBlock},
  };
  for (const Row& row : rows) {
    ApiWorld::Headers headers;
    if (!row.type.empty()) headers.emplace_back("Content-Type", row.type);
    if (!row.encoding.empty()) headers.emplace_back("Content-Encoding", row.encoding);
    const Answer answer = world.ask("POST", "/loki/api/v1/push", row.body, headers);
    ASSERT_EQ(answer.status, 204U) << row.type << row.encoding << answer.body;
    const core::EncodedBody& kept = world.sink.appended.back().body;
    EXPECT_EQ(kept.protocol, row.protocol);
    EXPECT_EQ(kept.encoding, row.kept);
    // What the journal replays must give the same records again.
    const auto replayed = world.decoder.decode(kept, {world.sink.appended.back().arrival, nullptr});
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    ASSERT_EQ(replayed->records.size(), 1U);
    EXPECT_EQ(replayed->records[0].line, world.sink.appended.back().batch.records[0].line);
  }
}

TEST(LokiPush, MalformedBodiesAre400AndNothingIsStored) {
  ApiWorld world;
  const std::string json = json_body(world, {"x"});
  const std::string gzip = codec::compress(Compression::kGzip, json);
  const std::pair<std::string, ApiWorld::Headers> rows[] = {
      {json.substr(0, json.size() - 5), kJson},
      {"hello", kJson},
      {"", kJson},
      {std::string(50, '\x0f'), {{"Content-Type", "application/x-protobuf"}}},
      {json, with(kJson, "Content-Encoding", "br")},
      {gzip.substr(0, gzip.size() - 10), with(kJson, "Content-Encoding", "gzip")},
      {json, with(kJson, "Content-Encoding", "gzip")},
      {gzip, kJson},
  };
  for (const auto& [body, headers] : rows) {
    const Answer answer = world.ask("POST", "/loki/api/v1/push", body, headers);
    EXPECT_EQ(answer.status, 400U) << answer.body;
    EXPECT_GT(answer.body.size(), 10U);
    EXPECT_EQ(answer.headers.get("Content-Type"), "text/plain; charset=utf-8");
  }
  EXPECT_TRUE(world.sink.appended.empty());
}

TEST(LokiPush, NothingToStoreIs422) {
  ApiWorld world;
  const Answer answer = world.ask("POST", "/loki/api/v1/push", R"({"streams":[]})", kJson);
  EXPECT_EQ(answer.status, 422U);
  EXPECT_EQ(answer.body, "error at least one valid stream is required for ingestion\n");
}

TEST(LokiPush, GoodRecordsAreStoredBesideBadOnes) {
  ApiOptions options;
  options.limits.line_bytes_max = 10;
  ApiWorld world(options);
  const Answer answer =
      world.ask("POST", "/loki/api/v1/push", json_body(world, {"good", "much too long", "fine"}), kJson);
  EXPECT_EQ(answer.status, 400U);
  EXPECT_NE(answer.body.find("max entry size '10' bytes exceeded"), std::string::npos) << answer.body;
  ASSERT_EQ(world.sink.appended.size(), 1U);
  EXPECT_EQ(world.sink.appended[0].batch.records.size(), 2U);
  EXPECT_EQ(world.sink.appended[0].refused, std::vector<std::uint32_t>{1});
  // All bad: nothing reaches the store.
  EXPECT_EQ(world.ask("POST", "/loki/api/v1/push", json_body(world, {"all of it too long"}), kJson).status, 400U);
  EXPECT_EQ(world.sink.appended.size(), 1U);
  EXPECT_NE(world.metrics.prometheus_text().find("cordwood_push_refused_records_total{protocol=\"loki_json\"} 2"),
            std::string::npos);
}

TEST(LokiPush, DecompressedSizeOverTheLimitIs413) {
  ApiOptions options;
  options.limits.body_decompressed_bytes_max = 1 << 20;
  ApiWorld world(options);
  const std::string bomb = codec::compress(Compression::kGzip, std::string(50 << 20, ' '));
  EXPECT_EQ(world.ask("POST", "/loki/api/v1/push", bomb, with(kJson, "Content-Encoding", "gzip")).status, 413U);
  EXPECT_EQ(world.ask("POST", "/loki/api/v1/push", bomb, {{"Content-Encoding", "gzip"}}).status, 413U);
  EXPECT_EQ(world.ask("POST", "/loki/api/v1/push", std::string(2 << 20, ' '), kJson).status, 413U);
  EXPECT_TRUE(world.sink.appended.empty());
}

TEST(LokiPush, NotDurableNowIs503WithRetryAfter) {
  for (const base::Status& error :
       {base::unavailable_error("the disk is full"), base::resource_exhausted_error("head")}) {
    ApiWorld world;
    world.sink.error = error;
    const Answer answer = world.ask("POST", "/loki/api/v1/push", json_body(world, {"x"}), kJson);
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(answer.headers.get("Retry-After"), "2");
    EXPECT_EQ(answer.body, std::string(base::message_of(error)) + "\n");
  }
}

TEST(LokiPush, LargeBodiesAreDecodedToo) {
  ApiWorld world;
  const std::string line(3 << 20, 'L');
  EXPECT_EQ(world.ask("POST", "/loki/api/v1/push", json_body(world, {line}), kJson).status, 204U);
  EXPECT_EQ(world.sink.appended.at(0).batch.records.at(0).line, line);
}

TEST(LokiPush, TenantsComeFromTheHeaderOnlyWhenSwitchedOn) {
  ApiWorld off;
  EXPECT_EQ(off.ask("POST", "/loki/api/v1/push", json_body(off, {"x"}), with(kJson, "X-Scope-OrgID", "../a")).status,
            204U);
  EXPECT_EQ(off.sink.appended.at(0).tenant, core::TenantId::default_tenant());
  ApiOptions options;
  options.tenants = true;
  ApiWorld on(options);
  const Answer missing = on.ask("POST", "/loki/api/v1/push", json_body(on, {"x"}), kJson);
  EXPECT_EQ(missing.status, 401U);
  EXPECT_EQ(missing.body, "no org id");
  EXPECT_EQ(on.ask("POST", "/loki/api/v1/push", json_body(on, {"x"}), with(kJson, "X-Scope-OrgID", "../a")).status,
            400U);
  EXPECT_TRUE(on.sink.appended.empty());
  EXPECT_EQ(on.ask("POST", "/loki/api/v1/push", json_body(on, {"x"}), with(kJson, "x-scope-orgid", "team-a")).status,
            204U);
  EXPECT_EQ(on.sink.appended.at(0).tenant.value, "team-a");
}

// --- the agent -----------------------------------------------------------------------------------------------------

struct NativePush {
  explicit NativePush(core::UnixNanos now) {
    source.id.host = "web-1";
    source.id.generation = {{1, 2}};
    source.path = "/var/log/x.log";
    source.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"job", "x"}});
    native::SliceBuilder builder;
    builder.start({.offset = 0, .hash = base::hash128("")}, 1);
    builder.add("hello", 0, now, core::RecordFlags::make(core::LineEnd::kLf, core::TimeOrigin::kRead));
    slice = builder.finish({.offset = 6, .hash = base::hash128("hello\n")});
    const native::PushPart part{&source, &slice};
    body = native::encode_push({{3, 4}}, 7, "web-1", std::span(&part, 1));
  }
  core::SourceInfo source;
  native::EncodedSlice slice;
  std::string body;
};

TEST(NativePushApi, VerdictsAre200) {
  ApiOptions options;
  options.tenants = true;
  ApiWorld world(options);
  world.sink.answer.verdicts = {core::SliceStored{.mark = {.offset = 6, .hash = {8, 9}}}};
  const NativePush push(world.executor.clock().now());
  const std::string zstd = codec::compress(Compression::kZstd, push.body);
  const Answer answer =
      world.ask("POST", "/api/v1/push", zstd,
                {{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "zstd"}, {"X-Scope-OrgID", "t"}});
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const auto verdicts = native::decode_push_answer(answer.body);
  ASSERT_TRUE(verdicts.ok());
  ASSERT_EQ(verdicts->size(), 1U);
  EXPECT_EQ(std::get<core::SliceStored>(verdicts->at(0)).mark.offset, 6U);
  ASSERT_EQ(world.sink.appended.size(), 1U);
  const core::AppendRequest& request = world.sink.appended[0];
  EXPECT_EQ(request.tenant.value, "t");
  EXPECT_EQ(request.body.encoding, core::ContentEncoding::kZstd);
  EXPECT_EQ(*request.body.bytes, zstd);
  EXPECT_EQ(request.batch.agent_epoch, 7U);
  ASSERT_EQ(request.batch.sources.size(), 1U);
  EXPECT_EQ(request.batch.sources[0].id.tenant.value, "t");
  EXPECT_EQ(request.batch.records.at(0).line, "hello");
}

TEST(NativePushApi, ErrorsOfTheWholeRequest) {
  ApiWorld world;
  const NativePush push(world.executor.clock().now());
  EXPECT_EQ(world.ask("POST", "/api/v1/push", std::string(64, '\xff')).status, 400U);
  EXPECT_EQ(world.ask("POST", "/api/v1/push", push.body, {{"Content-Encoding", "zstd"}}).status, 400U);
  EXPECT_TRUE(world.sink.appended.empty());
  world.sink.error = base::failed_precondition_error("epoch 7 is not the agent's, greet again");
  const Answer stale = world.ask("POST", "/api/v1/push", push.body);
  EXPECT_EQ(stale.status, 409U);
  EXPECT_TRUE(stale.body.starts_with("epoch"));
  world.sink.error = base::unavailable_error("disk full");
  const Answer later = world.ask("POST", "/api/v1/push", push.body);
  EXPECT_EQ(later.status, 503U);
  EXPECT_TRUE(later.headers.has("Retry-After"));
}

TEST(NativeHello, AnswersAndFillsTheTenantIn) {
  ApiWorld world;
  world.sink.hello_answer = {.installation = {{1, 1}}, .epoch = 5, .draw_new_agent_id = false, .server_time = {77}};
  const core::AgentHello hello{.tenant = {}, .host = "web-1", .agent = {{2, 2}}, .saved_epoch = 4, .nonce = {3, 3}};
  const Answer answer = world.ask("POST", "/api/v1/hello", native::encode_hello(hello));
  ASSERT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.headers.get("Content-Type"), native::kContentType);
  const auto decoded = native::decode_hello_answer(answer.body);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->epoch, 5U);
  ASSERT_EQ(world.sink.greeted.size(), 1U);
  EXPECT_EQ(world.sink.greeted[0].tenant, core::TenantId::default_tenant());
  EXPECT_EQ(world.sink.greeted[0].host, "web-1");
  EXPECT_EQ(world.ask("POST", "/api/v1/hello", "\xff\xff").status, 400U);
  EXPECT_EQ(world.ask("GET", "/api/v1/hello").status, 405U);
}

TEST(NativeSources, AnswersForOneHost) {
  ApiWorld world;
  const NativePush push(world.executor.clock().now());
  world.sink.states = {{.info = push.source, .mark = {.offset = 6, .hash = {1, 1}}}};
  const Answer answer =
      world.ask("POST", "/api/v1/sources", native::encode_sources({.host = "web-1", .only = {{{1, 2}}}}));
  ASSERT_EQ(answer.status, 200U);
  const auto states = native::decode_sources_answer(answer.body);
  ASSERT_TRUE(states.ok());
  EXPECT_EQ(states->at(0).mark.offset, 6U);
  EXPECT_EQ(world.sink.asked, (std::pair<std::string, std::string>("default", "web-1")));
  EXPECT_EQ(world.sink.asked_only.size(), 1U);
}

}  // namespace
}  // namespace cordwood::api

#include "ingest/native/messages.h"

#include <gtest/gtest.h>

namespace cordwood::ingest::native {
namespace {

core::AgentHello some_hello() {
  core::AgentHello hello;
  hello.host = "web-17";
  hello.agent = {{1, 2}};
  hello.saved_epoch = 7;
  hello.nonce = {3, 4};
  return hello;
}

core::SourceState some_state() {
  core::SourceState state;
  state.info.id.generation = {{5, 6}};
  state.info.path = "/var/log/app.log";
  state.info.labels = std::make_shared<const core::Labels>(
      std::vector<core::Label>{{"file", "/var/log/app.log"}, {"note", "a \"quoted\" \\ value"}});
  state.info.ladder = {{64, {7, 8}}, {1024, {9, 10}}};
  state.info.unit = core::PositionUnit::kRecords;
  state.info.base = {11, {12, 13}};
  state.mark = {14, {15, 16}};
  return state;
}

std::vector<core::SliceVerdict> some_verdicts() {
  return {core::SliceStored{{100, {1, 2}}}, core::SliceAt{{50, {3, 4}}}, core::SliceWait{30, "rate limit"},
          core::SliceRefused{77, "line too long"}};
}

TEST(NativeMessages, HelloRoundTrips) {
  const auto decoded = decode_hello(encode_hello(some_hello()));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->host, "web-17");
  EXPECT_EQ(decoded->agent, some_hello().agent);
  EXPECT_EQ(decoded->saved_epoch, 7U);
  EXPECT_EQ(decoded->nonce, some_hello().nonce);
}

TEST(NativeMessages, HelloWithoutAnIdIsRefusedByName) {
  const auto decoded = decode_hello(std::string_view("\x12\x01h", 3));
  ASSERT_FALSE(decoded.ok());
  EXPECT_NE(base::message_of(decoded.status()).find("agent_id"), std::string_view::npos) << decoded.status();
}

TEST(NativeMessages, HelloWithAShortIdIsRefused) {
  const auto decoded = decode_hello(std::string_view("\x0a\x02hi", 4));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(base::message_of(decoded.status()), "hello field agent_id: has 2 bytes, wanted 16");
}

TEST(NativeMessages, ACutOffFlagIsMalformed) {
  // The tag of a flag and nothing after it; a string of its own, so that a sanitizer sees a read behind its end.
  const std::string bytes(1, '\x18');
  EXPECT_EQ(decode_hello_answer(bytes).status().code(), base::StatusCode::kInvalidArgument);
}

TEST(NativeMessages, HelloAnswerRoundTrips) {
  core::HelloAnswer answer;
  answer.installation = {{1, 2}};
  answer.epoch = 9;
  answer.draw_new_agent_id = true;
  answer.server_time = {-5};
  const auto decoded = decode_hello_answer(encode_hello_answer(answer));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->installation, answer.installation);
  EXPECT_EQ(decoded->epoch, 9U);
  EXPECT_TRUE(decoded->draw_new_agent_id);
  EXPECT_EQ(decoded->server_time, answer.server_time);
}

TEST(NativeMessages, SourcesRoundTrip) {
  const auto request = decode_sources(encode_sources({"h", {{{1, 2}}, {{3, 4}}}}));
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->host, "h");
  ASSERT_EQ(request->only.size(), 2U);
  EXPECT_EQ(request->only[1], (core::GenerationId{{3, 4}}));

  const core::SourceState state = some_state();
  const auto states = decode_sources_answer(encode_sources_answer({state, state}));
  ASSERT_TRUE(states.ok()) << states.status();
  ASSERT_EQ(states->size(), 2U);
  const core::SourceState& read = (*states)[1];
  EXPECT_EQ(read.info.id.generation, state.info.id.generation);
  EXPECT_EQ(read.info.path, state.info.path);
  EXPECT_EQ(*read.info.labels, *state.info.labels);
  EXPECT_EQ(read.info.ladder, state.info.ladder);
  EXPECT_EQ(read.info.unit, state.info.unit);
  EXPECT_EQ(read.info.base, state.info.base);
  EXPECT_EQ(read.mark, state.mark);
}

TEST(NativeMessages, PushAnswerRoundTrips) {
  const auto decoded = decode_push_answer(encode_push_answer(some_verdicts()));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  ASSERT_EQ(decoded->size(), 4U);
  EXPECT_EQ(std::get<core::SliceStored>((*decoded)[0]).mark, (core::Mark{100, {1, 2}}));
  EXPECT_EQ(std::get<core::SliceAt>((*decoded)[1]).mark, (core::Mark{50, {3, 4}}));
  EXPECT_EQ(std::get<core::SliceWait>((*decoded)[2]).seconds, 30U);
  EXPECT_EQ(std::get<core::SliceWait>((*decoded)[2]).reason, "rate limit");
  EXPECT_EQ(std::get<core::SliceRefused>((*decoded)[3]).offset, 77U);
  EXPECT_EQ(std::get<core::SliceRefused>((*decoded)[3]).reason, "line too long");
}

// A verdict `stored` without a mark would move the agent's position to nowhere.
TEST(NativeMessages, StoredWithoutAMarkIsRefused) {
  EXPECT_FALSE(decode_push_answer(std::string_view("\x0a\x02\x08\x00", 4)).ok());
}

TEST(NativeMessages, UnknownFieldsAreSkipped) {
  std::string body = encode_hello(some_hello());
  body += std::string(
      "\xfa\x01\x03"
      "abc"
      "\x80\x02\x05",
      9);  // field 31 bytes, field 32 varint
  EXPECT_TRUE(decode_hello(body).ok());
}

// Every truncation and every changed byte either decodes or is refused; the sanitizers watch.
TEST(NativeMessages, DamagedBodiesNeverCrash) {
  const std::string bodies[] = {encode_hello(some_hello()), encode_hello_answer({{{1, 2}}, 3, false, {4}}),
                                encode_sources({"h", {{{1, 2}}}}), encode_sources_answer({some_state()}),
                                encode_push_answer(some_verdicts())};
  const auto decode_all = [](std::string_view body) {
    (void)decode_hello(body);
    (void)decode_hello_answer(body);
    (void)decode_sources(body);
    (void)decode_sources_answer(body);
    (void)decode_push_answer(body);
  };
  for (const std::string& body : bodies) {
    for (std::size_t n = 0; n < body.size(); ++n) {
      decode_all(std::string_view(body).substr(0, n));
      for (const int change : {0x01, 0x08, 0x80, 0xff}) {
        std::string damaged = body;
        damaged[n] = static_cast<char>(damaged[n] ^ change);
        decode_all(damaged);
      }
    }
  }
}

}  // namespace
}  // namespace cordwood::ingest::native

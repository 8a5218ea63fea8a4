#include "api/query_cursor.h"

#include <gtest/gtest.h>

#include "api/base64.h"

namespace cordwood::api {
namespace {

QueryCursor sample() {
  return {.direction = core::Direction::kForward,
          .after = {.time = {-1'234'567'890'123'456'789},
                    .stream = {{0x0123456789abcdef, 0xfedcba9876543210}},
                    .generation = {{7, 0xffffffffffffffff}},
                    .offset = 0x8000000000000001}};
}

TEST(QueryCursor, RoundTrips) {
  for (const core::Direction direction : {core::Direction::kForward, core::Direction::kBackward}) {
    QueryCursor cursor = sample();
    cursor.direction = direction;
    const auto read = decode_cursor(encode_cursor(cursor));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->direction, direction);
    EXPECT_EQ(read->after, cursor.after);
  }
  EXPECT_EQ(
      encode_cursor(sample()).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
}

TEST(QueryCursor, AnyChangeOrCutIsRefused) {
  const std::string text = encode_cursor(sample());
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(decode_cursor(text.substr(0, i)).ok()) << i;
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(decode_cursor(changed).ok()) << i;
  }
  EXPECT_FALSE(decode_cursor(text + "A").ok());
  EXPECT_FALSE(decode_cursor(text + "==").ok());
  EXPECT_FALSE(decode_cursor(std::string(1 << 20, 'A')).ok());
  EXPECT_EQ(decode_cursor("x").status().code(), base::StatusCode::kInvalidArgument);
}

TEST(Base64, KnownValuesAndEveryLength) {
  std::string padded;
  append_base64(padded, "foob");
  EXPECT_EQ(padded, "Zm9vYg==");  // RFC 4648, 10
  EXPECT_EQ(base64url("\xfb\xff"), "-_8");
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64url(base64url(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(decode_base64url("A"), std::nullopt);
  EXPECT_EQ(decode_base64url("-_9"), std::nullopt);  // stray bits
  EXPECT_EQ(decode_base64url("A+=="), std::nullopt);
}

}  // namespace
}  // namespace cordwood::api

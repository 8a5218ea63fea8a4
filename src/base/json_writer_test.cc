#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

namespace cordwood::base {
namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

const std::string kReplacement = "\xEF\xBF\xBD";

TEST(JsonStringTest, EscapesWhatJsonForbidsAndNothingElse) {
  EXPECT_EQ(json_of(""), R"("")");
  EXPECT_EQ(json_of("plain <>&/'"), R"("plain <>&/'")");
  EXPECT_EQ(json_of("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
  EXPECT_EQ(json_of(std::string("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
}

TEST(JsonStringTest, KeepsValidUtf8) {
  // U+0080, U+07FF, U+0800, U+D7FF, U+E000, U+FFFF, U+10000, U+10FFFF: the ends of each range.
  const std::string text =
      "\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF";
  EXPECT_EQ(json_of(text), "\"" + text + "\"");
  EXPECT_TRUE(is_valid_utf8(text));
}

TEST(JsonStringTest, ReplacesEachInvalidByte) {
  const std::string& r = kReplacement;
  EXPECT_EQ(json_of("a\x80z"), "\"a" + r + "z\"");
  EXPECT_EQ(json_of("\xC0\xAF"), "\"" + r + r + "\"");                  // overlong
  EXPECT_EQ(json_of("\xE0\x80\x80"), "\"" + r + r + r + "\"");          // overlong
  EXPECT_EQ(json_of("\xED\xA0\x80"), "\"" + r + r + r + "\"");          // a surrogate
  EXPECT_EQ(json_of("\xF4\x90\x80\x80"), "\"" + r + r + r + r + "\"");  // beyond U+10FFFF
  EXPECT_EQ(json_of("\xF0\x8F\xBF\xBF"), "\"" + r + r + r + r + "\"");  // overlong
  EXPECT_EQ(json_of("\xFF\xFE"), "\"" + r + r + "\"");
  EXPECT_EQ(json_of("\xE4\xB8"), "\"" + r + r + "\"");  // cut short at the end
  EXPECT_EQ(json_of("\xE4\xB8z\xC3\xA4"), "\"" + r + r + "z\xC3\xA4\"");
}

// The slow and obvious definition: decode a code point at a time.
bool valid_by_definition(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t length = 1;
    std::uint32_t point = lead;
    if (lead >= 0x80) {
      length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
      if (lead < 0xC0 || lead >= 0xF8 || i + length > text.size()) return false;
      point = lead & (0x7FU >> length);
      for (std::size_t k = 1; k < length; ++k) {
        const auto next = static_cast<unsigned char>(text[i + k]);
        if ((next & 0xC0) != 0x80) return false;
        point = point << 6 | (next & 0x3FU);
      }
    }
    const std::size_t needed = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (needed != length || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    i += length;
  }
  return true;
}

TEST(JsonStringTest, ValidityAgreesWithTheDefinition) {
  for (unsigned lead = 0; lead < 256; ++lead) {
    for (unsigned second = 0; second < 256; ++second) {
      for (const char* tail : {"", "\x80", "\xBF", "\x80\x80", "\xBF\xBF", "z"}) {
        const std::string text = std::string{static_cast<char>(lead), static_cast<char>(second)} + tail;
        ASSERT_EQ(is_valid_utf8(text), valid_by_definition(text)) << lead << " " << second;
      }
    }
  }
}

TEST(JsonWriterTest, PlacesCommas) {
  std::string out = "x=";
  JsonWriter json(out);
  json.begin_object().key("a").begin_array().number(1).number(2).begin_object().end_object().begin_array().end_array();
  json.end_array().key("b").string("s\n").key("c").null().key("d").boolean(true).key("e").boolean(false);
  json.key("f").raw("[1]").key("g").begin_object().key("h").number(-1).end_object().end_object();
  EXPECT_EQ(out, R"(x={"a":[1,2,{},[]],"b":"s\n","c":null,"d":true,"e":false,"f":[1],"g":{"h":-1}})");
}

TEST(JsonWriterTest, Numbers) {
  const auto written = [](auto value) {
    std::string out;
    JsonWriter(out).number(value);
    return out;
  };
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(100.0), "100");
  EXPECT_EQ(written(std::nan("")), "null");
  EXPECT_EQ(written(-std::numeric_limits<double>::infinity()), "null");
  for (const double value : {1e300, 5e-324, 1.0 / 3, 123456789.123456789, -0.5}) {
    EXPECT_EQ(std::strtod(written(value).c_str(), nullptr), value);
  }
}

}  // namespace
}  // namespace cordwood::base

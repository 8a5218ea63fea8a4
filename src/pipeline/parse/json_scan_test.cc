#include "pipeline/parse/json_scan.h"

#include <gtest/gtest.h>

#include <vector>

namespace cordwood::pipeline {
namespace {

// "key:type:text;..." and the error's text at the end.
std::string members(std::string_view text) {
  JsonObjectScanner scanner(text);
  std::string_view key;
  JsonValue value;
  std::string out;
  while (scanner.next(key, value)) {
    out += std::string(key) + ":" + "SNOABN"[static_cast<int>(value.type)] + ":" + std::string(value.text) + ";";
  }
  return out + std::string(json_error_text(scanner.error()));
}

TEST(JsonScan, Members) {
  EXPECT_EQ(members(R"({"a":"x","b":1.50e3,"c":{"d":[1]},"e":[{}],"f":true,"g":null})"),
            R"(a:S:x;b:N:1.50e3;c:O:{"d":[1]};e:A:[{}];f:B:true;g:N:null;)");
  EXPECT_EQ(members("{}"), "");
  EXPECT_EQ(members(" \n{ } rest"), "");
  EXPECT_EQ(members(R"({"a\"\u0062":"x"})"), "a\"b:S:x;");
}

TEST(JsonScan, IsAsLenientAsLoki) {
  EXPECT_EQ(members(R"({"a":1,})"), "a:N:1;");
  EXPECT_EQ(members(R"({"a":1} trailing)"), "a:N:1;");
  EXPECT_EQ(members(R"({"a":12abc})"), "a:N:12abc;");
}

TEST(JsonScan, Errors) {
  constexpr std::string_view kObject = "Value looks like object, but can't find closing '}' symbol";
  EXPECT_EQ(members("x"), kObject);
  EXPECT_EQ(members(""), kObject);
  EXPECT_EQ(members("{n}"), kObject);
  EXPECT_EQ(members("{"), "Malformed JSON error");
  EXPECT_EQ(members(R"({"a)"), "Malformed JSON error");
  EXPECT_EQ(members(R"({"a":)"), "Malformed JSON error");
  EXPECT_EQ(members(R"({"a":"x)"), "Value is string, but can't find closing '\"' symbol");
  EXPECT_EQ(members(R"({"a":[1)"), "Value is array, but can't find closing ']' symbol");
  EXPECT_EQ(members(R"({"a":{"b":1)"), kObject);
  EXPECT_EQ(members(R"({"a":1)"), "a:N:1;Value is array, but can't find closing ']' symbol");
  EXPECT_EQ(members(R"({"a":yes})"), "Unknown value type");
  EXPECT_EQ(members(R"({"a":1 "b":2})"), std::string("a:N:1;") + std::string(kObject));
  EXPECT_EQ(members(R"({"a\x":1})"), "Encountered an invalid escape sequence in a string");
}

// Every prefix of a document ends in an error or an end, and no view reaches beyond the text.
TEST(JsonScan, TruncatedAnywhere) {
  const std::string text = R"({"a":"x\"\\","b":{"c":[1,{"d":"é"}]},"e":-1.5,"f":false} )";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string cut = text.substr(0, length);  // its own allocation, so that asan sees a read beyond
    members(cut);
  }
}

TEST(JsonScan, Unescape) {
  std::string buffer;
  EXPECT_EQ(unescape_json("plain", buffer), "plain");
  EXPECT_EQ(unescape_json(R"(a\n\t\"\\\/\u00e4\ud83d\ude00)", buffer), "a\n\t\"\\/ä😀");
  for (const char* bad : {R"(\x)", R"(\u12)", R"(\ud83d)", R"(\ud83dx)", R"(\ud83d\u0041)", "\\"}) {
    EXPECT_FALSE(unescape_json(bad, buffer).has_value()) << bad;
  }
  EXPECT_EQ(json_label_value("a\xff\\u0041", buffer), "a A");
  EXPECT_EQ(json_label_value("\\x", buffer), "");
}

TEST(JsonScan, Arrays) {
  JsonArrayScanner scanner(R"( [1, "a,b", {"c":[2]}, null] )");
  JsonValue value;
  std::vector<std::string_view> texts;
  while (scanner.next(value)) texts.push_back(value.text);
  EXPECT_EQ(texts, (std::vector<std::string_view>{"1", "a,b", R"({"c":[2]})", "null"}));
  JsonArrayScanner empty("[ ]");
  EXPECT_FALSE(empty.next(value));
}

}  // namespace
}  // namespace cordwood::pipeline

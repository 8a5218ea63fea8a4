#include "pipeline/detect/level.h"

#include <gtest/gtest.h>

namespace cordwood::pipeline {
namespace {

TEST(Level, Words) {
  EXPECT_EQ(level_from_words("an Error: x"), "error");
  EXPECT_EQ(level_from_words("(WARN) x info"), "warn");
  EXPECT_EQ(level_from_words("misc:error /error-x error_y xerror errors"), "unknown");
  EXPECT_EQ(level_from_words("error"), "error");
  EXPECT_EQ(level_from_words(""), "unknown");
  EXPECT_EQ(level_from_words("a|FATAL|b"), "fatal");
}

TEST(Level, OrderOfSources) {
  const LevelDetector detector;
  const core::Labels stream(std::vector<core::Label>{{"level", "WARNING"}});
  const core::Labels none;
  const std::vector<core::MetadataPair> metadata = {{"severity", "Err"}, {"severity_number", "9"}};
  const std::vector<core::MetadataPair> number = {{"severity_number", "17"}};
  EXPECT_EQ(detector.detect(&stream, metadata, "debug"), "warn");
  EXPECT_EQ(detector.detect(&none, metadata, "debug"), "error");
  EXPECT_EQ(detector.detect(nullptr, number, "debug"), "error");
  EXPECT_EQ(detector.detect(nullptr, {}, "debug"), "debug");
  const core::Labels custom(std::vector<core::Label>{{"level", "audit"}});
  EXPECT_EQ(detector.detect(&custom, {}, ""), "audit");
}

TEST(Level, FromFields) {
  const LevelDetector detector;
  EXPECT_EQ(detector.detect_from_line(R"({"msg":"an error","a":{"level":"INFO"}})"), "info");
  EXPECT_EQ(detector.detect_from_line(R"({"msg":"an error","level":"custom"})"), "error");
  EXPECT_EQ(detector.detect_from_line("msg=\"an error\" level=dbg"), "debug");
  EXPECT_EQ(detector.value_from_json(R"({"a":{"level":"x"},"level":"y"})", 1), "y");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  EXPECT_EQ(detector.value_from_json(deep + std::string(100000, '}'), 0), "");
}

}  // namespace
}  // namespace cordwood::pipeline

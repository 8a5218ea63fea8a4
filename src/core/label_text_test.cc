#include <gtest/gtest.h>

#include "core/labels.h"

namespace cordwood::core {
namespace {

std::string round(std::string_view text) {
  const base::StatusOr<Labels> labels = parse_labels(text);
  return labels.ok() ? labels->to_text() : "error: " + std::string(base::message_of(labels.status()));
}

TEST(LabelTextTest, SortsAndNormalises) {
  EXPECT_EQ(round("{}"), "{}");
  EXPECT_EQ(round(" { b = \"2\" ,a=`1` } "), "{a=\"1\", b=\"2\"}");
  EXPECT_EQ(round("{a=\"1\",}"), "{a=\"1\"}");
  EXPECT_EQ(round("{a=\"x\\\"y\\n\"}"), "{a=\"x\\\"y\\n\"}");
}

TEST(LabelTextTest, EmptyValuesAreNoLabels) {
  EXPECT_EQ(round("{a=\"\", b=\"1\", c=\"\"}"), "{b=\"1\"}");
  EXPECT_EQ(round("{a=\"\"}"), "{}");
  EXPECT_EQ(round("{a=\"\" b=\"1\"}"), "error: expected ',' or '}' at offset 6");
}

TEST(LabelTextTest, BadTextNamesTheOffset) {
  EXPECT_EQ(round(""), "error: expected '{' at offset 0");
  EXPECT_EQ(round("{a}"), "error: expected '=' at offset 2");
  EXPECT_EQ(round("{a=1}"), "error: expected a quoted string at offset 3");
  EXPECT_EQ(round("{1a=\"1\"}").substr(0, 28), "error: expected a label name");
  EXPECT_EQ(round("{,}").substr(0, 28), "error: expected a label name");
  EXPECT_EQ(round("{a=\"1\""), "error: expected ',' or '}' at offset 6");
  EXPECT_EQ(round("{a=\"1\"} x"), "error: unexpected text after '}' at offset 8");
  EXPECT_EQ(round("{a=\"1"), "error: expected a quoted string at offset 3");
}

// Any truncation of a good text is an error, never a shorter set of labels.
TEST(LabelTextTest, TruncatedTextFails) {
  const std::string text = "{job=\"a\\tb\", host=`c`}";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_labels(std::string_view(text).substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace cordwood::core

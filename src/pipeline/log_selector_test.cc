#include "pipeline/log_selector.h"

#include <gtest/gtest.h>

namespace cordwood::pipeline {
namespace {

const core::Labels kStream({{"env", "dev"}, {"job", "nginx"}});

std::shared_ptr<const core::RecordSelector> compiled(std::string_view query) {
  auto selector = LogSelectorCompiler().compile(query);
  EXPECT_TRUE(selector.ok()) << selector.status();
  return selector.ok() ? *selector : nullptr;
}

TEST(LogSelector, PicksStreams) {
  EXPECT_TRUE(compiled(R"({job="nginx"})")->matches(kStream));
  EXPECT_TRUE(compiled(R"({job=~"ng.*", env!="prod", no=""})")->matches(kStream));
  EXPECT_FALSE(compiled(R"({job=~"ng"})")->matches(kStream)) << "a regex matches the whole value";
  EXPECT_FALSE(compiled(R"({job="nginx", env!~"d.v"})")->matches(kStream));
  EXPECT_TRUE(compiled(R"({job="nginx"})")->picks_whole_streams());
}

TEST(LogSelector, PicksRecordsByLineAndLabels) {
  const auto lines = compiled(R"({job="nginx"} |= "secret" != "public")");
  EXPECT_FALSE(lines->picks_whole_streams());
  const auto picker = lines->picker(kStream);
  EXPECT_TRUE(picker->picks({1}, "a secret", {}));
  EXPECT_FALSE(picker->picks({1}, "a public secret", {}));
  const auto labels = compiled(R"({job="nginx"} | logfmt | user="7")");
  EXPECT_TRUE(labels->picker(kStream)->picks({1}, "user=7 x=1", {}));
  EXPECT_FALSE(labels->picker(kStream)->picks({1}, "user=8 x=1", {}));
  const std::vector<core::MetadataPair> metadata = {{"trace", "9"}};
  EXPECT_TRUE(compiled(R"({job="nginx"} | trace="9")")->picker(kStream)->picks({1}, "x", metadata));
}

TEST(LogSelector, RefusesWhatIsNoSelection) {
  for (const char* query :
       {"", "nginx", R"({job="nginx"} | line_format "x")", R"(count_over_time({a="b"}[1m]))", R"({job=~"("})"}) {
    EXPECT_EQ(LogSelectorCompiler().compile(query).status().code(), base::StatusCode::kInvalidArgument) << query;
  }
}

}  // namespace
}  // namespace cordwood::pipeline

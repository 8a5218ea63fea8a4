#include "agent/explain.h"

#include <gtest/gtest.h>

#include "agent/simulated_host.h"

namespace cordwood::agent {
namespace {

class ExplainTest : public ::testing::Test, protected SimulatedHost {
 protected:
  std::string explain(const std::string& name) {
    const auto text = explain_file(files_, "/state", "/log/" + name);
    return text.ok() ? *text : std::string(base::message_of(text.status()));
  }
};

TEST_F(ExplainTest, TellsOfTheWholeFamily) {
  append("app.log", "one\ntwo\n");
  start();
  settle();
  rename("app.log", "app.log.1");
  append("app.log", "three\n");
  append("blob.log", std::string("a\0b", 3));
  settle();
  truncate("app.log");
  settle();
  const std::string rotated = explain("app.log.1");
  EXPECT_NE(rotated.find("an older content of /log/app.log\n"), std::string::npos) << rotated;
  EXPECT_NE(rotated.find("finished, in this file\n    acknowledged 8 of 8 bytes seen, 2 lines\n"), std::string::npos)
      << rotated;
  const std::string live = explain("app.log");
  EXPECT_NE(live.find("not read yet: it is empty"), std::string::npos) << live;
  EXPECT_NE(live.find("lost: at least 0 bytes, perhaps more at offset 6 (truncated)"), std::string::npos) << live;
  EXPECT_NE(explain("blob.log").find("not read: "), std::string::npos);
  EXPECT_NE(explain("none.log").find("on the disk: no"), std::string::npos);
}

TEST_F(ExplainTest, WithoutAStateThereIsNothingToTell) {
  EXPECT_FALSE(explain_file(files_, "/state", "/log/app.log").ok());
}

}  // namespace
}  // namespace cordwood::agent

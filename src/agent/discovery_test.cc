#include "agent/discovery.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/notifier.h"

namespace cordwood::agent {
namespace {

namespace fs = std::filesystem;

class DiscoveryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/cordwood-discovery-XXXXXX";
    root_ = ::mkdtemp(name);
  }
  void TearDown() override { fs::remove_all(root_); }
  void touch(const std::string& name, const std::string& text = "x\n") {
    fs::create_directories(fs::path(root_ + "/" + name).parent_path());
    std::ofstream(root_ + "/" + name, std::ios::app) << text;
  }
  ScanResult scan_all(std::vector<std::string> include, std::vector<std::string> exclude = {}) {
    std::vector<Glob> in;
    std::vector<Glob> out;
    for (const auto& pattern : include) in.push_back(*Glob::parse(root_ + "/" + pattern));
    for (const auto& pattern : exclude) out.push_back(*Glob::parse(root_ + "/" + pattern));
    return Discovery(io::system_files(), in, out).scan();
  }
  std::vector<std::string> scan(std::vector<std::string> include, std::vector<std::string> exclude = {}) {
    std::vector<std::string> names;
    for (const FoundFile& file : scan_all(include, exclude).files) names.push_back(file.path.substr(root_.size() + 1));
    return names;
  }
  std::string root_;
};

using Names = std::vector<std::string>;

TEST_F(DiscoveryTest, FindsRotatedSiblingsOfWhatMatches) {
  for (const char* name : {"app.log", "app.log.1", "app.log.2.gz", "app.log.bak", "other.txt", "sub/deep.log"})
    touch(name);
  EXPECT_EQ(scan({"app.log"}), (Names{"app.log", "app.log.1", "app.log.2.gz"}));
  EXPECT_EQ(scan({"*.log"}), (Names{"app.log", "app.log.1", "app.log.2.gz"}));
  EXPECT_EQ(scan({"**/*.log"}), (Names{"app.log", "app.log.1", "app.log.2.gz", "sub/deep.log"}));
  EXPECT_EQ(scan({"**"}, {"sub", "app.log"}), (Names{"app.log.bak", "other.txt"}));
}

TEST_F(DiscoveryTest, FollowsLinksAndEndsLoops) {
  touch("real/app.log");
  fs::create_directory_symlink(root_ + "/real", root_ + "/link");
  fs::create_directory_symlink(root_, root_ + "/real/loop");
  fs::create_symlink(root_ + "/nowhere", root_ + "/dangling.log");
  fs::create_symlink(root_ + "/real/app.log", root_ + "/named.log");
  EXPECT_EQ(scan({"**/*.log"}), (Names{"link/app.log", "named.log"}));
  EXPECT_EQ(scan({"real/app.log"}), (Names{"real/app.log"}));
}

TEST_F(DiscoveryTest, SaysWhatIsMissing) {
  touch("app.log");
  const ScanResult result = scan_all({"missing.log", "app.log", "no*.log"});
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].path, root_ + "/missing.log");
}

TEST_F(DiscoveryTest, PipesAndDirectoriesAreNoFiles) {
  fs::create_directories(root_ + "/dir.log");
  ASSERT_EQ(::mkfifo((root_ + "/fifo.log").c_str(), 0600), 0);
  EXPECT_EQ(scan({"*.log"}), Names{});
}

TEST_F(DiscoveryTest, InotifyTellsOfWritesAndNames) {
  touch("a.log");
  auto made = make_inotify_notifier();
  if (!made.ok()) GTEST_SKIP() << made.status();
  ChangeNotifier& notifier = **made;
  ChangeNotifier::Watched watched = notifier.watch({root_, root_ + "/missing"});
  EXPECT_EQ(watched.failed, 1U);
  EXPECT_EQ(watched.added, 1U);
  watched = notifier.watch({root_});
  EXPECT_EQ(watched.failed, 0U);
  EXPECT_EQ(watched.added, 0U);
  EXPECT_TRUE(notifier.take().modified.empty());
  touch("a.log");
  touch("a.log");
  const auto written = notifier.take();
  EXPECT_EQ(written.modified, Names{root_ + "/a.log"});
  EXPECT_FALSE(written.names);
  fs::rename(root_ + "/a.log", root_ + "/a.log.1");
  EXPECT_TRUE(notifier.take().names);
  EXPECT_FALSE(notifier.take().names);
  notifier.watch({});
  touch("b.log");
  EXPECT_FALSE(notifier.take().names);
}

}  // namespace
}  // namespace cordwood::agent

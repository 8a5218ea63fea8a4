// The agent on the real file system, with inotify and threads: what the simulated tests cannot show.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "agent/agent.h"
#include "agent/fake_server.h"
#include "base/thread_executor.h"

namespace cordwood::agent {
namespace {

namespace fs = std::filesystem;

// FakeServer is not thread-safe, so there is one worker thread.
class RealAgentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/cordwood-agent-XXXXXX";
    root_ = ::mkdtemp(name);
    fs::create_directories(root_ + "/log");
  }
  void TearDown() override {
    stop();
    fs::remove_all(root_);
  }
  void append(const std::string& name, const std::string& text) {
    std::ofstream(root_ + "/log/" + name, std::ios::app | std::ios::binary) << text;
  }
  void start(bool notify) {
    AgentOptions options;
    options.server_url = "http://server";
    options.state_directory = root_ + "/state";
    options.paths = {root_ + "/log"};
    options.tick = std::chrono::milliseconds(5);
    if (notify) {
      options.poll_interval = options.scan_interval = std::chrono::hours(1);
      notifier_ = *make_inotify_notifier();
    } else {
      options.time_scale = 50;
    }
    options.host = "h";
    agent_ =
        *Agent::create(options, {&executor_, &io::system_files(), &server_, &random_, &metrics_, notifier_.get(), {}});
    runner_ = std::thread([this] {
      auto task = agent_->run();
      EXPECT_TRUE(base::sync_wait(executor_, std::move(task)).ok());
    });
  }
  void stop() {
    if (agent_ == nullptr) return;
    agent_->stop();
    runner_.join();
    agent_.reset();
  }
  // Waits until the server has `count` lines of the file; the deadline is only for failures.
  std::vector<std::string> lines(const std::string& name, std::size_t count) {
    std::vector<std::string> found;
    for (int i = 0; i < 4000; ++i) {
      auto task = read_lines(this, name);
      found = base::sync_wait(executor_, std::move(task));
      if (found.size() >= count) return found;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return found;
  }
  static base::Task<std::vector<std::string>> read_lines(RealAgentTest* self, std::string name) {
    co_return self->server_.lines(self->root_ + "/log/" + name);
  }

  std::string root_;
  base::ThreadExecutor executor_{{1, 2, 1.0}};
  FakeServer server_{executor_, 3};
  base::SystemRandom random_;
  base::MetricsRegistry metrics_;
  std::unique_ptr<ChangeNotifier> notifier_;
  std::unique_ptr<Agent> agent_;
  std::thread runner_;
};

using Lines = std::vector<std::string>;

TEST_F(RealAgentTest, HearsOfWritesAndRotationsByInotify) {
  append("app.log", "one\n");
  start(true);
  EXPECT_EQ(lines("app.log", 1), Lines{"one"});
  append("app.log", "two\n");
  EXPECT_EQ(lines("app.log", 2), (Lines{"one", "two"}));
  append("app.log", "three\n");
  fs::rename(root_ + "/log/app.log", root_ + "/log/app.log.1");
  append("app.log", "four\n");
  EXPECT_EQ(lines("app.log", 4), (Lines{"one", "two", "three", "four"}));
  append("new.log", "a\n");
  EXPECT_EQ(lines("new.log", 1), Lines{"a"});
}

TEST_F(RealAgentTest, FindsEverythingByPollingToo) {
  append("app.log", "one\n");
  start(false);
  EXPECT_EQ(lines("app.log", 1), Lines{"one"});
  fs::copy_file(root_ + "/log/app.log", root_ + "/log/app.log.1");
  fs::resize_file(root_ + "/log/app.log", 0);
  append("app.log", "two\n");
  EXPECT_EQ(lines("app.log", 2), (Lines{"one", "two"}));
  stop();
  start(false);
  append("app.log", "three\n");
  EXPECT_EQ(lines("app.log", 3), (Lines{"one", "two", "three"}));
}

}  // namespace
}  // namespace cordwood::agent

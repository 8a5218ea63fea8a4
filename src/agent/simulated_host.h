// For the agent's tests: a host in memory with a log directory, an agent, and a server, under virtual time. A kill -9
// leaves the disk as it is and lets nothing else out of the process.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/fake_server.h"
#include "agent/journal_input.h"
#include "base/sim_executor.h"
#include "io/sim_files.h"

namespace cordwood::agent {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

// As inotify: of one directory, told at once, nothing from before the watch.
class FakeNotifier final : public ChangeNotifier {
 public:
  void begin() {
    watching_ = false;
    changes_ = {};
  }
  void tell(FileEvent event) {
    if (!watching_) return;
    if (event.kind == FileEvent::Kind::kWritten) {
      changes_.modified.push_back(event.path);
    } else {
      changes_.names = true;
    }
    changes_.events.push_back(std::move(event));
  }
  Watched watch(const std::vector<std::string>&) override { return {0, std::exchange(watching_, true) ? 0U : 1U}; }
  Changes take() override {
    std::sort(changes_.modified.begin(), changes_.modified.end());
    changes_.modified.erase(std::unique(changes_.modified.begin(), changes_.modified.end()), changes_.modified.end());
    return std::exchange(changes_, {});
  }

 private:
  bool watching_ = false;
  Changes changes_;
};

// Members are for tests to turn as they like.
class SimulatedHost {
 public:
  explicit SimulatedHost(std::uint64_t seed = 7) : executor_(seed), server_(executor_, seed + 1), random_(seed + 2) {
    options_.server_url = "http://server";
    options_.state_directory = "/state";
    options_.paths = {"/log/*.log"};
    options_.host = "web-1";
    EXPECT_TRUE(files_.make_directories("/log").ok());
  }
  ~SimulatedHost() { stop(); }

  // --- the host ---
  using Kind = ChangeNotifier::FileEvent::Kind;
  void append(const std::string& name, std::string_view bytes) {
    auto file = files_.open("/log/" + name, io::OpenMode::kAppend);
    if (!file.ok()) {
      file = files_.open("/log/" + name, io::OpenMode::kCreateNew);
      notifier_.tell({Kind::kAppeared, "/log/" + name, {}, false});
    }
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->append(bytes).ok());
    notifier_.tell({Kind::kWritten, "/log/" + name, {}, false});
  }
  void rename(const std::string& from, const std::string& to) {
    ASSERT_TRUE(files_.rename("/log/" + from, "/log/" + to).ok());
    notifier_.tell({Kind::kMoved, "/log/" + from, "/log/" + to, false});
  }
  void remove(const std::string& name) {
    ASSERT_TRUE(files_.remove("/log/" + name).ok());
    notifier_.tell({Kind::kGone, "/log/" + name, {}, false});
  }
  std::string content(const std::string& name) { return *io::read_whole_file(files_, "/log/" + name, 1 << 30); }
  void truncate(const std::string& name) {
    ASSERT_TRUE((*files_.open("/log/" + name, io::OpenMode::kAppend))->truncate(0).ok());
    notifier_.tell({Kind::kWritten, "/log/" + name, {}, false});
  }
  void gzip(const std::string& name) {
    append(name + ".gz", codec::compress(codec::Compression::kGzip, content(name)));
    remove(name);
  }

  // --- the agent ---
  void start() {
    AgentDependencies deps;
    deps.executor = &executor_;
    deps.files = &files_;
    deps.http = &server_;
    deps.random = &random_;
    deps.metrics = &metrics_;
    deps.open_journal = open_journal_;
    notifier_.begin();
    if (notified_) deps.notifier = &notifier_;
    auto agent = Agent::create(options_, deps);
    ASSERT_TRUE(agent.ok()) << agent.status();
    agent_ = *std::move(agent);
    ended_ = false;
    executor_.spawn(run(agent_.get(), &ended_));
  }
  static base::Task<void> run(Agent* agent, bool* ended) {
    const base::Status status = co_await agent->run();
    EXPECT_TRUE(status.ok()) << status;
    *ended = true;
  }
  void pass(base::nanoseconds time) { executor_.run_for(time); }
  void stop() {
    if (agent_ == nullptr) return;
    agent_->stop();
    for (int i = 0; i < 100 && !ended_; ++i) pass(milliseconds(100));
    EXPECT_TRUE(ended_);
    agent_.reset();
  }
  // kill -9: the disk keeps what was written, nothing else gets out of the process.
  void kill() {
    if (agent_ == nullptr) return;
    server_.cut_connections();
    server_.client_is_dead = true;
    files_.kill();
    agent_->stop();
    bool dead = true;
    files_.set_fault_hook([&dead](io::FileOperation, const std::string&) {
      return dead ? base::unavailable_error("the process is dead") : base::ok_status();
    });
    for (int i = 0; i < 100 && !ended_; ++i) pass(milliseconds(100));
    EXPECT_TRUE(ended_);
    files_.set_fault_hook(nullptr);
    server_.client_is_dead = false;
    agent_.reset();
  }
  void restart() {
    stop();
    start();
  }
  void settle() { pass(seconds(30)); }
  Lines stored(const std::string& name = "app.log") { return server_.lines("/log/" + name); }
  // For files that were rotated before the agent knew them: they come beside the live one.
  Lines stored_sorted() {
    Lines lines = stored();
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  base::SimExecutor executor_;
  io::SimFiles files_{&executor_.clock()};
  FakeServer server_;
  base::SeededRandom random_;
  base::MetricsRegistry metrics_;
  FakeNotifier notifier_;
  bool notified_ = false;  // else everything is found by polling
  AgentOptions options_;
  std::function<base::StatusOr<std::unique_ptr<JournalReader>>()> open_journal_;
  std::unique_ptr<Agent> agent_;
  bool ended_ = true;
};

}  // namespace cordwood::agent

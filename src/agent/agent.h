// Agent: follows the log files (and the journal) of this host and ships them to a server, each line once and in order.
// README.md tells how the parts work together and which file to read next.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/notifier.h"
#include "agent/status.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/status.h"
#include "base/task.h"
#include "io/file.h"
#include "io/http_client.h"
#include "pipeline/gotime/time_zone.h"

namespace cordwood::agent {

class JournalReader;

struct AgentOptions {
  std::string server_url;  // "http://127.0.0.1:3100"
  std::string tenant;      // sent as X-Scope-OrgID; empty: no header
  std::string token;       // sent as Authorization: Bearer; empty: no header
  std::string state_directory;
  // Files, directories (everything below them) and patterns (glob.h). Relative ones are below the process's directory.
  std::vector<std::string> paths;
  std::vector<std::string> excludes;
  // Added to file, job and host; one of these three names replaces the agent's.
  std::vector<std::pair<std::string, std::string>> labels;
  std::string host;     // empty: the host name of the system
  std::string version;  // of the program, for the server's account of this host
  bool journald = false;
  // Of times in lines that name no zone; null: that of the host.
  std::shared_ptr<const pipeline::TimeZone> zone;
  // run() ends when everything found has been acknowledged.
  bool run_once = false;

  // All intervals below are divided by this, but `tick`, which the executor scales.
  double time_scale = 1;
  base::nanoseconds tick = std::chrono::milliseconds(100);  // between looks at notifications
  base::nanoseconds poll_interval = std::chrono::seconds(1);
  base::nanoseconds scan_interval = std::chrono::seconds(5);
  base::nanoseconds checkpoint_interval = std::chrono::milliseconds(200);
  base::nanoseconds status_interval = std::chrono::seconds(1);
  // A file that is no longer the live one ends when nothing was written to it for so long: then a last line without
  // newline is sent.
  base::nanoseconds quiet_period = std::chrono::seconds(10);
  // So long after its last change the descriptor of a deleted and fully acknowledged file is closed.
  base::nanoseconds deleted_quiet_period = std::chrono::seconds(60);
  // So long a file is waited for that has the unread rest of a content whose file is gone; then it counts as lost.
  base::nanoseconds missing_patience = std::chrono::seconds(60);
  // A line without its newline holds the watermark for so long.
  base::nanoseconds pending_patience = std::chrono::seconds(5);
  base::nanoseconds heartbeat_interval = std::chrono::seconds(2);
  // Lines of a new file wait so long for the server to know the file's labels.
  base::nanoseconds introduction_patience = std::chrono::seconds(2);
  base::nanoseconds retry_min = std::chrono::milliseconds(200);
  base::nanoseconds retry_max = std::chrono::seconds(30);
  std::size_t batch_bytes = 1 << 20;  // of lines in one request, about
  // 0: three quarters of what the process may open. Fully read files are closed first.
  std::size_t descriptors_max = 0;
};

// All outlive the agent.
struct AgentDependencies {
  base::Executor* executor = nullptr;
  io::FileSystem* files = nullptr;  // of state and logs
  io::HttpClient* http = nullptr;
  base::Random* random = nullptr;
  base::MetricsRegistry* metrics = nullptr;
  // Null: no notifications, everything is found by polling.
  ChangeNotifier* notifier = nullptr;
  // For journald; empty: libsystemd's.
  std::function<base::StatusOr<std::unique_ptr<JournalReader>>()> open_journal = {};
};

class Agent {
 public:
  // Checks the options, takes the lock on the state directory and reads the checkpoint. Blocks for the disk.
  // InvalidArgument (a pattern, a label), FailedPrecondition naming the pid of another agent on this state directory,
  // Unimplemented for a checkpoint of a newer version.
  static base::StatusOr<std::unique_ptr<Agent>> create(AgentOptions options, AgentDependencies dependencies);
  ~Agent();

  // What create() would reject, and what a first scan finds, without taking a lock or writing anything: the files, and
  // what of the paths cannot be had. InvalidArgument as for create(). Blocks.
  struct Check {
    std::size_t files = 0;
    std::size_t directories = 0;
    std::vector<NotRead> problems;
  };
  static base::StatusOr<Check> check(const AgentOptions& options, io::FileSystem& files);

  // Runs until stop(), or with run_once until everything is shipped. What goes wrong with files or the server is tried
  // again and shown in status(); an error ends it only when the state directory cannot be written before the first
  // line was sent. Awaited once.
  base::Task<base::Status> run();
  // run() ends soon: answers under way are waited for shortly, the checkpoint is saved. Thread-safe.
  void stop();
  // Thread-safe.
  AgentStatus status() const;

 private:
  class Impl;
  explicit Agent(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cordwood::agent

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <thread>

#include "agent/agent.h"
#include "agent/explain.h"
#include "app/command.h"
#include "app/program.h"
#include "app/settings.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/thread_executor.h"
#include "client/agent_status.h"
#include "client/endpoint.h"
#include "io/file.h"
#include "io/http_client.h"

namespace cordwood::app {
namespace {

constexpr std::uint64_t kStatusBytesMax = 64 << 20;

struct AgentCommand {
  agent::AgentOptions options;
  std::vector<std::string> labels;  // name=value
  std::string status_state;         // of `agent status` and `agent explain`
  std::string file;                 // of `agent explain`
};

base::Status prepare(AgentCommand& command) {
  const client::Endpoint environment = client::endpoint_from_environment();
  agent::AgentOptions& options = command.options;
  if (options.server_url.empty()) options.server_url = environment.url;
  if (options.server_url.find("://") == std::string::npos) options.server_url.insert(0, "http://");
  while (options.server_url.ends_with('/')) options.server_url.pop_back();
  if (options.tenant.empty()) options.tenant = environment.tenant;
  options.token = environment.token;
  options.version = std::string(version());
  for (const std::string& label : command.labels) {
    const std::size_t equals = label.find('=');
    if (equals == std::string::npos || equals == 0) {
      return base::invalid_argument_error("--label takes name=value, not '{}'", label);
    }
    options.labels.emplace_back(label.substr(0, equals), label.substr(equals + 1));
  }
  if (options.paths.empty() && !options.journald) {
    return base::invalid_argument_error("nothing to read: give files, directories or patterns, or --journald");
  }
  return base::ok_status();
}

// Stops the agent on a signal. The thread that waits for it cannot be interrupted and may outlive the agent, because
// run() may end by itself (--once).
class StopSwitch {
 public:
  explicit StopSwitch(agent::Agent* agent) : agent_(agent) {}
  void flip() {
    base::MutexLock lock(mutex_);
    if (agent_ != nullptr) agent_->stop();
  }
  void disconnect() {
    base::MutexLock lock(mutex_);
    agent_ = nullptr;
  }

 private:
  base::Mutex mutex_;
  agent::Agent* agent_ GUARDED_BY(mutex_);
};

base::Status run_until_stopped(AgentCommand& command) {
  block_stop_signals();
  base::ThreadExecutor executor(base::ThreadExecutorOptions{1, 4, base::time_scale_from_environment()});
  base::MetricsRegistry metrics;
  base::SystemRandom random;
  const std::unique_ptr<io::HttpClient> http = io::make_http_client(executor, client::endpoint_from_environment().tls);
  // Without notifications (no inotify instance left) the poll finds everything, a little later.
  base::StatusOr<std::unique_ptr<agent::ChangeNotifier>> notifier = agent::make_inotify_notifier();
  if (!notifier.ok()) base::log_warn("polling only: reason=\"{}\"", base::message_of(notifier.status()));
  agent::AgentDependencies dependencies{
      &executor, &io::system_files(), http.get(), &random, &metrics, notifier.ok() ? notifier->get() : nullptr};
  ASSIGN_OR_RETURN(const std::unique_ptr<agent::Agent> agent, agent::Agent::create(command.options, dependencies));
  const auto stop_switch = std::make_shared<StopSwitch>(agent.get());
  std::thread([stop_switch] {
    wait_for_stop_signal();
    stop_switch->flip();
  }).detach();
  base::log_info("agent started: server={} state={}", command.options.server_url, command.options.state_directory);
  auto task = agent->run();
  const base::Status status = base::sync_wait(executor, std::move(task));
  stop_switch->disconnect();
  return status;
}

base::Status print_status(const AgentCommand& command) {
  ASSIGN_OR_RETURN(const std::string text,
                   io::read_whole_file(io::system_files(), command.status_state + "/status.json", kStatusBytesMax));
  ASSIGN_OR_RETURN(const std::string report, client::describe_agent_status(text));
  std::fputs(report.c_str(), stdout);
  return base::ok_status();
}

base::Status print_explanation(const AgentCommand& command) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(command.file, error).lexically_normal();
  ASSIGN_OR_RETURN(const std::string text,
                   agent::explain_file(io::system_files(), command.status_state, path.string()));
  std::fputs(text.c_str(), stdout);
  return base::ok_status();
}

// Problems are no usage errors, but whoever checks wants to hear of them.
base::Status check_agent(AgentCommand& command) {
  RETURN_IF_ERROR(prepare(command));
  ASSIGN_OR_RETURN(const agent::Agent::Check found, agent::Agent::check(command.options, io::system_files()));
  fmt::print("{} files in {} directories\n", found.files, found.directories);
  for (const agent::NotRead& problem : found.problems) fmt::print("{}: {}\n", problem.path, problem.reason);
  if (found.problems.empty()) return base::ok_status();
  return base::failed_precondition_error("{} of the paths cannot be read now", found.problems.size());
}

int exit_code_of(const base::Status& status) {
  if (status.ok()) return kExitOk;
  print_error(status);
  return kExitFailed;
}

}  // namespace

void add_agent_command(CLI::App& root, Action& action) {
  auto command = std::make_shared<AgentCommand>();
  command->options.state_directory = "./cordwood-agent";
  CLI::App* sub = root.add_subcommand("agent", "ship this host's log files and journal to a server");
  agent::AgentOptions& options = command->options;
  sub->add_option("paths", options.paths, "files, directories and patterns ('/var/log/**'); quote patterns");
  sub->add_option("--server", options.server_url,
                  "URL of the server (environment: CORDWOOD_URL) [http://127.0.0.1:3100]");
  sub->add_option("--state", options.state_directory, "directory for positions [./cordwood-agent]");
  sub->add_option("--label", command->labels, "name=value, added to every stream; may be repeated")
      ->expected(1)
      ->take_all();
  sub->add_option("--exclude", options.excludes, "files or patterns to leave out; may be repeated")
      ->expected(1)
      ->take_all();
  sub->add_option("--host", options.host, "host name to report [the system's]");
  sub->add_option("--tenant", options.tenant, "tenant (environment: CORDWOOD_TENANT)");
  sub->add_flag("--journald", options.journald, "ship the systemd journal too");
  sub->add_flag("--once", options.run_once, "end when everything found is shipped");
  sub->callback([command, &action] {
    if (action) return;  // a subcommand of agent was chosen
    action = [command] {
      base::Status status = prepare(*command);
      if (status.ok()) status = run_until_stopped(*command);
      return exit_code_of(status);
    };
  });
  CLI::App* status = sub->add_subcommand("status", "what an agent has shipped, skipped and lost");
  status->add_option("--state", command->status_state, "its state directory [./cordwood-agent]")
      ->default_val("./cordwood-agent");
  status->callback([command, &action] { action = [command] { return exit_code_of(print_status(*command)); }; });
  CLI::App* check = sub->add_subcommand("check", "check paths and labels, and count the files, without starting");
  check->add_option("paths", options.paths, "files, directories and patterns");
  check->add_option("--exclude", options.excludes, "files or patterns to leave out")->expected(1)->take_all();
  check->add_option("--label", command->labels, "name=value")->expected(1)->take_all();
  check->add_flag("--journald", options.journald, "the systemd journal too");
  check->callback([command, &action] { action = [command] { return exit_code_of(check_agent(*command)); }; });
  CLI::App* explain =
      sub->add_subcommand("explain", "which source a file is, its positions, and why it is or is not read");
  explain->add_option("file", command->file, "a live file or a rotated one (a file named explain: ./explain)")
      ->required();
  explain->add_option("--state", command->status_state, "state directory of the agent [./cordwood-agent]")
      ->default_val("./cordwood-agent");
  explain->callback([command, &action] { action = [command] { return exit_code_of(print_explanation(*command)); }; });
}

}  // namespace cordwood::app

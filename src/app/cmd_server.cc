#include <CLI/CLI.hpp>
#include <memory>

#include "app/command.h"
#include "app/program.h"
#include "app/server.h"
#include "app/server_config.h"
#include "app/settings_options.h"
#include "base/log.h"

namespace cordwood::app {
namespace {

struct ServerCommand {
  ServerConfig config;
  Settings settings = server_settings(config);
  SettingsOptions options;
  bool check = false;
  std::string roles;
};

base::LogLevel level_of(std::string_view name) {
  if (name == "debug") return base::LogLevel::kDebug;
  if (name == "warn") return base::LogLevel::kWarn;
  if (name == "error") return base::LogLevel::kError;
  return base::LogLevel::kInfo;
}

base::Status prepare(ServerCommand& command) {
  RETURN_IF_ERROR(command.options.apply(command.settings));
  RETURN_IF_ERROR(check_server_config(command.config));
  if (!command.roles.empty() && command.roles != "all") {
    return base::unimplemented_error("--roles={}: only 'all' is supported yet: leave --roles out", command.roles);
  }
  return base::ok_status();
}

int run_server(ServerCommand& command) {
  if (base::Status status = prepare(command); !status.ok()) {
    print_error(status);
    return kExitFailed;
  }
  const std::string config_text = command.settings.to_toml();
  if (command.check) {
    std::fputs(config_text.c_str(), stdout);
    return kExitOk;
  }
  base::set_log_level(level_of(command.config.log_level));
  block_stop_signals();
  base::StatusOr<std::unique_ptr<Server>> server = Server::start(command.config, config_text);
  if (!server.ok()) {
    print_error(server.status());
    return kExitFailed;
  }
  const int signal_number = wait_for_stop_signal();
  base::log_info("stopping: signal={}", signal_number);
  if (base::Status status = (*server)->stop(); !status.ok()) {
    base::log_error("last flush failed; the journal is replayed at the next start: error=\"{}\"",
                    base::message_of(status));
    return kExitFailed;
  }
  base::log_info("stopped");
  return kExitOk;
}

}  // namespace

void add_server_command(CLI::App& root, Action& action) {
  auto command = std::make_shared<ServerCommand>();
  CLI::App* sub = root.add_subcommand("server", "store logs and answer queries");
  command->options.add_to(*sub, command->settings);
  sub->add_flag("--check", command->check, "print the configuration in effect and exit");
  sub->add_option("--roles", command->roles, "parts to run: all");
  sub->callback([command, &action] { action = [command] { return run_server(*command); }; });
}

}  // namespace cordwood::app

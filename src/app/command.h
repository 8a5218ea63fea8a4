// A subcommand: adds itself to the command line; main runs the one that was chosen.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cordwood::app {

// What main runs for the chosen subcommand; the value is the exit code.
using Action = std::function<int()>;

// Each adds its subcommand to `root` and sets `action` when that one is chosen.
void add_server_command(CLI::App& root, Action& action);
void add_agent_command(CLI::App& root, Action& action);
void add_query_command(CLI::App& root, Action& action);
void add_tail_command(CLI::App& root, Action& action);
void add_grep_command(CLI::App& root, Action& action);
void add_look_commands(CLI::App& root, Action& action);     // labels, series, status, flush
void add_explore_commands(CLI::App& root, Action& action);  // stats, volume, patterns, detected-fields
void add_fleet_command(CLI::App& root, Action& action);     // hosts and files
void add_admin_command(CLI::App& root, Action& action);     // what is stored, for how long, getting rid of it
void add_inspect_command(CLI::App& admin, Action& action);  // below admin
void add_token_command(CLI::App& admin, Action& action);    // below admin

}  // namespace cordwood::app

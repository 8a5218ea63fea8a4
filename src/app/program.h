// What every subcommand shares: exit codes, one-line errors, signals.
#pragma once

#include <string_view>

#include "base/status.h"

namespace cordwood::app {

// Exit codes of the command line (docs/operating/command-line.md). grep adds 1 and 2 for "nothing found".
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // server and agent
inline constexpr int kExitError = 3;   // client commands
inline constexpr int kExitInterrupted = 130;

// Prints `cordwood: text` on stderr, in one line.
void print_error(std::string_view text);
void print_error(const base::Status& status);
// The end of a client command: its exit code, the error printed.
int client_exit_code(const base::Status& status);

// Blocks SIGINT and SIGTERM in the calling thread and all threads it makes afterwards, so that wait_for_stop_signal
// gets them; ignores SIGPIPE. To be called before any thread exists.
void block_stop_signals();
// Waits for SIGINT or SIGTERM and gives its number.
int wait_for_stop_signal();

std::string_view version();
std::string_view revision();

}  // namespace cordwood::app

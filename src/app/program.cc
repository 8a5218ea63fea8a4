#include "app/program.h"

#include <csignal>
#include <cstdio>
#include <string>

namespace cordwood::app {
namespace {
sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}
}  // namespace

void print_error(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  std::fprintf(stderr, "cordwood: %s\n", line.c_str());
}

void print_error(const base::Status& status) {
  print_error(base::message_of(status));
}

int client_exit_code(const base::Status& status) {
  if (status.ok()) return kExitOk;
  print_error(status);
  return kExitError;
}

void block_stop_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int wait_for_stop_signal() {
  const sigset_t set = stop_signals();
  int signal_number = 0;
  sigwait(&set, &signal_number);
  return signal_number;
}

std::string_view version() {
  return CORDWOOD_VERSION;
}
std::string_view revision() {
  return CORDWOOD_REVISION;
}

}  // namespace cordwood::app

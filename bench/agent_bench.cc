// How fast the agent reads: files are found, cut, given their times, encoded and compressed as for a server, and taken
// as acknowledged without one. Prints MB of files per CPU second.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>

#include "agent/dead_letters.h"
#include "agent/line_times.h"
#include "agent/shipper.h"
#include "base/clock.h"
#include "base/random.h"

namespace {

using namespace cordwood;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

struct Totals {
  std::uint64_t bytes = 0;
  std::uint64_t sent = 0;
  double seconds = 0;
};

Totals read_all(const std::vector<std::string>& paths) {
  base::SystemClock clock;
  base::SystemRandom random;
  agent::FileTableOptions options;
  options.host = "bench";
  options.descriptors_max = 1000;
  agent::FileTable table(options, io::system_files(), clock, random);
  agent::DeadLetters dead_letters(io::system_files(), "/dev/null");
  agent::ShipperOptions shipper_options;
  shipper_options.host = "bench";
  shipper_options.zone = agent::host_zone();
  agent::Shipper shipper(shipper_options, table, nullptr, clock, dead_letters);
  std::vector<agent::Glob> globs;
  for (const std::string& path : paths) globs.push_back(*agent::Glob::parse(path));
  const double begin = cpu_seconds();
  table.apply_scan(agent::Discovery(io::system_files(), globs, {}).scan());
  table.decide();
  table.settle();
  Totals totals;
  while (shipper.build()) {
    table.all_saved();
    while (agent::PushRequest* request = shipper.next_to_send()) {
      totals.sent += request->body->size();
      std::vector<core::SliceVerdict> verdicts;
      for (const agent::Piece& piece : request->pieces) verdicts.emplace_back(core::SliceStored{piece.end.mark});
      shipper.on_verdicts(*request, verdicts);
    }
  }
  agent::AgentStatus status;
  shipper.add_to_status(status);
  totals.bytes = status.bytes_acked;
  totals.seconds = cpu_seconds() - begin;
  return totals;
}

void print(const std::string& name, const Totals& totals) {
  std::printf("%-52s %9.1f MB %7.1f MB sent %7.1f MB per CPU second\n", name.c_str(),
              static_cast<double>(totals.bytes) / 1e6, static_cast<double>(totals.sent) / 1e6,
              static_cast<double>(totals.bytes) / 1e6 / totals.seconds);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("reading speed of the agent");
  std::vector<std::string> paths;
  app.add_option("files", paths, "absolute paths")->required();
  CLI11_PARSE(app, argc, argv);
  for (const std::string& path : paths) print(path.substr(path.rfind('/') + 1), read_all({path}));
  print("all together", read_all(paths));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("peak memory %ld KiB\n", usage.ru_maxrss);
  return 0;
}

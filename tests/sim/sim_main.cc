// sim [--first SEED] [--broken NAME] [--verbose] COUNT: seeds one after the other; tests/sim/soak runs it.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/log.h"
#include "sim/simulation.h"

namespace {
using cordwood::sim::Breakage;

Breakage parse_breakage(std::string_view name) {
  for (const Breakage one :
       {Breakage::kAcknowledgeBeforeSync, Breakage::kMarkOutsideCommit, Breakage::kTrimBeforeCommit}) {
    if (name == cordwood::sim::name_of(one)) return one;
  }
  return Breakage::kNone;
}
}  // namespace

int main(int argc, char** argv) {
  unsigned long long first = 1;
  unsigned long long count = 1;
  Breakage breakage = Breakage::kNone;
  cordwood::base::set_log_level(cordwood::base::LogLevel::kNone);
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--first" && i + 1 < argc) {
      first = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--broken" && i + 1 < argc) {
      breakage = parse_breakage(argv[++i]);
    } else if (word == "--verbose") {
      cordwood::base::set_log_level(cordwood::base::LogLevel::kInfo);
    } else {
      count = std::strtoull(argv[i], nullptr, 10);
    }
  }
  std::size_t lines = 0;
  for (unsigned long long seed = first; seed < first + count; ++seed) {
    const cordwood::sim::Outcome outcome = cordwood::sim::run_seed(seed, breakage);
    lines += outcome.acknowledged_lines;
    if (!outcome.violation.empty()) {
      std::printf("VIOLATION seed=%llu commit=%s: %s\n", seed, CORDWOOD_REVISION, outcome.violation.c_str());
      return 1;
    }
  }
  std::printf("ok seeds=%llu..%llu commit=%s lines=%zu\n", first, first + count - 1, CORDWOOD_REVISION, lines);
  return 0;
}

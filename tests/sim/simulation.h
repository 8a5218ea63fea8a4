// A simulation: everything that happens to one server in some lives, from one seed.
#pragma once

#include <cstdint>
#include <string>

#include "sim/broken.h"

namespace cordwood::sim {

struct Outcome {
  std::string violation;  // empty: none
  std::size_t acknowledged_lines = 0;
  std::uint64_t queries = 0;
  std::uint64_t digest = 0;  // the same for the same seed
};

Outcome run_seed(std::uint64_t seed, Breakage breakage = Breakage::kNone);

}  // namespace cordwood::sim

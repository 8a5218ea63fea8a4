// Deleter: asks for deletions of lines by what they contain.
#pragma once

#include <optional>
#include <string>

#include "sim/truth.h"
#include "sim/world.h"

namespace cordwood::sim {

class Deleter {
 public:
  Deleter(World& world, Truth& truth) : world_(world), truth_(truth) {}
  // For one life of the server; called anew for the next.
  base::Task<void> run();
  // The server died: what was being asked may have happened.
  void server_died();

 private:
  base::Task<void> ask();

  World& world_;
  Truth& truth_;
  std::optional<std::string> asking_;
};

}  // namespace cordwood::sim

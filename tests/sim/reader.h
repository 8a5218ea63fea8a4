// Queries of the simulation: through the engine, as an answer of any kind would be made.
#pragma once

#include "sim/truth.h"
#include "sim/world.h"

namespace cordwood::sim {

// Every line there is, in pages, while whatever else goes on; compared with what is known. False when the query failed
// or could not read everything.
base::Task<bool> read_all(World& world, Truth& truth, core::Direction direction, base::nanoseconds pause_between_pages);
// The same as a count.
base::Task<bool> count_all(World& world, Truth& truth);
// Queries for one life of the server.
base::Task<void> run_reader(World& world, Truth& truth);

}  // namespace cordwood::sim

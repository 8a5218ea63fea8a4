// The "stats" block of Loki's query answers: Grafana's inspector and logcli --stats print it.
#pragma once

#include <cstdint>

#include "base/json_writer.h"
#include "core/query_runner.h"

namespace cordwood::api {

// Writes the object. Figures that this engine does not have (chunk caches, splits, shards) are 0.
void write_stats(base::JsonWriter& json, const core::QueryStats& stats, std::uint64_t entries_returned);

}  // namespace cordwood::api

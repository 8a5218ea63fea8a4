// Counts of what was pushed, by protocol.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/metrics.h"
#include "core/record_sink.h"

namespace cordwood::api {

struct PushFigures {
  std::string_view protocol;  // "loki_json", "loki_protobuf", "native"
  std::uint64_t body_bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t line_bytes = 0;
  std::uint64_t refused = 0;
};

PushFigures figures_of(const core::EncodedBody& body, const core::RecordBatch& batch, std::uint64_t refused);
void count_push(base::MetricsRegistry& metrics, const PushFigures& figures);

}  // namespace cordwood::api

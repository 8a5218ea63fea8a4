#include "api/push_metrics.h"

#include <string>

namespace cordwood::api {
namespace {

std::string_view name_of(core::Protocol protocol) {
  switch (protocol) {
    case core::Protocol::kNative:
      return "native";
    case core::Protocol::kLokiProtobuf:
      return "loki_protobuf";
    case core::Protocol::kLokiJson:
      return "loki_json";
  }
  return "unknown";
}

}  // namespace

PushFigures figures_of(const core::EncodedBody& body, const core::RecordBatch& batch, std::uint64_t refused) {
  return {.protocol = name_of(body.protocol),
          .body_bytes = body.bytes->size(),
          .records = batch.records.size(),
          .line_bytes = batch.line_bytes(),
          .refused = refused};
}

void count_push(base::MetricsRegistry& metrics, const PushFigures& figures) {
  const base::MetricLabels labels = {{"protocol", std::string(figures.protocol)}};
  metrics.counter("cordwood_push_body_bytes_total", "Bytes of push bodies as they arrived.", labels)
      .add(figures.body_bytes);
  metrics.counter("cordwood_push_records_total", "Records of pushes that were answered.", labels).add(figures.records);
  metrics.counter("cordwood_push_line_bytes_total", "Bytes of the lines of these records.", labels)
      .add(figures.line_bytes);
  metrics.counter("cordwood_push_refused_records_total", "Records refused by a limit.", labels).add(figures.refused);
}

}  // namespace cordwood::api

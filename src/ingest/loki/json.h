// Loki's push body in JSON: {"streams":[{"stream":{..},"values":[["<ns>","line",{"name":"value"}?],..]},..]}, and the
// form of /api/prom/push: {"streams":[{"labels":"{..}","entries":[{"ts":"RFC 3339","line":".."}]}]}.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "core/record.h"
#include "ingest/loki/stream_labels.h"
#include "ingest/record_filter.h"

namespace cordwood::ingest::loki {

// Appends the records of `body` (decompressed) that `filter` keeps. Views point into memory that is added to
// batch.buffers.
base::Status decode_json(std::shared_ptr<const std::string> body, StreamLabels& labels, bool add_service_name,
                         RecordFilter& filter, core::RecordBatch& batch);

}  // namespace cordwood::ingest::loki

// Loki's push body in protobuf (pkg/push/push.proto): PushRequest{1 streams}; Stream{1 labels as text, 2 entries};
// Entry{1 timestamp, 2 line, 3 structured metadata {1 name, 2 value}}. Unknown fields are skipped.
#pragma once

#include <string_view>

#include "base/status.h"
#include "core/record.h"
#include "ingest/loki/stream_labels.h"
#include "ingest/record_filter.h"

namespace cordwood::ingest::loki {

// Appends the records of `body` (decompressed) that `filter` keeps; their views point into `body`.
base::Status decode_protobuf(std::string_view body, StreamLabels& labels, bool add_service_name, RecordFilter& filter,
                             core::RecordBatch& batch);

}  // namespace cordwood::ingest::loki

// Labels of Loki's streams: from text or pairs to shared Labels, with the label service_name that Loki adds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "base/mutex.h"
#include "base/status.h"
#include "core/record.h"

namespace cordwood::ingest::loki {

// Thread-safe, bounded: senders repeat the same few label texts in every body.
class StreamLabels {
 public:
  // The text form of a protobuf stream. Errors as Loki words them: "error parsing labels '...' with error: ...".
  base::StatusOr<core::BatchStream> from_text(std::string_view text, bool add_service_name);
  // Names and values of a JSON stream.
  base::StatusOr<core::BatchStream> from_pairs(std::vector<core::Label> pairs, bool add_service_name);

 private:
  // Cleared when full: label texts of one fleet fit, an attack only costs its own parsing.
  static constexpr std::size_t kEntriesMax = 50'000;
  static constexpr std::size_t kTextBytesMax = 4096;  // longer texts are not kept
  base::Mutex mutex_;
  base::StringMap<core::BatchStream> cache_[2] GUARDED_BY(mutex_);  // by add_service_name
};

// Without empty values (equal to absent ones), and with service_name when asked and missing.
core::BatchStream make_stream(std::vector<core::Label> labels, bool add_service_name);

}  // namespace cordwood::ingest::loki

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
  // Two generations: when the young one is full it becomes the old one, and what is used again comes back. So the texts
  // of a fleet of 100,000 streams stay, and an attack costs its own parsing only.
  static constexpr std::size_t kEntriesMax = 100'000;        // of a generation
  static constexpr std::size_t kEntriesBytesMax = 16 << 20;  // of their texts
  static constexpr std::size_t kTextBytesMax = 4096;         // longer texts are not kept
  using Generation = base::StringMap<core::BatchStream>;
  struct Cache {
    Generation young;
    Generation old;
    std::size_t young_bytes = 0;
    void insert(std::string_view text, const core::BatchStream& stream);
  };
  base::Mutex mutex_;
  Cache cache_[2] GUARDED_BY(mutex_);  // by add_service_name
};

// Without empty values (equal to absent ones), and with service_name when asked and missing.
core::BatchStream make_stream(std::vector<core::Label> labels, bool add_service_name);

}  // namespace cordwood::ingest::loki

// RecordSelector: which records a LogQL query picks, for whoever may not know LogQL. Deletion and retention of the
// store use it; implemented by pipeline (pipeline/log_selector.h).
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/status.h"
#include "core/labels.h"
#include "core/record.h"

namespace cordwood::core {

// Looks at the records of one stream. Not thread-safe.
class StreamPicker {
 public:
  virtual ~StreamPicker() = default;
  virtual bool picks(UnixNanos time, std::string_view line, std::span<const MetadataPair> metadata) = 0;
};

// Immutable and thread-safe.
class RecordSelector {
 public:
  virtual ~RecordSelector() = default;
  // Whether records of the stream may be picked.
  virtual bool matches(const Labels& stream) const = 0;
  // Every record of a stream that matches is picked: there is no filter.
  virtual bool picks_whole_streams() const = 0;
  // For a stream that matches. The selector and `stream` must outlive it.
  virtual std::unique_ptr<StreamPicker> picker(const Labels& stream) const = 0;
};

// Thread-safe.
class SelectorCompiler {
 public:
  virtual ~SelectorCompiler() = default;
  // InvalidArgument with Loki's text for what is not a log query, and for one with a stage that changes the line.
  virtual base::StatusOr<std::shared_ptr<const RecordSelector>> compile(std::string_view query) const = 0;
};

}  // namespace cordwood::core

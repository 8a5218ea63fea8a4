// Series, label names and label values from the stream tables of parts; no line is read.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "core/query_runner.h"
#include "exec/stream_selector.h"
#include "segment/part.h"

namespace cordwood::query {

// The union of selectors; none means all streams.
class AnySelector {
 public:
  // InvalidArgument with Loki's text for a malformed selector.
  static base::StatusOr<AnySelector> build(const std::vector<std::string>& texts);
  bool matches(const core::Labels& labels) const;

 private:
  std::vector<exec::StreamSelector> selectors_;
};

using Parts = std::vector<std::shared_ptr<const segment::Part>>;

// Sorted, distinct.
std::vector<core::Labels> series_of(const Parts& parts, const AnySelector& selector, core::TimeRange range);
// Distinct, in no order.
std::vector<core::StreamRef> streams_of(const Parts& parts, const AnySelector& selector, core::TimeRange range);
std::vector<std::string> label_names_of(const Parts& parts, const AnySelector& selector, core::TimeRange range);
std::vector<std::string> label_values_of(const Parts& parts, const AnySelector& selector, core::TimeRange range,
                                         std::string_view name);

}  // namespace cordwood::query

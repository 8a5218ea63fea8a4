// What explorers ask before they know what to ask: volumes, fields, patterns. Loki's index/volume, detected_fields and
// patterns are made of these.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/sync.h"
#include "base/time.h"
#include "core/ids.h"
#include "core/labels.h"
#include "core/time_range.h"

namespace cordwood::core {

// --- bytes of streams, from what is known without reading lines; exact but for blocks that lie across a bucket's edge
// -

struct VolumeRequest {
  TenantId tenant;
  std::string selector;  // empty or "{}": all streams
  TimeRange range;
  base::nanoseconds step{0};         // 0: one bucket for all
  std::vector<std::string> targets;  // names of labels to group by; empty: those of the selector, or all
  bool by_label_name = false;        // sums for each name instead of for each set of values
  std::uint32_t limit = 100;         // the largest ones only
};
struct Volume {
  Labels labels;  // of by_label_name: one label with an empty value
  std::uint64_t bytes = 0;
  std::vector<std::pair<UnixNanos, std::uint64_t>> buckets;  // begin and bytes, those with any
};
using Volumes = std::vector<Volume>;  // largest first, then by labels

// --- fields of lines
// ---------------------------------------------------------------------------------------------------

struct FieldsRequest {
  TenantId tenant;
  std::string query;  // a log query
  TimeRange range;
  std::uint32_t lines_max = 1000;   // the newest ones are looked at
  std::uint32_t fields_max = 1000;  // the rest is left out
  std::string only;                 // not empty: this field alone
  base::CancelToken cancel;
};
struct DetectedField {
  std::string name;                  // as the label that the parser makes of it
  std::string type;                  // string int float boolean duration bytes
  std::vector<std::string> values;   // distinct and sorted; at most kFieldValuesMax
  std::vector<std::string> parsers;  // "json", "logfmt"; empty: structured metadata
  std::vector<std::string> json_path;
};
inline constexpr std::size_t kFieldValuesMax = 5000;

// --- patterns of lines
// ---------------------------------------------------------------------------------------------------

struct PatternsRequest {
  TenantId tenant;
  std::string query;  // a log query
  TimeRange range;
  base::nanoseconds step = std::chrono::minutes(1);  // positive
  std::uint32_t patterns_max = 300;
  base::CancelToken cancel;
};
struct LogPattern {
  std::string pattern;  // with <_> for what varies: a pattern for `|>`
  std::string level;    // as in detected_level
  std::uint64_t lines = 0;
  std::vector<std::pair<UnixNanos, std::uint64_t>> samples;  // begin of the step and lines, those with any
};
using LogPatterns = std::vector<LogPattern>;  // most frequent first

}  // namespace cordwood::core

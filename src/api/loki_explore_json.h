// JSON of the answers to explorers (grafana/loki pkg/logproto and pkg/util/marshal, Apache-2.0 shapes).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/explore.h"

namespace cordwood::api {

// {"status":"success","data":[{"pattern":..,"level":..,"samples":[[unix_s,count],..]}]}
std::string patterns_json(const core::LogPatterns& patterns);
// {"detectedLabels":[{"label":..,"cardinality":n}]}: labels that say something about streams. One whose values are all
// numbers or UUIDs names single things and is left out, unless it is one of Loki's usual ones.
std::string detected_labels_json(const std::vector<core::Labels>& series);
// {"fields":[{"label":..,"type":..,"cardinality":n,"parsers":[..]|null,"jsonPath":[..]}],"limit":n}
std::string detected_fields_json(const std::vector<core::DetectedField>& fields, std::uint32_t limit);
// {"values":[..],"limit":n}
std::string field_values_json(const std::vector<std::string>& values, std::uint32_t limit);

}  // namespace cordwood::api

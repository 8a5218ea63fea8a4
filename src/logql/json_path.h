// The path expressions of `json label="..."` and `logfmt label="..."` as typed values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace cordwood::logql {

// One step into a JSON value: a key of an object, or an index of an array.
using JsonPathStep = std::variant<std::string, std::uint64_t>;
// `pod.params[0]["odd key"]` is {"pod", "params", 0, "odd key"}; never empty when it was parsed.
using JsonPath = std::vector<JsonPathStep>;

// Parses Loki's JSON expression: fields ([A-Za-z_][A-Za-z0-9_]*) joined by dots, `["key"]` and `[index]`. Inside the
// quotes nothing is an escape. The error's message is Loki's (`cannot parse expression [..]: syntax error: ...`
// without that prefix).
base::StatusOr<JsonPath> parse_json_path(std::string_view text);

// Parses the expression of `logfmt label="key"`: exactly one key, returned as it is.
base::StatusOr<std::string> parse_logfmt_key(std::string_view text);

}  // namespace cordwood::logql

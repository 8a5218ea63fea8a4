// JSON as template values, with encoding/json's strictness.
#pragma once

#include <string_view>

#include "pipeline/gotemplate/value.h"

namespace cordwood::pipeline::gotemplate {

// Arrays and objects inside each other.
inline constexpr int kJsonDepthMax = 200;

// Nil when the text is not one JSON value, or nests deeper than kJsonDepthMax.
Value parse_json_value(std::string_view text);

}  // namespace cordwood::pipeline::gotemplate

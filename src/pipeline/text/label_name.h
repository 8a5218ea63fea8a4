// Names of extracted labels.
#pragma once

#include <string>
#include <string_view>

namespace cordwood::pipeline {

// Appended to the name of an extracted label that a stream label or structured metadata has already.
inline constexpr std::string_view kDuplicateSuffix = "_extracted";

// Appends `key` trimmed, each rune outside [A-Za-z0-9_] as `_`, and with `_` in front of a leading digit when `out` is
// empty (a later part of a name may start with a digit).
void append_sanitized(std::string& out, std::string_view key);
std::string sanitize_label_name(std::string_view key);

}  // namespace cordwood::pipeline

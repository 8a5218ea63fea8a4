// Members of the server's JSON objects as the client reads them: what is missing or of another kind is zero, empty or
// none. Only for the .cc files of this folder.
#pragma once

#include <simdjson.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "client/coverage.h"

namespace cordwood::client {

namespace dom = simdjson::dom;

inline std::uint64_t number_of(dom::object object, std::string_view key) {
  std::uint64_t number = 0;
  return object[key].get(number) == simdjson::SUCCESS ? number : 0;
}
inline bool bool_of(dom::object object, std::string_view key, bool fallback) {
  bool value = fallback;
  return object[key].get(value) == simdjson::SUCCESS ? value : fallback;
}
inline std::string text_of(dom::object object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}
// A string of nanoseconds; null and absent are none.
inline std::optional<base::UnixNanos> time_of(dom::object object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return std::nullopt;
  base::UnixNanos time;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time.value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return time;
}

// coverage.cc
CoverageHost read_coverage_host(dom::object object);

}  // namespace cordwood::client

// The program's own log: one line an event on stderr, lower case, `key=value` fields, and what to do next when an
// operator reads it. Thread-safe. Never called per record or per request that went well.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace cordwood::base {

// kNone is a level to set, not to write at: for simulations, in which thousands of things fail on purpose.
enum class LogLevel { kDebug, kInfo, kWarn, kError, kNone };

// Format: logfmt, `ts=2026-01-31T23:59:59.123+0100 level=info msg="flushed parts=3"`. The default level is info.
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);
void write_log(LogLevel level, std::string_view message);

template <typename... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::kDebug)) write_log(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::kInfo)) write_log(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  write_log(LogLevel::kWarn, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  write_log(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace cordwood::base

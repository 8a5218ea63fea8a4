#include "app/client_options.h"

#include <CLI/CLI.hpp>

#include "app/settings.h"
#include "base/clock.h"

namespace cordwood::app {

void EndpointOptions::add_to(CLI::App& command) {
  command.add_option("--url", endpoint.url, "server (environment: CORDWOOD_URL) [" + endpoint.url + "]");
  command.add_option("--tenant", endpoint.tenant, "tenant, where tenants are on (environment: CORDWOOD_TENANT)");
}

void RangeOptions::add_to(CLI::App& command) {
  command.add_option("--since", since, "how far back from --to: 15m, 1h, 7d");
  command.add_option("--from", from, "first moment: 2026-01-31T12:00:00, 12:00, or nanoseconds since the epoch");
  command.add_option("--to", to, "moment after the last one [now]");
}

base::StatusOr<RangeOptions::Range> RangeOptions::resolve(std::string_view default_since) const {
  const base::UnixNanos now = system_now();
  Range range;
  if (!to.empty()) {
    ASSIGN_OR_RETURN(range.to, client::parse_time(to, now));
  }
  if (!from.empty()) {
    if (!since.empty()) return base::invalid_argument_error("--since and --from exclude each other");
    ASSIGN_OR_RETURN(range.from, client::parse_time(from, now));
  } else if (!since.empty() || !default_since.empty()) {
    ASSIGN_OR_RETURN(const base::nanoseconds span, parse_duration(since.empty() ? default_since : since));
    range.from = range.to.value_or(now) - span;
  }
  if (range.from.has_value() && *range.from >= range.to.value_or(now)) {
    return base::invalid_argument_error("the range is empty: --from is not before --to");
  }
  return range;
}

void FormatOptions::add_to(CLI::App& command) {
  command.add_option("-o,--output", format, "text, raw, json or csv [text]");
  command.add_option("--color", color, "auto, always or never [auto]");
  command.add_flag("--utc", utc, "print times in UTC instead of the local zone");
}

base::StatusOr<client::OutputOptions> FormatOptions::resolve() const {
  client::OutputOptions options;
  ASSIGN_OR_RETURN(options.format, client::parse_output_format(format));
  ASSIGN_OR_RETURN(const client::ColorMode mode, parse_color_mode(color));
  options.color = client::use_color(mode, stdout);
  options.utc = utc;
  return options;
}

base::StatusOr<client::ColorMode> parse_color_mode(std::string_view text) {
  if (text == "auto" || text.empty()) return client::ColorMode::kAuto;
  if (text == "always") return client::ColorMode::kAlways;
  if (text == "never") return client::ColorMode::kNever;
  return base::invalid_argument_error("--color takes auto, always or never, not '{}'", text);
}

base::UnixNanos system_now() {
  return base::SystemClock().now();
}

void print_coverage(const std::optional<client::CoverageNote>& coverage, bool utc) {
  if (!coverage.has_value()) return;
  std::fflush(stdout);
  std::fprintf(stderr, "cordwood: %s\n", client::describe(*coverage, system_now(), utc).c_str());
}

}  // namespace cordwood::app

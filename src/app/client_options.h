// Flags that several client commands share.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "base/time.h"
#include "client/coverage.h"
#include "client/endpoint.h"
#include "client/output.h"

namespace CLI {
class App;
}

namespace cordwood::app {

// --url, --tenant (and CORDWOOD_URL, CORDWOOD_TOKEN, CORDWOOD_TENANT).
struct EndpointOptions {
  client::Endpoint endpoint = client::endpoint_from_environment();
  void add_to(CLI::App& command);
};

// --since, --from, --to.
struct RangeOptions {
  std::string since;
  std::string from;
  std::string to;
  void add_to(CLI::App& command);

  struct Range {
    std::optional<base::UnixNanos> from;  // none = everything kept
    std::optional<base::UnixNanos> to;    // none = now
  };
  // `default_since` empty = no lower bound.
  base::StatusOr<Range> resolve(std::string_view default_since) const;
};

// -o, --utc, --color.
struct FormatOptions {
  std::string format = "text";
  std::string color = "auto";
  bool utc = false;
  void add_to(CLI::App& command);
  base::StatusOr<client::OutputOptions> resolve() const;
};

base::StatusOr<client::ColorMode> parse_color_mode(std::string_view text);
base::UnixNanos system_now();
// The last line on stderr: to what moment and for which hosts the answer is complete. Nothing of servers that keep no
// fleet.
void print_coverage(const std::optional<client::CoverageNote>& coverage, bool utc);

}  // namespace cordwood::app

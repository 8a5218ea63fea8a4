// The answer of /api/v1/fleet: hosts and their files, for `cordwood fleet`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/coverage.h"

namespace cordwood::client {

struct FleetLoss {
  std::uint64_t at_least = 0;
  bool exact = false;
  base::UnixNanos since;
  base::UnixNanos until;
  std::string reason;
};

struct FleetFile {
  std::string path;
  std::string state;
  std::uint64_t seen = 0;
  std::uint64_t acked = 0;
  base::UnixNanos last_write;
  std::string problem;
  std::vector<FleetLoss> losses;
};

struct FleetHost {
  CoverageHost now;
  bool retired = false;
  std::uint64_t files = 0;
  std::uint64_t acked_bytes = 0;
  base::UnixNanos last_write;
  std::vector<FleetFile> entries;  // when asked for
};

struct FleetAnswer {
  base::UnixNanos now;  // of the server
  std::vector<FleetHost> hosts;
};
base::StatusOr<FleetAnswer> parse_fleet(std::string_view body);

struct FleetView {
  bool files = false;   // each host's files below it
  bool lost = false;    // only hosts that lost something, with what, when and why
  bool behind = false;  // only hosts that are not complete
  bool utc = false;
};
// A table, one line a host.
std::string fleet_table(const FleetAnswer& fleet, const FleetView& view);

}  // namespace cordwood::client

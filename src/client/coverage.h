// Coverage as a client gets it: to what moment and for which hosts an answer is complete (docs/protocols/query.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace cordwood::client {

struct CoverageHost {
  std::string host;
  std::string state;  // complete, behind, silent, skewed, ended
  std::optional<base::UnixNanos> watermark;
  std::optional<base::UnixNanos> last_heartbeat;
  std::int64_t clock_offset_ms = 0;
  std::uint64_t waiting_bytes = 0;
  std::uint64_t lost_at_least = 0;
  bool lost_exact = true;
  std::optional<base::UnixNanos> last_loss;
};

struct CoverageNote {
  bool matched = false;
  bool complete = false;
  std::optional<base::UnixNanos> complete_through;
  std::uint64_t hosts_expected = 0;
  std::uint64_t hosts_complete = 0;
  std::uint64_t unaccounted_streams = 0;
  std::uint64_t lost_at_least = 0;
  bool lost_exact = true;
  std::uint64_t dropped_by_rule_bytes = 0;
  std::optional<base::UnixNanos> kept_from;
  std::vector<CoverageHost> not_complete;  // the worst first; not all of them
};

// The object as text. InvalidArgument when it is none.
base::StatusOr<CoverageNote> parse_coverage(std::string_view json);

// One line for people, without a newline:
//   complete through 12:00:03.120 on 298 of 300 hosts; web-17 silent since 11:42:05, db-3 lost 1.2 MB at 11:58:00
// Times of the day of `now` are given without their date.
std::string describe(const CoverageNote& coverage, base::UnixNanos now, bool utc);

// 512 B, 1.2 MB
std::string bytes_text(std::uint64_t bytes);
// 12:00:03.120, or with its date when that is another than now's; `digits` of the fraction: 0 or 3.
std::string clock_text(base::UnixNanos time, base::UnixNanos now, bool utc, int digits);

}  // namespace cordwood::client

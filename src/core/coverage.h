// Coverage: to what moment and for which hosts an answer is complete. `interfaces.md` of the design has the rules;
// docs/operating/coverage.md tells them to users.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "core/ledger.h"
#include "core/query_runner.h"
#include "core/time_range.h"

namespace cordwood::core {

enum class HostState : std::uint8_t {
  kComplete,  // its watermark reaches the end of the range, or almost now
  kBehind,    // it reports, but its watermark does not reach so far
  kSilent,    // no heartbeat for silent_after, or its agent was stopped
  kSkewed,    // its clock is more than a second off: its watermark says nothing
  kEnded,     // its agent said its last word: complete for any range
};

// Of the sources that a question selects, on one host.
struct HostCoverage {
  std::string host;
  HostState state = HostState::kComplete;
  UnixNanos watermark;                // by the server's clock; 0 when none is known
  UnixNanos last_heartbeat;           // server's clock
  base::nanoseconds clock_offset{0};  // of a skewed host
  std::uint64_t waiting_bytes = 0;    // seen and not stored, pending ones left out
  std::uint64_t pending_bytes = 0;
  std::uint64_t lost_at_least = 0;
  bool lost_exact = true;  // false: there may be more
  UnixNanos last_loss;     // end of the youngest loss inside the range; 0 without any
  std::uint64_t dropped_bytes = 0;
};

struct Coverage {
  // The selector matches a stream or a source. An answer to a question that matches nothing is never complete.
  bool matched = false;
  // The smallest watermark of complete hosts, at most the end of the range. By when lines were written: a later line
  // may carry an earlier time. Nullopt without a complete host.
  std::optional<UnixNanos> complete_through;
  std::uint64_t expected = 0;  // = complete + behind + silent + skewed; ended hosts are complete
  std::uint64_t complete = 0;
  std::uint64_t behind = 0;
  std::uint64_t silent = 0;
  std::uint64_t skewed = 0;
  // Of other senders than agents: what they still have to send, nobody knows.
  std::uint64_t unaccounted_streams = 0;
  std::uint64_t lost_at_least = 0;
  bool lost_exact = true;
  std::uint64_t dropped_by_rule_bytes = 0;
  std::uint64_t pending_bytes = 0;
  // Records before it have been removed by age or for room; nullopt: nothing has.
  std::optional<UnixNanos> kept_from;
  // Arrival minus time of 99.9 % of the lines of the selected streams, over the last days; nullopt: not known.
  std::optional<base::nanoseconds> late_p999;
  // Those that are not complete or lost something; the worst first, at most kHostsNamedMax unless all were asked for.
  std::vector<HostCoverage> hosts;

  // Nothing that was asked for can be missing: every host answered for, nothing lost, no stream of unknown senders,
  // the whole range still kept.
  bool whole(UnixNanos range_begin) const {
    return matched && complete == expected && unaccounted_streams == 0 && lost_at_least == 0 && lost_exact &&
           (!kept_from.has_value() || range_begin >= *kept_from);
  }
};
inline constexpr std::size_t kHostsNamedMax = 10;

struct CoverageRequest {
  TenantId tenant;
  TimeRange range;
  // Whether the question selects a source with these labels, to which the agent's pipeline may add labels of these
  // names. Called under a lock: quick, and calls nothing of ours.
  std::function<bool(const Labels& labels, const std::vector<std::string>& extracted)> selects;
  // The streams that the question selects, with records in the range.
  std::vector<StreamRef> streams;
  std::optional<UnixNanos> kept_from;
  bool all_hosts = false;
};

// Where coverage comes from; implemented by fleet. Thread-safe, does not block.
class CoverageReader {
 public:
  virtual ~CoverageReader() = default;
  virtual Coverage coverage(const CoverageRequest& request) const = 0;
};

// --- the fleet as a whole
// ---------------------------------------------------------------------------------------------

struct FleetHost {
  HostCoverage now;  // of all its sources, for a range that ends now
  std::string version;
  UnixNanos first_seen;
  bool retired = false;
  std::uint64_t files = 0;
  std::uint64_t seen_bytes = 0;
  std::uint64_t acked_bytes = 0;
  UnixNanos last_write;
  std::vector<LedgerEntry> entries;  // when asked for, by path and age
};

class FleetReader {
 public:
  virtual ~FleetReader() = default;
  // By host name; one host when `host` is not empty. With entries when `files`.
  virtual std::vector<FleetHost> hosts(const TenantId& tenant, const std::string& host, bool files) const = 0;
  // The host is no longer expected, until its agent returns. NotFound when there is none of that name.
  virtual base::Task<base::Status> retire(TenantId tenant, std::string host) = 0;
};

}  // namespace cordwood::core

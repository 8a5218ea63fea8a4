// The times of lines: found in the line, inherited from the line before, or given.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "core/record.h"
#include "pipeline/gotime/time_zone.h"

namespace cordwood::agent {

// Not thread-safe.
class LineTimes {
 public:
  virtual ~LineTimes() = default;
  // The time written in the line.
  virtual std::optional<base::UnixNanos> detect(std::string_view line) = 0;
  // The modification time of the file that the next lines are from: it gives times without a year theirs.
  virtual void set_reference(base::UnixNanos modified) = 0;
};

// Times that name no zone are of `zone`; null means UTC.
std::unique_ptr<LineTimes> make_line_times(std::shared_ptr<const pipeline::TimeZone> zone);
// The zone of this host: of the environment variable TZ if it names one, else of /etc/localtime, else UTC.
std::shared_ptr<const pipeline::TimeZone> host_zone();

struct LineTime {
  base::UnixNanos time;
  core::TimeOrigin origin = core::TimeOrigin::kRead;
};

// `last` is the last time that was found in the generation, and becomes that of this line when it has one; `fallback`
// is used when there is none at all.
inline LineTime time_of_line(LineTimes& times, std::string_view line, std::optional<base::UnixNanos>& last,
                             base::UnixNanos fallback) {
  if (const std::optional<base::UnixNanos> found = times.detect(line)) {
    last = found;
    return {*found, core::TimeOrigin::kParsed};
  }
  if (last.has_value()) return {*last, core::TimeOrigin::kInherited};
  return {fallback, core::TimeOrigin::kRead};
}

}  // namespace cordwood::agent

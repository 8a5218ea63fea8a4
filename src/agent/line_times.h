// The times of lines: found in the line, inherited from the line before, or given.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "core/record.h"

namespace cordwood::agent {

// One for each generation: it remembers the format that matched last. Not thread-safe.
class LineTimes {
 public:
  virtual ~LineTimes() = default;
  // The time written in the line.
  virtual std::optional<base::UnixNanos> detect(std::string_view line) = 0;
  // The modification time of the file, which gives times without a year theirs.
  virtual void set_reference(base::UnixNanos modified) = 0;
};

std::shared_ptr<LineTimes> make_line_times();

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

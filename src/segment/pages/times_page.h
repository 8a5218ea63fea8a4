// The times of a block's rows.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace cordwood::segment::pages {

class TimesEncoder {
 public:
  // `times` is not empty.
  void append(std::span<const base::UnixNanos> times, std::string& out);

 private:
  std::vector<std::uint64_t> values_;
  std::string deltas_;
  std::string deltas_of_deltas_;
};

// Gives exactly `rows` (at least 1) times.
base::StatusOr<std::vector<base::UnixNanos>> read_times(std::string_view bytes, std::size_t rows);

}  // namespace cordwood::segment::pages

// Where a block's rows came from: source, offset, line number, flags.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/record.h"

namespace cordwood::segment::pages {

// Columns of equal length.
struct Positions {
  std::vector<std::uint32_t> sources;
  std::vector<core::RecordFlags> flags;
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint64_t> line_numbers;

  void clear() {
    sources.clear();
    flags.clear();
    offsets.clear();
    line_numbers.clear();
  }
};

class PositionsEncoder {
 public:
  // `lengths` are those of the lines.
  void append(const Positions& positions, std::span<const std::uint64_t> lengths, std::string& out);

 private:
  std::vector<std::uint32_t> flags_;
  std::vector<std::uint64_t> residuals_;
  std::string column_;
  std::string other_column_;
};

// As many rows as `lengths` has; sources are below `sources`, which is at least 1.
base::StatusOr<Positions> read_positions(std::string_view bytes, std::span<const std::uint64_t> lengths,
                                         std::uint32_t sources);

}  // namespace cordwood::segment::pages

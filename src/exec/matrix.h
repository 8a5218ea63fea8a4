// The value of a metric expression at all points of a step grid: rows of labels with one value a point.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "core/labels.h"

namespace cordwood::exec {

// "No point here": a NaN with a payload that no arithmetic on samples gives, because absent points are never operands.
inline constexpr std::uint64_t kAbsentBits = 0x7ff8'c0de'c0de'0001U;
inline double absent() {
  return std::bit_cast<double>(kAbsentBits);
}
inline bool is_absent(double value) {
  return std::bit_cast<std::uint64_t>(value) == kAbsentBits;
}

struct MatrixRow {
  core::Labels labels;
  std::vector<double> values;  // one for each step, or absent()

  bool any() const {
    for (const double value : values) {
      if (!is_absent(value)) return true;
    }
    return false;
  }
};

// The order of rows is that of the result of an instant query with sort(); elsewhere it is by labels, or without
// meaning. Labels of rows need not be unique: label_replace may make them equal.
struct Matrix {
  std::size_t steps = 1;
  std::vector<MatrixRow> rows;
};

}  // namespace cordwood::exec

// Whether digits stand at a place in the decimal form of numbers, by arithmetic.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "codec/line_column.h"
#include "exec/encoded/needle.h"

namespace cordwood::exec {

// For one column of form kIntegers and one piece of a needle. `digits` must outlive it.
class DecimalMatch {
 public:
  DecimalMatch(const codec::ColumnInfo& info, Place place, std::string_view digits);

  // Whether a value between the column's least and greatest can pass; false is certain.
  bool possible() const { return possible_; }
  // Calls `hit(i)` for each value that passes.
  template <typename Hit>
  void run(std::span<const std::uint64_t> values, Hit hit) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (passes(values[i])) hit(i);
    }
  }
  bool passes(std::uint64_t value) const {
    switch (way_) {
      case Way::kEqual:
        return value == number_;
      case Way::kRanges:
        for (std::uint32_t i = 0; i < range_count_; ++i) {
          if (value - ranges_[i].first <= ranges_[i].last - ranges_[i].first) return true;
        }
        return false;
      case Way::kEnd:
        return value % power_ == number_ && value >= least_;
      case Way::kInside:
        for (; value >= least_; value /= 10) {
          if (value % power_ == number_) return true;
          if (value < 10) break;
        }
        return false;
      case Way::kText:
        return passes_as_text(value);
    }
    return false;
  }

 private:
  enum class Way : std::uint8_t { kEqual, kRanges, kEnd, kInside, kText };
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  void prepare_whole();
  void prepare_start();
  bool passes_as_text(std::uint64_t value) const;

  const codec::ColumnInfo& info_;
  const Place place_;
  const std::string_view digits_;
  Way way_ = Way::kText;
  bool possible_ = true;
  std::uint64_t number_ = 0;
  std::uint64_t power_ = 1;  // 10 to the number of digits
  std::uint64_t least_ = 0;  // the least value with as many digits
  std::array<Range, 20> ranges_{};
  std::uint32_t range_count_ = 0;
};

}  // namespace cordwood::exec

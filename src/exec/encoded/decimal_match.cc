#include "exec/encoded/decimal_match.h"

#include <algorithm>
#include <string>

namespace cordwood::exec {
namespace {

// Numbers of up to so many digits fit in 64 bits, and so does ten to that power.
constexpr std::size_t kDigitsMax = 19;

std::uint64_t parse(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char digit : digits) {
    if (digit != '.') number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

}  // namespace

DecimalMatch::DecimalMatch(const codec::ColumnInfo& info, Place place, std::string_view digits)
    : info_(info), place_(place), digits_(digits) {
  const bool only_digits = digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!only_digits && info.scale == 0) {
    possible_ = false;
    return;
  }
  const bool plain = only_digits && info.width == 0 && info.scale == 0 && !digits.empty();
  if (digits.size() > kDigitsMax) return;
  if (place == Place::kWhole) prepare_whole();
  if (place == Place::kWhole || !plain) return;
  number_ = parse(digits);
  for (std::size_t i = 0; i < digits.size(); ++i) power_ *= 10;
  least_ = digits.size() == 1 ? 0 : power_ / 10;
  switch (place) {
    case Place::kStart:
      prepare_start();
      return;
    case Place::kEnd:
      way_ = Way::kEnd;
      return;
    case Place::kInside:
      way_ = Way::kInside;
      return;
    case Place::kWhole:
      return;
  }
}

void DecimalMatch::prepare_whole() {
  if (digits_.find_first_not_of("0123456789.") != std::string_view::npos) {
    possible_ = false;
    return;
  }
  way_ = Way::kEqual;
  number_ = parse(digits_);
  std::string written;
  codec::append_number(info_, number_, written);
  possible_ = written == digits_ && info_.value_min <= number_ && number_ <= info_.value_max;
}

// Values that begin with the digits: one range for each number of digits behind them.
void DecimalMatch::prepare_start() {
  way_ = Way::kRanges;
  const auto add = [&](std::uint64_t first, std::uint64_t last) {
    first = std::max(first, info_.value_min);
    last = std::min(last, info_.value_max);
    if (first <= last) ranges_[range_count_++] = {first, last};
  };
  if (digits_[0] == '0') {
    if (digits_.size() == 1) add(0, 0);
  } else {
    unsigned __int128 first = number_;
    unsigned __int128 count = 1;
    constexpr std::uint64_t kMax = ~std::uint64_t{0};
    while (first <= kMax) {
      add(static_cast<std::uint64_t>(first),
          static_cast<std::uint64_t>(std::min<unsigned __int128>(first + count - 1, kMax)));
      first *= 10;
      count *= 10;
    }
  }
  possible_ = range_count_ != 0;
}

bool DecimalMatch::passes_as_text(std::uint64_t value) const {
  std::string text;  // at most 21 bytes for most columns, so mostly without an allocation worth mentioning
  codec::append_number(info_, value, text);
  switch (place_) {
    case Place::kInside:
      return text.find(digits_) != std::string::npos;
    case Place::kStart:
      return std::string_view(text).starts_with(digits_);
    case Place::kEnd:
      return std::string_view(text).ends_with(digits_);
    case Place::kWhole:
      return text == digits_;
  }
  return false;
}

}  // namespace cordwood::exec

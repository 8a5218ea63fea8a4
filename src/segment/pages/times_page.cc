#include "segment/pages/times_page.h"

#include "base/check.h"
#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "codec/int_columns.h"
#include "segment/pages/format.h"

namespace cordwood::segment::pages {
namespace {

constexpr std::uint8_t kExponents[] = {9, 6, 3, 0};

constexpr std::int64_t unit_of(std::uint8_t exponent) {
  return exponent == 9 ? 1'000'000'000 : exponent == 6 ? 1'000'000 : exponent == 3 ? 1'000 : 1;
}

// Differences wrap: dividing a wrapped difference and multiplying it again gives it back, so any two times are allowed.
std::int64_t difference(base::UnixNanos a, base::UnixNanos b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a.value) - static_cast<std::uint64_t>(b.value));
}

std::uint8_t largest_exponent(std::span<const base::UnixNanos> times) {
  std::size_t candidate = 0;
  for (const base::UnixNanos time : times) {
    const std::int64_t value = difference(time, times[0]);
    while (value % unit_of(kExponents[candidate]) != 0) ++candidate;
  }
  return kExponents[candidate];
}

}  // namespace

void TimesEncoder::append(std::span<const base::UnixNanos> times, std::string& out) {
  const std::uint8_t exponent = largest_exponent(times);
  const std::int64_t unit = unit_of(exponent);
  values_.clear();
  for (const base::UnixNanos time : times.subspan(1)) {
    values_.push_back(static_cast<std::uint64_t>(difference(time, times[0]) / unit));
  }
  deltas_.clear();
  deltas_of_deltas_.clear();
  codec::append_deltas(values_, deltas_);
  codec::append_deltas_of_deltas(values_, deltas_of_deltas_);
  const bool even = deltas_of_deltas_.size() < deltas_.size();
  codec::ByteWriter writer(out);
  writer.u8(static_cast<std::uint8_t>(even ? TimesForm::kDeltasOfDeltas : TimesForm::kDeltas));
  writer.u8(exponent);
  writer.zigzag(times[0].value);
  writer.bytes(even ? deltas_of_deltas_ : deltas_);
}

base::StatusOr<std::vector<base::UnixNanos>> read_times(std::string_view bytes, std::size_t rows) {
  CHECK(rows > 0);
  codec::ByteReader reader(bytes, "times");
  ASSIGN_OR_RETURN(const std::uint8_t form, reader.u8("form"));
  if (form > static_cast<std::uint8_t>(TimesForm::kDeltasOfDeltas)) return reader.wrong("form", 1, form);
  ASSIGN_OR_RETURN(const std::uint8_t exponent, reader.u8("exponent"));
  if (exponent % 3 != 0 || exponent > 9) return reader.wrong("exponent", 9, exponent);
  ASSIGN_OR_RETURN(const std::int64_t first, reader.zigzag("first time"));
  ASSIGN_OR_RETURN(const std::string_view rest, reader.bytes(reader.left(), "times"));
  std::vector<std::uint64_t> values(rows - 1);
  RETURN_IF_ERROR(form == static_cast<std::uint8_t>(TimesForm::kDeltas) ? codec::read_deltas(rest, values)
                                                                        : codec::read_deltas_of_deltas(rest, values));
  const auto unit = static_cast<std::uint64_t>(unit_of(exponent));
  std::vector<base::UnixNanos> times(rows);
  times[0].value = first;
  for (std::size_t i = 1; i < rows; ++i) {
    times[i].value = static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + values[i - 1] * unit);
  }
  return times;
}

}  // namespace cordwood::segment::pages

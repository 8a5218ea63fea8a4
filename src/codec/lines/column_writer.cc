#include "codec/lines/column_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "codec/lines/word_set.h"
#include "codec/varint.h"

namespace cordwood::codec::lines {

namespace {

template <typename T>
void append_ids_of(std::span<const T> ids, std::uint64_t count, std::string& out) {
  std::size_t at = out.size();
  out.resize(at + ids.size() * id_bytes(count));
  for (T id : ids) out[at++] = static_cast<char>(id);
  if (id_bytes(count) == 1) return;
  for (T id : ids) out[at++] = static_cast<char>(id >> 8);
}

void append_lengths(const ColumnInfo& info, std::span<const std::string_view> values, std::string& out) {
  if (info.length_min == info.length_max) return;
  for (std::string_view value : values) append_varint(out, value.size());
}

// Fewer values are not worth choosing for.
constexpr std::size_t kTriedValuesMin = 256;
// When so many values are all new, the rest is taken to be so too.
constexpr std::size_t kNewValuesMax = 2'048;
// What the directory says of repeats beside what it says of other columns.
constexpr std::size_t kRepeatsEntryBytes = 4;

// Distinct values as distances from the newest: 0 for a new one. Ids are those of the order in which they come first.
void append_refs(std::span<const std::uint32_t> ids, std::string& out) {
  std::vector<std::uint32_t> refs;
  refs.reserve(ids.size());
  std::uint32_t seen = 0;
  std::uint32_t farthest = 0;
  for (std::uint32_t id : ids) {
    refs.push_back(id == seen ? 0 : seen - id);
    if (id == seen) ++seen;
    farthest = std::max(farthest, refs.back());
  }
  append_ids(std::span<const std::uint32_t>(refs), std::uint64_t{farthest} + 1, out);
}

}  // namespace

void append_ids(std::span<const std::uint32_t> ids, std::uint64_t count, std::string& out) {
  append_ids_of(ids, count, out);
}
void append_ids(std::span<const std::uint16_t> ids, std::uint64_t count, std::string& out) {
  append_ids_of(ids, count, out);
}

PageWriter::Kin PendingColumn::kin(std::uint32_t stream) const {
  bool strings = entry.encoding == Encoding::kBytes || entry.encoding == Encoding::kDictionary;
  bool data = stream + 1 == stream_count(entry);
  return strings && data && entry.info.length_max >= kTextBytesOfValue ? PageWriter::Kin::kText
                                                                       : PageWriter::Kin::kShort;
}

bool ColumnWriter::may_nest(const ColumnEntry& entry) {
  constexpr std::uint32_t kCountMin = 64;
  constexpr std::uint64_t kBytesOfValueMin = 12;
  constexpr Alphabet kTokens = kAlphabetDigits | kAlphabetLowerHex | kAlphabetLowerOther | kAlphabetUpperHex |
                               kAlphabetUpperOther | kAlphabetUnderscore | kAlphabetHigh;
  const ColumnInfo& info = entry.info;
  return entry.encoding == Encoding::kBytes && !entry.repeats && info.count >= kCountMin &&
         info.length_max >= kBytesOfValueMin && (info.alphabet & ~kTokens) != 0;
}

void ColumnWriter::write(const char* buffer, std::span<const Span> values, PendingColumn& out) {
  buffer_ = buffer;
  values_ = values;
  out.entry.info.count = static_cast<std::uint32_t>(values.size());
  if (constant(out)) return;
  measure_lengths(out.entry.info);
  if (times(out)) return;
  measure_alphabet(out.entry.info);
  if (integers(out)) {
    if (cost_.tries()) try_repeated_numbers(out);
    return;
  }
  if (!dictionary(out)) bytes(out);
}

void ColumnWriter::write_strings(const char* buffer, std::span<const Span> values, PendingColumn& out) {
  buffer_ = buffer;
  values_ = values;
  out.entry.info.count = static_cast<std::uint32_t>(values.size());
  measure_lengths(out.entry.info);
  out.entry.info.alphabet = kAlphabetAll;
  bytes(out);
}

bool ColumnWriter::constant(PendingColumn& out) {
  std::string_view first = value(0);
  for (Span span : values_) {
    if (span.size() != first.size() || !same_bytes(buffer_ + span.begin, first.data(), first.size())) return false;
  }
  out.entry.encoding = Encoding::kConstant;
  out.constant = first;
  return true;
}

void ColumnWriter::measure_lengths(ColumnInfo& info) {
  info.length_min = ~std::uint64_t{0};
  value_bytes_ = 0;
  for (Span span : values_) {
    info.length_min = std::min<std::uint64_t>(info.length_min, span.size());
    info.length_max = std::max<std::uint64_t>(info.length_max, span.size());
    value_bytes_ += span.size();
  }
}

void ColumnWriter::measure_alphabet(ColumnInfo& info) {
  // Long texts have nearly every class of bytes; saying all costs nothing but a little pruning.
  constexpr std::uint64_t kLongBytesOfValue = 40;
  info.alphabet = kAlphabetAll;
  if (value_bytes_ / values_.size() >= kLongBytesOfValue) return;
  std::array<bool, 256> seen{};
  for (Span span : values_) {
    const char* at = buffer_ + span.begin;
    for (const char* end = at + span.size(); at != end; ++at) seen[static_cast<unsigned char>(*at)] = true;
  }
  info.alphabet = 0;
  for (unsigned c = 0; c < 256; ++c) {
    if (seen[c]) info.alphabet |= alphabet_of(static_cast<unsigned char>(c));
  }
}

bool ColumnWriter::integers(PendingColumn& out) {
  ColumnInfo& info = out.entry.info;
  constexpr std::uint64_t kDigitsMax = 19;
  bool dots = info.alphabet == (kAlphabetDigits | kAlphabetDot);
  if ((info.alphabet != kAlphabetDigits && !dots) || info.length_min == 0 || info.length_max > kDigitsMax) return false;
  std::size_t dot = value(0).rfind('.');
  if (dots && dot == std::string_view::npos) return false;
  std::size_t scale = dots ? value(0).size() - dot - 1 : 0;
  if (dots && (scale == 0 || info.length_min < scale + 2)) return false;
  bool same_length = info.length_min == info.length_max;
  numbers_.clear();
  bool zeros = false;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    std::string_view text = value(i);
    std::size_t whole = text.size() - scale - (dots ? 1 : 0);
    zeros = zeros || (whole > 1 && text[0] == '0');
    if (zeros && !same_length) return false;
    std::uint64_t number = 0;
    for (std::size_t k = 0; k < text.size(); ++k) {
      if (text[k] != '.') {
        number = number * 10 + static_cast<std::uint64_t>(text[k] - '0');
      } else if (k != whole) {
        return false;
      }
    }
    if (dots && text[whole] != '.') return false;
    numbers_.push_back(number);
  }
  info.scale = static_cast<std::uint32_t>(scale);
  info.width = dots ? info.scale + 1 : 0;
  if (zeros) info.width = static_cast<std::uint32_t>(info.length_min - (dots ? 1 : 0));
  out.entry.encoding = Encoding::kIntegers;
  write_numbers(out);
  return true;
}

bool ColumnWriter::times(PendingColumn& out) {
  if (values_[0].time == 0) return false;
  TimestampFormat format;
  numbers_.clear();
  bool zero_at_end = false;
  bool digits_vary = false;
  digits_.clear();
  for (std::size_t i = 0; i < values_.size(); ++i) {
    TimestampFormat found;
    std::uint64_t number = 0;
    if (!read_timestamp(value(i), found, number)) return false;
    numbers_.push_back(number);
    digits_.push_back(found.fraction_digits);
    zero_at_end = zero_at_end || (found.fraction_digits != 0 && number % 10 == 0);
    if (i == 0) format = found;
    digits_vary = digits_vary || found.fraction_digits != format.fraction_digits;
    if (found.fraction_digits > format.fraction_digits) std::swap(found, format);
    found.fraction_digits = format.fraction_digits;
    if (found.fraction_separator == 0) found.fraction_separator = format.fraction_separator;
    if (found != format) return false;
  }
  if (digits_vary) {
    if (zero_at_end) return false;
    format.trimmed = true;
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      for (std::uint8_t d = digits_[i]; d < format.fraction_digits; ++d) numbers_[i] *= 10;
    }
  }
  out.entry.encoding = Encoding::kTimes;
  out.entry.time = format;
  out.entry.info.alphabet =
      alphabet_of(value(0)) | kAlphabetDigits | alphabet_of(std::string_view(&format.fraction_separator, 1));
  if (format.date == TimestampFormat::kMonthName) out.entry.info.alphabet = kAlphabetAll;
  write_numbers(out);
  return true;
}

void ColumnWriter::write_numbers(PendingColumn& out) {
  ColumnInfo& info = out.entry.info;
  auto [low, high] = std::ranges::minmax(numbers_);
  info.value_min = low;
  info.value_max = high;
  // Bits rather than varint bytes: what is compressed later is their entropy.
  std::uint64_t delta_bits = 0;
  std::uint64_t plain_bits = 0;
  std::uint64_t last = low;
  for (std::uint64_t number : numbers_) {
    plain_bits += static_cast<std::uint64_t>(std::bit_width(number - low));
    delta_bits += static_cast<std::uint64_t>(std::bit_width(zigzag(static_cast<std::int64_t>(number - last))));
    last = number;
  }
  bool delta = delta_bits < plain_bits;
  out.entry.method = delta ? kTransformDelta : kTransformLessMin;
  last = low;
  stored_.clear();
  for (std::uint64_t number : numbers_) {
    stored_.push_back(delta ? zigzag(static_cast<std::int64_t>(number - last)) : number - low);
    last = number;
  }
  if (scratch_.size() < stored_.size() * kVarintBytesMax) scratch_.resize(stored_.size() * kVarintBytesMax);
  char* at = scratch_.data();
  for (std::uint64_t number : stored_) at = write_varint(at, number);
  std::string& stream = out.streams[0];
  stream.assign(scratch_.data(), static_cast<std::size_t>(at - scratch_.data()));
  if (stored_.size() >= kTriedValuesMin && stream.size() > stored_.size()) choose_planes(stored_, out);
}

void ColumnWriter::choose_planes(std::span<const std::uint64_t> stored, PendingColumn& out) {
  std::uint64_t bits = 0;
  for (std::uint64_t number : stored) bits |= number;
  auto bytes = static_cast<std::uint32_t>(std::bit_width(bits) + 7) / 8;
  std::string planes(bytes * stored.size(), '\0');
  for (std::uint32_t b = 0; b < bytes; ++b) {
    char* plane = planes.data() + b * stored.size();
    for (std::size_t i = 0; i < stored.size(); ++i) plane[i] = static_cast<char>(stored[i] >> (8 * b));
  }
  std::string& varints = out.streams[0];
  if (cost_.of(planes) >= cost_.of(varints)) return;
  out.entry.method = static_cast<std::uint8_t>(out.entry.method | bytes << 4);
  varints = std::move(planes);
}

void ColumnWriter::try_repeated_numbers(PendingColumn& out) {
  if (values_.size() < kTriedValuesMin || !find_distinct(values_.size() / 2)) return;
  PendingColumn repeated;
  append_refs(ids_, repeated.streams[0]);
  std::size_t bytes = cost_.of(out.streams[0]);
  std::size_t bytes_repeated = cost_.of(repeated.streams[0]);
  if (bytes_repeated >= bytes) return;
  // ids_ ascend where values are new.
  std::size_t seen = 0;
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (ids_[i] == seen) numbers_[seen++] = numbers_[i];
  }
  numbers_.resize(seen);
  PendingColumn distinct;
  write_numbers(distinct);
  bytes_repeated += cost_.of(distinct.streams[0]);
  if (bytes_repeated + kRepeatsEntryBytes >= bytes) return;
  out.entry.repeats = true;
  out.entry.distinct = static_cast<std::uint32_t>(seen);
  out.entry.method = distinct.entry.method;
  out.streams[0] = std::move(repeated.streams[0]);
  out.streams[1] = std::move(distinct.streams[0]);
}

bool ColumnWriter::find_distinct(std::size_t distinct_max) {
  std::size_t slots = std::bit_ceil(2 * distinct_max + 2);
  constexpr std::uint32_t kFree = 0xffffffff;
  slots_.assign(slots, kFree);
  ids_.clear();
  order_.clear();
  for (std::size_t i = 0; i < values_.size(); ++i) {
    std::string_view text = value(i);
    std::size_t slot = word_hash(text.data(), text.size()) & (slots - 1);
    while (slots_[slot] != kFree) {
      std::string_view entry = order_[slots_[slot]];
      if (entry.size() == text.size() && same_bytes(entry.data(), text.data(), text.size())) break;
      slot = (slot + 1) & (slots - 1);
    }
    if (slots_[slot] == kFree) {
      if (order_.size() == distinct_max || (i == kNewValuesMax && order_.size() == i)) return false;
      slots_[slot] = static_cast<std::uint32_t>(order_.size());
      order_.push_back(text);
    }
    ids_.push_back(slots_[slot]);
  }
  return true;
}

bool ColumnWriter::dictionary(PendingColumn& out) {
  // Few enough that naming them pays, whatever else is in the page.
  constexpr std::size_t kEntriesMax = 4'096;
  std::size_t few = std::min(values_.size() / 4, kEntriesMax);
  // Long text repeats what other columns have, and may be cut once more: it stays as it is.
  bool many = values_.size() >= kTriedValuesMin && out.entry.info.length_max < PendingColumn::kTextBytesOfValue;
  if (!find_distinct(many ? std::max(few, values_.size() / 2) : few)) return false;
  if (values_.size() >= kTriedValuesMin) {
    std::string refs;
    append_refs(ids_, refs);
    bool pays = order_.size() > few;
    if (!pays) {
      std::string ids;
      append_ids(std::span<const std::uint32_t>(ids_), order_.size(), ids);
      pays = cost_.of(refs) + kRepeatsEntryBytes < cost_.of(ids);
    } else if (cost_.tries()) {
      PendingColumn plain;
      plain.entry = out.entry;
      bytes(plain);
      std::string data;
      for (std::string_view text : order_) data.append(text);
      pays = cost_.of(refs) + cost_.of(data) < cost_.of(plain.streams[stream_count(plain.entry) - 1]);
    }
    if (pays) {
      out.streams[0] = std::move(refs);
      write_repeats(out);
      return true;
    }
    if (order_.size() > few) return false;
  }
  write_dictionary(out);
  return true;
}

void ColumnWriter::write_dictionary(PendingColumn& out) {
  out.entry.encoding = Encoding::kDictionary;
  ColumnInfo& info = out.entry.info;
  info.dictionary_entries = static_cast<std::uint32_t>(order_.size());
  append_ids(std::span<const std::uint32_t>(ids_), order_.size(), out.streams[0]);
  bool lengths = info.length_min != info.length_max;
  append_lengths(info, order_, out.streams[1]);
  for (std::string_view text : order_) out.streams[lengths ? 2 : 1].append(text);
}

void ColumnWriter::write_repeats(PendingColumn& out) {
  out.entry.repeats = true;
  out.entry.distinct = static_cast<std::uint32_t>(order_.size());
  out.entry.encoding = Encoding::kBytes;
  append_lengths(out.entry.info, order_, out.streams[1]);
  std::string& data = out.streams[stream_count(out.entry) - 1];
  for (std::string_view text : order_) data.append(text);
}

void ColumnWriter::bytes(PendingColumn& out) {
  out.entry.encoding = Encoding::kBytes;
  ColumnInfo& info = out.entry.info;
  bool lengths = info.length_min != info.length_max;
  if (lengths) {
    for (Span span : values_) append_varint(out.streams[0], span.size());
  }
  std::string& data = out.streams[lengths ? 1 : 0];
  data.resize(value_bytes_);
  char* at = data.data();
  for (Span span : values_) {
    std::memcpy(at, buffer_ + span.begin, span.size());
    at += span.size();
  }
}

}  // namespace cordwood::codec::lines

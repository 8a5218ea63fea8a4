#include "codec/lines/column_writer.h"

#include <algorithm>

#include "base/hash_map.h"
#include "codec/varint.h"

namespace cordwood::codec::lines {

namespace {

template <typename T>
void append_ids_of(std::span<const T> ids, std::uint64_t count, std::string& out) {
  for (T id : ids) out.push_back(static_cast<char>(id));
  if (id_bytes(count) == 1) return;
  for (T id : ids) out.push_back(static_cast<char>(id >> 8));
}

void append_lengths(const ColumnInfo& info, std::span<const std::string_view> values, std::string& out) {
  if (info.length_min == info.length_max) return;
  for (std::string_view value : values) append_varint(out, value.size());
}

}  // namespace

void append_ids(std::span<const std::uint32_t> ids, std::uint64_t count, std::string& out) {
  append_ids_of(ids, count, out);
}
void append_ids(std::span<const std::uint16_t> ids, std::uint64_t count, std::string& out) {
  append_ids_of(ids, count, out);
}

bool ColumnWriter::may_nest(const ColumnEntry& entry) {
  constexpr std::uint32_t kCountMin = 64;
  constexpr std::uint64_t kBytesOfValueMin = 12;
  constexpr Alphabet kTokens = kAlphabetDigits | kAlphabetLowerHex | kAlphabetLowerOther | kAlphabetUpperHex |
                               kAlphabetUpperOther | kAlphabetUnderscore | kAlphabetHigh;
  const ColumnInfo& info = entry.info;
  return entry.encoding == Encoding::kBytes && info.count >= kCountMin && info.length_max >= kBytesOfValueMin &&
         (info.alphabet & ~kTokens) != 0;
}

void ColumnWriter::write(const char* buffer, std::span<const Span> values, PendingColumn& out) {
  buffer_ = buffer;
  values_ = values;
  out.entry.info.count = static_cast<std::uint32_t>(values.size());
  if (constant(out)) return;
  measure(out.entry.info);
  if (integers(out) || dictionary(out)) return;
  bytes(out);
}

bool ColumnWriter::constant(PendingColumn& out) {
  std::string_view first = value(0);
  for (std::size_t i = 1; i < values_.size(); ++i) {
    if (value(i) != first) return false;
  }
  out.entry.encoding = Encoding::kConstant;
  out.constant = first;
  return true;
}

void ColumnWriter::measure(ColumnInfo& info) {
  info.length_min = ~std::uint64_t{0};
  info.alphabet = 0;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    std::string_view text = value(i);
    info.length_min = std::min<std::uint64_t>(info.length_min, text.size());
    info.length_max = std::max<std::uint64_t>(info.length_max, text.size());
    info.alphabet |= alphabet_of(text);
  }
}

bool ColumnWriter::integers(PendingColumn& out) {
  ColumnInfo& info = out.entry.info;
  if (info.alphabet != kAlphabetDigits || info.length_min == 0 || info.length_max > 19) return false;
  bool same_length = info.length_min == info.length_max;
  numbers_.clear();
  bool zeros = false;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    std::string_view text = value(i);
    zeros = zeros || (text.size() > 1 && text[0] == '0');
    if (zeros && !same_length) return false;
    std::uint64_t number = 0;
    for (char c : text) number = number * 10 + static_cast<std::uint64_t>(c - '0');
    numbers_.push_back(number);
  }
  info.width = zeros ? static_cast<std::uint32_t>(info.length_min) : 0;
  auto [low, high] = std::ranges::minmax(numbers_);
  info.value_min = low;
  info.value_max = high;
  out.entry.encoding = Encoding::kIntegers;
  std::uint64_t delta_bytes = 0;
  std::uint64_t plain_bytes = 0;
  std::uint64_t last = low;
  for (std::uint64_t number : numbers_) {
    plain_bytes += varint_bytes(number - low);
    delta_bytes += varint_bytes(zigzag(static_cast<std::int64_t>(number - last)));
    last = number;
  }
  bool delta = delta_bytes < plain_bytes;
  out.entry.method = delta ? kTransformDelta : kTransformLessMin;
  last = low;
  for (std::uint64_t number : numbers_) {
    append_varint(out.streams[0], delta ? zigzag(static_cast<std::int64_t>(number - last)) : number - low);
    last = number;
  }
  return true;
}

bool ColumnWriter::dictionary(PendingColumn& out) {
  // Few enough that naming them pays; given up as soon as there are more.
  std::size_t entries_max = std::min<std::size_t>(values_.size() / 4, 4'096);
  base::StringMap<std::uint32_t> entries;
  std::vector<std::string_view> order;
  std::vector<std::uint32_t> ids;
  ids.reserve(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) {
    auto found = entries.find(value(i));
    if (found == entries.end()) {
      if (order.size() == entries_max) return false;
      found = entries.emplace(value(i), static_cast<std::uint32_t>(order.size())).first;
      order.push_back(value(i));
    }
    ids.push_back(found->second);
  }
  out.entry.encoding = Encoding::kDictionary;
  ColumnInfo& info = out.entry.info;
  info.dictionary_entries = static_cast<std::uint32_t>(order.size());
  append_ids(std::span<const std::uint32_t>(ids), order.size(), out.streams[0]);
  bool lengths = info.length_min != info.length_max;
  append_lengths(info, order, out.streams[1]);
  for (std::string_view text : order) out.streams[lengths ? 2 : 1].append(text);
  return true;
}

void ColumnWriter::bytes(PendingColumn& out) {
  out.entry.encoding = Encoding::kBytes;
  ColumnInfo& info = out.entry.info;
  bool lengths = info.length_min != info.length_max;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    std::string_view text = value(i);
    if (lengths) append_varint(out.streams[0], text.size());
    out.streams[lengths ? 1 : 0].append(text);
  }
}

}  // namespace cordwood::codec::lines

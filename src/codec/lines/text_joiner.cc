#include "codec/lines/text_joiner.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace cordwood::codec::lines {

namespace {

constexpr std::array<std::uint64_t, 20> kPowers = [] {
  std::array<std::uint64_t, 20> powers{};
  std::uint64_t power = 1;
  for (std::uint64_t& p : powers) {
    p = power;
    power *= 10;
  }
  return powers;
}();

constexpr std::array<char, 200> kTwoDigits = [] {
  std::array<char, 200> digits{};
  for (std::size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

std::uint32_t digit_count(std::uint64_t value) {
  auto bits = static_cast<std::uint32_t>(64 - __builtin_clzll(value | 1));
  std::uint32_t guess = bits * 1233 >> 12;
  return guess + (value >= kPowers[guess] || value == 0 ? 1 : 0);
}

std::uint32_t number_bytes(const ColumnInfo& info, std::uint64_t value) {
  return std::max(digit_count(value), info.width) + (info.scale != 0 ? 1 : 0);
}

// Writes the `count` lowest digits.
void write_digits(char* out, std::uint64_t value, std::uint32_t count) {
  char* at = out + count;
  while (at - out >= 2) {
    at -= 2;
    std::memcpy(at, &kTwoDigits[2 * (value % 100)], 2);
    value /= 100;
  }
  if (at != out) *out = static_cast<char>('0' + value % 10);
}

char* write_number(char* out, const ColumnInfo& info, std::uint64_t value) {
  std::uint32_t digits = std::max(digit_count(value), info.width);
  if (info.scale == 0) {
    write_digits(out, value, digits);
    return out + digits;
  }
  std::uint64_t power = kPowers[info.scale];
  std::uint32_t whole = digits - info.scale;
  write_digits(out, value / power, whole);
  out[whole] = '.';
  write_digits(out + whole + 1, value % power, info.scale);
  return out + digits + 1;
}

// memcpy for lengths that are mostly below 32, without a call.
inline char* copy_text(char* out, const char* from, std::size_t length) {
  if (length <= 16) {
    if (length >= 8) {
      std::uint64_t first;
      std::uint64_t last;
      std::memcpy(&first, from, 8);
      std::memcpy(&last, from + length - 8, 8);
      std::memcpy(out, &first, 8);
      std::memcpy(out + length - 8, &last, 8);
    } else if (length >= 4) {
      std::uint32_t first;
      std::uint32_t last;
      std::memcpy(&first, from, 4);
      std::memcpy(&last, from + length - 4, 4);
      std::memcpy(out, &first, 4);
      std::memcpy(out + length - 4, &last, 4);
    } else if (length > 0) {
      out[0] = from[0];
      out[length - 1] = from[length - 1];
      out[length / 2] = from[length / 2];
    }
  } else {
    std::memcpy(out, from, length);
  }
  return out + length;
}

std::uint64_t text_bytes(const JoinSource& source) {
  std::uint64_t total = 0;
  switch (source.form) {
    case ColumnForm::kConstant:
      return std::uint64_t{source.info.count} * source.info.constant.size();
    case ColumnForm::kIntegers:
      for (std::uint64_t value : source.integers) total += number_bytes(source.info, value);
      return total;
    case ColumnForm::kDictionary:
      for (std::uint32_t id : source.ids) total += source.strings[id].size();
      return total;
    case ColumnForm::kBytes:
    case ColumnForm::kNested:
      return source.strings.joined().size();
  }
  return total;
}

inline char* write_next(char* at, JoinSource& source) {
  std::uint32_t i = source.next++;
  switch (source.form) {
    case ColumnForm::kConstant:
      return copy_text(at, source.info.constant.data(), source.info.constant.size());
    case ColumnForm::kIntegers:
      return write_number(at, source.info, source.integers[i]);
    case ColumnForm::kDictionary: {
      std::string_view text = source.strings[source.ids[i]];
      return copy_text(at, text.data(), text.size());
    }
    case ColumnForm::kBytes:
    case ColumnForm::kNested: {
      std::string_view text = source.strings[i];
      return copy_text(at, text.data(), text.size());
    }
  }
  return at;
}

}  // namespace

base::Status join_text(std::span<const Template> templates, std::span<const std::uint16_t> ids,
                       std::span<JoinSource> sources, std::uint32_t separator_bytes, std::uint64_t bytes_max,
                       JoinedText& out) {
  std::uint64_t total = 0;
  for (std::uint16_t id : ids) total += templates[id].static_bytes;
  for (const JoinSource& source : sources) total += text_bytes(source);
  if (total > bytes_max) return base::data_loss_error("text: wanted at most {} bytes, found {}", bytes_max, total);
  total += std::uint64_t{separator_bytes} * ids.size();
  out.data.resize(total);
  out.ends.resize(ids.size());
  char* begin = out.data.data();
  char* at = begin;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    for (const TemplatePiece& piece : templates[ids[row]].pieces) {
      at = copy_text(at, piece.text.data(), piece.text.size());
      if (piece.column != kNoColumn) at = write_next(at, sources[piece.column]);
    }
    out.ends[row] = static_cast<std::uint32_t>(at - begin);
    if (separator_bytes != 0) *at++ = '\n';
  }
  return base::ok_status();
}

}  // namespace cordwood::codec::lines

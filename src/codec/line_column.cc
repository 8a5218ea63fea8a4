#include "codec/line_column.h"

#include <array>

namespace cordwood::codec {

namespace {

constexpr Alphabet class_of(unsigned c) {
  if (c >= 128) return kAlphabetHigh;
  if (c < 32 || c == 127) return kAlphabetControl;
  if (c >= '0' && c <= '9') return kAlphabetDigits;
  if (c >= 'a' && c <= 'f') return kAlphabetLowerHex;
  if (c >= 'g' && c <= 'z') return kAlphabetLowerOther;
  if (c >= 'A' && c <= 'F') return kAlphabetUpperHex;
  if (c >= 'G' && c <= 'Z') return kAlphabetUpperOther;
  switch (c) {
    case '_':
      return kAlphabetUnderscore;
    case '-':
      return kAlphabetDash;
    case '.':
      return kAlphabetDot;
    case ':':
      return kAlphabetColon;
    case '/':
      return kAlphabetSlash;
    case ' ':
      return kAlphabetSpace;
    case '"':
      return kAlphabetQuote;
    case '\\':
      return kAlphabetBackslash;
    default:
      return kAlphabetPunctuation;
  }
}

constexpr std::array<Alphabet, 256> kClasses = [] {
  std::array<Alphabet, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) classes[c] = class_of(c);
  return classes;
}();

}  // namespace

Alphabet alphabet_of(unsigned char byte) {
  return kClasses[byte];
}

Alphabet alphabet_of(std::string_view text) {
  Alphabet all = 0;
  for (char c : text) all |= kClasses[static_cast<unsigned char>(c)];
  return all;
}

void append_number(const ColumnInfo& info, std::uint64_t value, std::string& out) {
  char digits[24];
  char* at = digits + sizeof digits;
  std::uint32_t count = 0;
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
    if (++count == info.scale) *--at = '.';
  } while (value != 0 || count < info.width);
  out.append(at, static_cast<std::size_t>(digits + sizeof digits - at));
}

void Column::append_value(std::uint32_t position, std::string& out) const {
  switch (info_.form) {
    case ColumnForm::kConstant:
      out.append(info_.constant);
      return;
    case ColumnForm::kIntegers:
      append_number(info_, integers_[position], out);
      return;
    case ColumnForm::kDictionary:
      out.append(strings_[ids_[position]]);
      return;
    case ColumnForm::kBytes:
      out.append(strings_[position]);
      return;
    case ColumnForm::kNested:
      return;
  }
}

}  // namespace cordwood::codec

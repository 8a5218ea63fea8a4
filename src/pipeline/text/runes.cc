#include "pipeline/text/runes.h"

#include <locale.h>
#include <wctype.h>

#include "base/json_writer.h"
#include "core/go_strings.h"

namespace cordwood::pipeline {
namespace {

using core::append_rune;
using core::decode_rune;

// The C library's Unicode tables; the locale is built into glibc. Without it only ASCII is mapped.
locale_t unicode_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

template <typename Map>
std::string map_runes(std::string_view text, Map map) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const core::Rune rune = decode_rune(text);
    append_rune(out, map(rune.code));
    text.remove_prefix(rune.bytes);
  }
  return out;
}

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool folded_prefix(std::string_view line, std::string_view needle) {
  while (!needle.empty()) {
    if (line.empty()) return false;
    const auto a = static_cast<unsigned char>(line[0]);
    const auto b = static_cast<unsigned char>(needle[0]);
    if (a < 0x80 && b < 0x80) {
      if (ascii_lower(line[0]) != needle[0]) return false;
      line.remove_prefix(1);
      needle.remove_prefix(1);
      continue;
    }
    const core::Rune x = decode_rune(line);
    const core::Rune y = decode_rune(needle);
    if (x.code != y.code && to_lower_rune(x.code) != y.code) return false;
    line.remove_prefix(x.bytes);
    needle.remove_prefix(y.bytes);
  }
  return true;
}

}  // namespace

char32_t to_lower_rune(char32_t rune) {
  if (rune < 0x80) return static_cast<char32_t>(ascii_lower(static_cast<char>(rune)));
  if (rune == 0x130) return 'i';  // Go maps I with a dot above; glibc keeps it
  const locale_t locale = unicode_locale();
  return locale == nullptr ? rune : static_cast<char32_t>(towlower_l(static_cast<wint_t>(rune), locale));
}

char32_t to_upper_rune(char32_t rune) {
  if (rune < 0x80) return rune >= 'a' && rune <= 'z' ? rune - 32 : rune;
  const locale_t locale = unicode_locale();
  return locale == nullptr ? rune : static_cast<char32_t>(towupper_l(static_cast<wint_t>(rune), locale));
}

bool is_space_rune(char32_t rune) {
  switch (rune) {
    case '\t':
    case '\n':
    case '\v':
    case '\f':
    case '\r':
    case ' ':
    case 0x85:
    case 0xA0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
      return true;
    default:
      return rune >= 0x2000 && rune <= 0x200A;
  }
}

bool is_letter_rune(char32_t rune) {
  if (rune < 0x80) return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z');
  const locale_t locale = unicode_locale();
  return locale != nullptr && iswalpha_l(static_cast<wint_t>(rune), locale) != 0;
}

bool is_digit_rune(char32_t rune) {
  if (rune < 0x80) return rune >= '0' && rune <= '9';
  return false;
}

std::string to_lower(std::string_view text) {
  return map_runes(text, to_lower_rune);
}
std::string to_upper(std::string_view text) {
  return map_runes(text, to_upper_rune);
}

std::string_view trim_space(std::string_view text) {
  while (!text.empty()) {
    const core::Rune rune = decode_rune(text);
    if (!is_space_rune(rune.code)) break;
    text.remove_prefix(rune.bytes);
  }
  while (!text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && text.size() - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
    const core::Rune rune = decode_rune(text.substr(start));
    if (start + rune.bytes != text.size() || !is_space_rune(rune.code)) break;
    text.remove_suffix(rune.bytes);
  }
  return text;
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

bool has_replacement_rune(std::string_view text) {
  if (is_ascii(text)) return false;
  return text.find("\xEF\xBF\xBD") != std::string_view::npos || !base::is_valid_utf8(text);
}

void append_without_replacement_runes(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const core::Rune rune = decode_rune(text);
    if (rune.code == 0xFFFD) {
      out.push_back(' ');
    } else {
      out.append(text.substr(0, rune.bytes));
    }
    text.remove_prefix(rune.bytes);
  }
}

bool contains_folded(std::string_view line, std::string_view lower_needle) {
  if (lower_needle.empty()) return true;
  while (true) {
    if (folded_prefix(line, lower_needle)) return true;
    if (line.empty()) return false;
    line.remove_prefix(static_cast<unsigned char>(line[0]) < 0x80 ? 1 : decode_rune(line).bytes);
  }
}

}  // namespace cordwood::pipeline

#include "pipeline/gotime/layout.h"

#include <array>
#include <utility>

namespace cordwood::pipeline {
namespace {

struct Word {
  std::string_view text;
  LayoutKind kind;
};
// Longer words stand before their prefixes.
constexpr std::array<Word, 33> kWords = {{
    {"January", LayoutKind::kLongMonth},
    {"Jan", LayoutKind::kMonth},
    {"Monday", LayoutKind::kLongWeekDay},
    {"Mon", LayoutKind::kWeekDay},
    {"MST", LayoutKind::kZoneName},
    {"01", LayoutKind::kZeroMonth},
    {"02", LayoutKind::kZeroDay},
    {"03", LayoutKind::kZeroHour12},
    {"04", LayoutKind::kZeroMinute},
    {"05", LayoutKind::kZeroSecond},
    {"06", LayoutKind::kYear},
    {"002", LayoutKind::kZeroYearDay},
    {"15", LayoutKind::kHour},
    {"1", LayoutKind::kNumMonth},
    {"2006", LayoutKind::kLongYear},
    {"2", LayoutKind::kDay},
    {"__2", LayoutKind::kUnderYearDay},
    {"_2", LayoutKind::kUnderDay},
    {"3", LayoutKind::kHour12},
    {"4", LayoutKind::kMinute},
    {"5", LayoutKind::kSecond},
    {"PM", LayoutKind::kUpperAmPm},
    {"pm", LayoutKind::kLowerAmPm},
    {"-070000", LayoutKind::kZoneSeconds},
    {"-07:00:00", LayoutKind::kZoneColonSeconds},
    {"-0700", LayoutKind::kZone},
    {"-07:00", LayoutKind::kZoneColon},
    {"-07", LayoutKind::kZoneShort},
    {"Z070000", LayoutKind::kIsoZoneSeconds},
    {"Z07:00:00", LayoutKind::kIsoZoneColonSeconds},
    {"Z0700", LayoutKind::kIsoZone},
    {"Z07:00", LayoutKind::kIsoZoneColon},
    {"Z07", LayoutKind::kIsoZoneShort},
}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `.000` or `,999`, not followed by another digit. 0 when there is none.
std::size_t fraction_length(std::string_view text) {
  if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || (text[1] != '0' && text[1] != '9')) return 0;
  std::size_t end = 1;
  while (end < text.size() && text[end] == text[1]) ++end;
  return end < text.size() && is_digit(text[end]) ? 0 : end;
}

bool element_at(std::string_view text, LayoutKind& kind, std::size_t& length) {
  if (const std::size_t fraction = fraction_length(text); fraction != 0) {
    kind = text[1] == '0' ? LayoutKind::kFraction0 : LayoutKind::kFraction9;
    length = fraction;
    return true;
  }
  for (const Word& word : kWords) {
    if (!text.starts_with(word.text)) continue;
    // "Jan" and "Mon" only where no lower-case letter goes on.
    if ((word.text == "Jan" || word.text == "Mon") && text.size() > 3 && text[3] >= 'a' && text[3] <= 'z') continue;
    kind = word.kind;
    length = word.text.size();
    return true;
  }
  return false;
}

}  // namespace

LayoutElement next_layout_element(std::string_view& layout) {
  for (std::size_t i = 0; i < layout.size(); ++i) {
    // `_2006` is a literal underscore and a year.
    if (layout.substr(i).starts_with("_2006")) {
      const LayoutElement year{layout.substr(0, i + 1), LayoutKind::kLongYear, layout.substr(i + 1, 4)};
      layout.remove_prefix(i + 5);
      return year;
    }
    LayoutKind kind = LayoutKind::kNone;
    std::size_t length = 0;
    if (!element_at(layout.substr(i), kind, length)) continue;
    const LayoutElement element{layout.substr(0, i), kind, layout.substr(i, length)};
    layout.remove_prefix(i + length);
    return element;
  }
  const LayoutElement rest{layout, LayoutKind::kNone, {}};
  layout = {};
  return rest;
}

}  // namespace cordwood::pipeline

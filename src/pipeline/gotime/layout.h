// The elements of a Go time layout.
#pragma once

#include <cstdint>
#include <string_view>

namespace cordwood::pipeline {

enum class LayoutKind : std::uint8_t {
  kNone,                 // the rest is literal
  kLongMonth,            // January
  kMonth,                // Jan
  kNumMonth,             // 1
  kZeroMonth,            // 01
  kLongWeekDay,          // Monday
  kWeekDay,              // Mon
  kDay,                  // 2
  kUnderDay,             // _2
  kZeroDay,              // 02
  kUnderYearDay,         // __2
  kZeroYearDay,          // 002
  kHour,                 // 15
  kHour12,               // 3
  kZeroHour12,           // 03
  kMinute,               // 4
  kZeroMinute,           // 04
  kSecond,               // 5
  kZeroSecond,           // 05
  kLongYear,             // 2006
  kYear,                 // 06
  kUpperAmPm,            // PM
  kLowerAmPm,            // pm
  kZoneName,             // MST
  kIsoZone,              // Z0700: Z for UTC
  kIsoZoneSeconds,       // Z070000
  kIsoZoneShort,         // Z07
  kIsoZoneColon,         // Z07:00
  kIsoZoneColonSeconds,  // Z07:00:00
  kZone,                 // -0700
  kZoneSeconds,          // -070000
  kZoneShort,            // -07
  kZoneColon,            // -07:00
  kZoneColonSeconds,     // -07:00:00
  kFraction0,            // .000: exactly this many digits
  kFraction9,            // .999: up to this many, without trailing zeros
};

struct LayoutElement {
  std::string_view literal;  // before the element
  LayoutKind kind = LayoutKind::kNone;
  std::string_view text;  // of the element in the layout
};

// Cuts the next element from `layout`.
LayoutElement next_layout_element(std::string_view& layout);

}  // namespace cordwood::pipeline

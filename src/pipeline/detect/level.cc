#include "pipeline/detect/level.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "pipeline/parse/json_scan.h"
#include "pipeline/parse/logfmt_decoder.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline {
namespace {

constexpr std::string_view kUnknown = "unknown";
// Structured metadata that OTLP records carry.
constexpr std::string_view kSeverityNumber = "severity_number";
// A line can nest as deep as it is long.
constexpr int kJsonDepthMax = 100;

struct Spelling {
  std::string_view word;  // lower case
  std::string_view level;
};
constexpr std::array<Spelling, 16> kSpellings = {{
    {"trace", "trace"},
    {"trc", "trace"},
    {"debug", "debug"},
    {"dbg", "debug"},
    {"info", "info"},
    {"inf", "info"},
    {"information", "info"},
    {"warn", "warn"},
    {"wrn", "warn"},
    {"warning", "warn"},
    {"error", "error"},
    {"err", "error"},
    {"critical", "critical"},
    {"fatal", "fatal"},
    {"unknown", kUnknown},
    {"", ""},
}};
// What counts inside of text, where the short forms would hit too much. Longer words before their prefixes.
constexpr std::array<Spelling, 9> kWords = {{
    {"trace", "trace"},
    {"debug", "debug"},
    {"info", "info"},
    {"warning", "warn"},
    {"warn", "warn"},
    {"error", "error"},
    {"err", "error"},
    {"critical", "critical"},
    {"fatal", "fatal"},
}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool starts_with_folded(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  return true;
}

// What may stand directly before and behind a free word. A colon, a slash or a hyphen before one is part of a longer
// name ("misc:error", "/api/error-handler"); a colon behind one is the usual separator.
constexpr std::string_view kBefore = " \t\r\n[({<\"'|=,;>";
constexpr std::string_view kBehind = " \t\r\n])}>\"'|=,;:!.?<";

std::array<bool, 256> table_of(std::string_view characters) {
  std::array<bool, 256> table{};
  for (const char c : characters) table[static_cast<unsigned char>(c)] = true;
  return table;
}

// OpenTelemetry's ranges of four.
std::string_view level_of_severity_number(std::string_view text) {
  int number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return "info";
  if (number == 0 || number > 24) return kUnknown;
  if (number <= 4) return "trace";
  if (number <= 8) return "debug";
  if (number <= 12) return "info";
  if (number <= 16) return "warn";
  if (number <= 20) return "error";
  return "fatal";
}

bool looks_like_json(std::string_view line) {
  const std::string_view trimmed = trim_space(line);
  return trimmed.size() >= 2 && trimmed.front() == '{' && trimmed.back() == '}';
}

}  // namespace

std::string_view canonical_level(std::string_view text) {
  for (const Spelling& spelling : kSpellings) {
    if (!spelling.word.empty() && spelling.word.size() == text.size() && starts_with_folded(text, spelling.word)) {
      return spelling.level;
    }
  }
  return {};
}

std::string_view level_from_words(std::string_view line) {
  static const std::array<bool, 256> before = table_of(kBefore);
  static const std::array<bool, 256> behind = table_of(kBehind);
  static const std::array<bool, 256> begins = table_of("tTdDiIwWeEcCfF");
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!begins[static_cast<unsigned char>(line[i])]) continue;
    if (i != 0 && !before[static_cast<unsigned char>(line[i - 1])]) continue;
    const std::string_view rest = line.substr(i);
    for (const Spelling& spelling : kWords) {
      const std::size_t length = spelling.word.size();
      if (!starts_with_folded(rest, spelling.word)) continue;
      if (length == rest.size() || behind[static_cast<unsigned char>(rest[length])]) return spelling.level;
    }
  }
  return kUnknown;
}

std::vector<std::string> LevelDetector::default_fields() {
  return {"level",        "LEVEL", "Level", "log.level", "severity",      "SEVERITY",      "Severity",
          "SeverityText", "lvl",   "LVL",   "Lvl",       "severity_text", "Severity_Text", "SEVERITY_TEXT"};
}

bool LevelDetector::is_field(std::string_view name) const {
  return std::find(fields_.begin(), fields_.end(), name) != fields_.end();
}

std::string_view LevelDetector::detect(const core::Labels* stream, std::span<const core::MetadataPair> metadata,
                                       std::string_view line) const {
  const auto named = [](std::string_view text) {
    const std::string_view level = canonical_level(text);
    return level.empty() ? text : level;
  };
  for (const std::string& field : fields_) {
    if (stream != nullptr && stream->has(field)) return named(stream->get(field));
  }
  for (const std::string& field : fields_) {
    for (const core::MetadataPair& pair : metadata) {
      if (pair.name == field) return named(pair.value);
    }
  }
  for (const core::MetadataPair& pair : metadata) {
    if (pair.name == kSeverityNumber && !pair.value.empty()) return level_of_severity_number(pair.value);
  }
  return detect_from_line(line);
}

std::string_view LevelDetector::detect_from_line(std::string_view line) const {
  std::string_view value;
  if (looks_like_json(line)) {
    value = value_from_json(line, 0);
  } else if (line.find('=') != std::string_view::npos) {
    value = value_from_logfmt(line);
  }
  const std::string_view level = canonical_level(value);
  return level.empty() || level == kUnknown ? level_from_words(line) : level;
}

std::string_view LevelDetector::value_from_json(std::string_view line, int depth_max) const {
  const int limit = depth_max <= 0 ? kJsonDepthMax : std::min(depth_max, kJsonDepthMax);
  std::vector<JsonObjectScanner> open;
  open.emplace_back(line);
  std::string_view key;
  JsonValue value;
  while (!open.empty()) {
    if (!open.back().next(key, value)) {
      if (open.back().error() != JsonError::kNone) return {};
      open.pop_back();
    } else if (value.type == JsonType::kString && is_field(key)) {
      return value.text;
    } else if (value.type == JsonType::kObject && static_cast<int>(open.size()) < limit) {
      open.emplace_back(value.text);
    }
  }
  return {};
}

std::string_view LevelDetector::value_from_logfmt(std::string_view line) const {
  LogfmtDecoder decoder;
  decoder.reset(line);
  while (!decoder.done()) {
    // Values that need unquoting are no level, so the view always points into the line or is of no use.
    if (decoder.next() && is_field(decoder.key())) return canonical_level(decoder.value());
  }
  return {};
}

}  // namespace cordwood::pipeline

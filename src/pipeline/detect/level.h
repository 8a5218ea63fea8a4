// Loki's detected_level: the severity of a record from its labels, its structured metadata, a field of its line, or a
// word in it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/labels.h"
#include "core/record.h"

namespace cordwood::pipeline {

inline constexpr std::string_view kDetectedLevelLabel = "detected_level";

// Immutable and thread-safe. The answers are "trace", "debug", "info", "warn", "error", "critical", "fatal", "unknown",
// or what a label says when it is none of the known spellings.
class LevelDetector {
 public:
  // Loki's log_level_fields: names of labels, of JSON fields at any depth, and of logfmt keys that hold a level.
  static std::vector<std::string> default_fields();
  explicit LevelDetector(std::vector<std::string> fields = default_fields()) : fields_(std::move(fields)) {}

  // The view points to a constant, or into the labels or the metadata.
  std::string_view detect(const core::Labels* stream, std::span<const core::MetadataPair> metadata,
                          std::string_view line) const;
  // From the line alone.
  std::string_view detect_from_line(std::string_view line) const;
  // The value of the first string field with one of the names, in the order of the text; objects are searched to
  // `depth_max` levels, 0 meaning all. "" when there is none.
  std::string_view value_from_json(std::string_view line, int depth_max) const;

 private:
  bool is_field(std::string_view name) const;
  std::string_view value_from_logfmt(std::string_view line) const;
  std::vector<std::string> fields_;
};

// The canonical name of a level in any of its spellings ("WARNING", "wrn", "Information"), or "".
std::string_view canonical_level(std::string_view text);
// The first word of the line that names a level and stands free: "[ERROR] ...", "warn: ...". "unknown" when there is
// none.
std::string_view level_from_words(std::string_view line);

}  // namespace cordwood::pipeline

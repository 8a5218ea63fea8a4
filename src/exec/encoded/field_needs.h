// Which fields of a line a metric query reads, when it reads nothing else of the line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "logql/ast.h"
#include "pipeline/labels_builder.h"

namespace cordwood::exec {

enum class FieldFormat : std::uint8_t { kJson, kLogfmt };

struct FieldNeeds {
  FieldFormat format = FieldFormat::kJson;
  // The names that the parser asks for; a field counts whose sanitized key is one of them, or one with
  // pipeline::kDuplicateSuffix behind it, or (of an object) the beginning of one.
  std::vector<std::string> names;

  // Nothing is known: the whole line is needed.
  bool empty() const { return names.empty(); }
};

// `stages` after the line filters; `hints` of their extractor. Empty unless one parser reads the line whose errors
// either do not exist or come of what every row is checked for (json_template.h).
FieldNeeds field_needs(const std::vector<logql::Stage>& stages, const pipeline::LabelHints& hints);

}  // namespace cordwood::exec

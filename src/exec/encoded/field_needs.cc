#include "exec/encoded/field_needs.h"

#include <optional>
#include <variant>

namespace cordwood::exec {
namespace {

bool reads_labels_only(const logql::Stage& stage) {
  return std::holds_alternative<logql::LabelFilterStage>(stage) || std::holds_alternative<logql::DropLabels>(stage) ||
         std::holds_alternative<logql::KeepLabels>(stage);
}

FieldNeeds needs_of(const logql::JsonParser& parser, const pipeline::LabelHints& hints) {
  if (!parser.extractions.empty()) return {};
  return {FieldFormat::kJson, hints.required};
}

// A strict one tells of malformed pairs wherever they stand.
FieldNeeds needs_of(const logql::LogfmtParser& parser, const pipeline::LabelHints& hints) {
  if (parser.strict) return {};
  if (parser.extractions.empty()) return {FieldFormat::kLogfmt, hints.required};
  FieldNeeds needs{FieldFormat::kLogfmt, {}};
  for (const logql::LogfmtExtraction& extraction : parser.extractions) {
    if (!extraction.key.ok() || extraction.key->empty()) return {};
    needs.names.push_back(*extraction.key);
  }
  return needs;
}

}  // namespace

FieldNeeds field_needs(const std::vector<logql::Stage>& stages, const pipeline::LabelHints& hints) {
  std::optional<FieldNeeds> needs;
  for (const logql::Stage& stage : stages) {
    if (reads_labels_only(stage)) continue;
    if (needs.has_value()) return {};
    if (const auto* json = std::get_if<logql::JsonParser>(&stage)) {
      needs = needs_of(*json, hints);
    } else if (const auto* logfmt = std::get_if<logql::LogfmtParser>(&stage)) {
      needs = needs_of(*logfmt, hints);
    } else {
      return {};
    }
  }
  return needs.value_or(FieldNeeds());
}

}  // namespace cordwood::exec

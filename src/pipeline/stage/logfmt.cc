// `| logfmt` and `| logfmt label="key"`.
#include <string>
#include <utility>
#include <vector>

#include "pipeline/parse/logfmt_decoder.h"
#include "pipeline/stage/build.h"
#include "pipeline/text/label_name.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline {
namespace {

// A value that lives as long as the row. The decoder's view may point into its own buffer.
std::string_view keep_value(std::string_view value, LabelsBuilder& labels) {
  if (!has_replacement_rune(value)) return labels.arena().copy(value);
  std::string& clean = labels.scratch();
  clean.clear();
  append_without_replacement_runes(clean, value);
  return labels.arena().copy(clean);
}

class LogfmtStage final : public Stage {
 public:
  LogfmtStage(bool strict, bool keep_empty) : strict_(strict), keep_empty_(keep_empty) {}

  bool process(base::UnixNanos /*time*/, std::string_view& line, LabelsBuilder& labels) const override {
    if (labels.parsers_disabled()) return true;
    LogfmtDecoder decoder;
    decoder.reset(line);
    while (!decoder.done()) {
      if (!decoder.next()) {
        if (strict_) break;
        continue;
      }
      extract(decoder, labels);
      if (labels.all_required_extracted()) return true;
    }
    if (strict_ && !decoder.error().empty()) {
      labels.add_parser_error(kLogfmtError, labels.arena().copy(decoder.error()));
    }
    return true;
  }

 private:
  void extract(const LogfmtDecoder& decoder, LabelsBuilder& labels) const {
    if (decoder.value().empty() && !keep_empty_) return;
    std::string& name = labels.scratch();
    name.clear();
    append_sanitized(name, decoder.key());
    if (name.empty()) return;
    const std::string_view wanted = labels.name_to_extract(labels.arena().copy(name));
    if (wanted.empty()) return;
    labels.set(LabelCategory::kParsed, wanted, keep_value(decoder.value(), labels));
  }

  const bool strict_;
  const bool keep_empty_;
};

struct Extraction {
  std::string label;
  std::string key;
};

class LogfmtPathStage final : public Stage {
 public:
  LogfmtPathStage(bool strict, std::vector<Extraction> extractions)
      : strict_(strict), extractions_(std::move(extractions)) {}

  bool process(base::UnixNanos /*time*/, std::string_view& line, LabelsBuilder& labels) const override {
    if (labels.parsers_disabled()) return true;
    for (const Extraction& extraction : extractions_) {
      if (labels.stream_has(extraction.label) || labels.metadata_has(extraction.label)) continue;
      labels.set(LabelCategory::kParsed, extraction.label, {});
    }
    LogfmtDecoder decoder;
    decoder.reset(line);
    while (!decoder.done()) {
      if (decoder.next()) {
        extract(decoder, labels);
      } else if (strict_) {
        break;
      }
    }
    if (strict_ && !decoder.error().empty()) {
      labels.add_parser_error(kLogfmtError, labels.arena().copy(decoder.error()));
    }
    return true;
  }

 private:
  void extract(const LogfmtDecoder& decoder, LabelsBuilder& labels) const {
    std::string& scratch = labels.scratch();
    scratch.clear();
    append_sanitized(scratch, decoder.key());
    const std::string_view key = labels.arena().copy(scratch);
    for (const Extraction& extraction : extractions_) {
      if (extraction.key != key) continue;
      const std::string_view value = keep_value(decoder.value(), labels);
      labels.set(LabelCategory::kParsed, labels.name_after_clash(extraction.label), value);
    }
  }

  const bool strict_;
  const std::vector<Extraction> extractions_;
};

}  // namespace

StageOr build_stage(const logql::LogfmtParser& parser, const PipelineOptions& /*options*/) {
  if (parser.extractions.empty()) return std::make_unique<LogfmtStage>(parser.strict, parser.keep_empty);
  std::vector<Extraction> extractions;
  for (const logql::LogfmtExtraction& extraction : parser.extractions) {
    if (!extraction.key.ok()) {
      return base::invalid_argument_error("cannot parse expression [{}]: {}", extraction.expression,
                                          base::message_of(extraction.key.status()));
    }
    extractions.push_back({extraction.label, *extraction.key});
  }
  return std::make_unique<LogfmtPathStage>(parser.strict, std::move(extractions));
}

}  // namespace cordwood::pipeline

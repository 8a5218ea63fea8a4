// Go's text/template as Loki's line_format and label_format run it (missingkey=zero).
// Language: https://pkg.go.dev/text/template; functions: functions.h.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "pipeline/gotemplate/functions.h"
#include "pipeline/gotemplate/node.h"
#include "pipeline/labels_builder.h"

namespace cordwood::pipeline::gotemplate {

// Immutable and thread-safe.
class Template {
 public:
  // `name` appears in errors. InvalidArgument with Go's text.
  static base::StatusOr<Template> parse(std::string_view name, std::string_view text);

  // Appends the output for `labels`, which are sorted by name. The error's message is Go's; what was written before it
  // stays in `out`. Steps, recursion and output are bounded (kTemplateBytesMax).
  base::Status execute(std::span<const LabelView> labels, const CallContext& context, std::string& out) const;

  // Names of the dot's fields that the template reads, for hints; with duplicates.
  std::vector<std::string> fields() const;

 private:
  std::shared_ptr<const TemplateSet> set_;
};

}  // namespace cordwood::pipeline::gotemplate

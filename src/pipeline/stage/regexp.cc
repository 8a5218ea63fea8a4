// `| regexp "(?P<name>...)"`.
#include <string>
#include <utility>
#include <vector>

#include "pipeline/stage/build.h"
#include "pipeline/text/label_name.h"
#include "pipeline/text/regex.h"

namespace cordwood::pipeline {
namespace {

class RegexpStage final : public Stage {
 public:
  explicit RegexpStage(Regex regex) : regex_(std::move(regex)) {
    for (const std::string& name : regex_.group_names()) names_.push_back(sanitize_label_name(name));
  }

  bool process(base::UnixNanos /*time*/, std::string_view& line, LabelsBuilder& labels) const override {
    if (labels.parsers_disabled()) return true;
    std::vector<Regex::Span> groups;
    if (!regex_.find(line, 0, groups)) return true;
    for (std::size_t i = 1; i < groups.size(); ++i) {
      if (names_[i].empty()) continue;
      const std::string_view name = labels.name_to_extract(names_[i]);
      if (!name.empty()) labels.set(LabelCategory::kParsed, name, groups[i].of(line));
    }
    return true;
  }

 private:
  const Regex regex_;
  std::vector<std::string> names_;  // by group; "" for groups without a name
};

}  // namespace

StageOr build_stage(const logql::RegexpParser& parser, const PipelineOptions& /*options*/) {
  ASSIGN_OR_RETURN(Regex regex, Regex::compile(parser.regex));
  bool named = false;
  for (const std::string& name : regex.group_names()) named = named || !name.empty();
  if (!named) return base::invalid_argument_error("at least one named capture must be supplied");
  return std::make_unique<RegexpStage>(std::move(regex));
}

}  // namespace cordwood::pipeline

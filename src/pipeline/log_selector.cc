#include "pipeline/log_selector.h"

#include <re2/re2.h>

#include <vector>

#include "logql/parse.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {
namespace {

class LinePicker final : public core::StreamPicker {
 public:
  LinePicker(std::shared_ptr<const Pipeline> pipeline, const core::Labels& stream)
      : run_(std::move(pipeline), stream) {}
  bool picks(base::UnixNanos time, std::string_view line, std::span<const core::MetadataPair> metadata) override {
    return run_.process(time, line, metadata);
  }

 private:
  PipelineRun run_;
};

class LogSelector final : public core::RecordSelector {
 public:
  struct Condition {
    logql::Matcher matcher;
    std::shared_ptr<const re2::RE2> regex;  // null for comparisons
  };
  LogSelector(std::vector<Condition> conditions, std::shared_ptr<const Pipeline> pipeline)
      : conditions_(std::move(conditions)), pipeline_(std::move(pipeline)) {}

  bool matches(const core::Labels& stream) const override {
    for (const Condition& condition : conditions_) {
      const std::string_view value = stream.get(condition.matcher.name);
      const bool equal = condition.regex != nullptr
                             ? RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *condition.regex)
                             : value == condition.matcher.value;
      const logql::MatchOp op = condition.matcher.op;
      if (equal != (op == logql::MatchOp::kEqual || op == logql::MatchOp::kRegex)) return false;
    }
    return true;
  }
  bool picks_whole_streams() const override { return pipeline_->is_noop(); }
  std::unique_ptr<core::StreamPicker> picker(const core::Labels& stream) const override {
    return std::make_unique<LinePicker>(pipeline_, stream);
  }

 private:
  const std::vector<Condition> conditions_;
  const std::shared_ptr<const Pipeline> pipeline_;
};

}  // namespace

base::StatusOr<std::shared_ptr<const core::RecordSelector>> LogSelectorCompiler::compile(std::string_view query) const {
  ASSIGN_OR_RETURN(const logql::LogExpr log, logql::parse_log_query(query));
  std::vector<LogSelector::Condition> conditions;
  for (const logql::Matcher& matcher : log.matchers) {
    LogSelector::Condition condition{matcher, nullptr};
    if (matcher.op == logql::MatchOp::kRegex || matcher.op == logql::MatchOp::kNotRegex) {
      RE2::Options options;
      options.set_log_errors(false);
      options.set_dot_nl(true);
      condition.regex = std::make_shared<const re2::RE2>(matcher.value, options);
      if (!condition.regex->ok()) return base::invalid_argument_error("{}", condition.regex->error());
    }
    conditions.push_back(std::move(condition));
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const Pipeline> pipeline, Pipeline::build(log.stages, {}));
  if (pipeline->may_change_line()) {
    return base::invalid_argument_error("a deletion may filter lines, not change them: {}", query);
  }
  return std::make_shared<const LogSelector>(std::move(conditions), std::move(pipeline));
}

}  // namespace cordwood::pipeline

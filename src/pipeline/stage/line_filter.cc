// A line filter behind a stage that changes the line.
#include <utility>

#include "pipeline/line_filter.h"
#include "pipeline/stage/build.h"

namespace cordwood::pipeline {
namespace {

class LineFilterStage final : public Stage {
 public:
  explicit LineFilterStage(std::unique_ptr<const LinePredicate> predicate) : predicate_(std::move(predicate)) {}
  bool process(base::UnixNanos /*time*/, std::string_view& line, LabelsBuilder& /*labels*/) const override {
    return predicate_->matches(line);
  }

 private:
  const std::unique_ptr<const LinePredicate> predicate_;
};

}  // namespace

StageOr build_stage(const logql::LineFilter& filter, const PipelineOptions& /*options*/) {
  ASSIGN_OR_RETURN(auto predicate, build_line_filter(filter));
  return std::make_unique<LineFilterStage>(std::move(predicate));
}

}  // namespace cordwood::pipeline

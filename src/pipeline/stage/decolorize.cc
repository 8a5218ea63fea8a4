// `| decolorize`: removes ANSI control sequences.
#include <string>

#include "pipeline/stage/build.h"
#include "pipeline/text/decolorize.h"

namespace cordwood::pipeline {
namespace {

class DecolorizeStage final : public Stage {
 public:
  bool process(base::UnixNanos /*time*/, std::string_view& line, LabelsBuilder& labels) const override {
    std::string& out = labels.scratch();
    out.clear();
    if (append_decolorized(out, line)) line = labels.arena().copy(out);
    return true;
  }
};

}  // namespace

StageOr build_stage(const logql::Decolorize& /*decolorize*/, const PipelineOptions& /*options*/) {
  return std::make_unique<DecolorizeStage>();
}

}  // namespace cordwood::pipeline

#include "core/query_runner.h"

namespace cordwood::core {
namespace {

base::Status not_known() {
  return base::unimplemented_error("not supported yet");
}

}  // namespace

base::Task<base::StatusOr<Volumes>> QueryRunner::volumes(VolumeRequest /*request*/) {
  co_return not_known();
}

base::Task<base::StatusOr<std::vector<DetectedField>>> QueryRunner::detected_fields(FieldsRequest /*request*/) {
  co_return not_known();
}

base::Task<base::StatusOr<LogPatterns>> QueryRunner::patterns(PatternsRequest /*request*/) {
  co_return not_known();
}

}  // namespace cordwood::core

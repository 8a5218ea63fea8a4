#include "agent/line_times.h"

namespace cordwood::agent {

namespace {
class NoTimes final : public LineTimes {
 public:
  std::optional<base::UnixNanos> detect(std::string_view) override { return std::nullopt; }
  void set_reference(base::UnixNanos) override {}
};
}  // namespace

std::shared_ptr<LineTimes> make_line_times() {
  return std::make_shared<NoTimes>();
}

}  // namespace cordwood::agent

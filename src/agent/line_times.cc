#include "agent/line_times.h"

#include <cstdlib>
#include <string>

#include "io/file.h"
#include "pipeline/detect/timestamp.h"

namespace cordwood::agent {

namespace {

constexpr std::uint64_t kZoneFileBytesMax = 1 << 20;

class DetectedTimes final : public LineTimes {
 public:
  explicit DetectedTimes(std::shared_ptr<const pipeline::TimeZone> zone) { context_.zone = std::move(zone); }
  std::optional<base::UnixNanos> detect(std::string_view line) override {
    return pipeline::detect_timestamp(line, context_);
  }
  void set_reference(base::UnixNanos modified) override { context_.reference = modified; }

 private:
  pipeline::TimestampContext context_;
};

}  // namespace

std::unique_ptr<LineTimes> make_line_times(std::shared_ptr<const pipeline::TimeZone> zone) {
  return std::make_unique<DetectedTimes>(std::move(zone));
}

std::shared_ptr<const pipeline::TimeZone> host_zone() {
  if (const char* name = std::getenv("TZ"); name != nullptr) {
    std::string_view zone = name;
    if (zone.starts_with(':')) zone.remove_prefix(1);
    if (auto found = pipeline::TimeZone::load(zone)) return found;
  }
  const auto bytes = io::read_whole_file(io::system_files(), "/etc/localtime", kZoneFileBytesMax);
  if (bytes.ok()) {
    if (auto found = pipeline::TimeZone::parse(*bytes)) return found;
  }
  return pipeline::TimeZone::utc();
}

}  // namespace cordwood::agent

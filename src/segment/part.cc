#include "segment/part.h"

namespace cordwood::segment {

base::Task<base::StatusOr<std::shared_ptr<const StoredLines>>> Part::line_directory(std::size_t) const {
  co_return std::shared_ptr<const StoredLines>();
}

std::size_t Part::kept_bytes() const {
  return 4096 + 300 * streams().size() + 24 * sources().size() + 200 * blocks().size();
}

}  // namespace cordwood::segment

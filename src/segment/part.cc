#include "segment/part.h"

namespace cordwood::segment {

base::StatusOr<SharedLineBlock::Lease> StoredLines::lease() const {
  std::unique_lock<std::mutex> lock(shared->mutex_);
  if (!shared->block_.has_value()) {
    ASSIGN_OR_RETURN(codec::LineBlock block, open());
    shared->block_.emplace(std::move(block));
  }
  return SharedLineBlock::Lease(std::move(lock), *shared);
}

SharedLineBlock::Lease::~Lease() {
  if (lock_.owns_lock()) shared_.kept_bytes_ = block_->kept_bytes();
}

base::Task<base::StatusOr<std::shared_ptr<const StoredLines>>> Part::line_directory(std::size_t) const {
  co_return std::shared_ptr<const StoredLines>();
}

base::Task<base::StatusOr<std::shared_ptr<const Rollup>>> Part::rollup() const {
  co_return std::shared_ptr<const Rollup>();
}

std::size_t Part::kept_bytes() const {
  return 4096 + 300 * streams().size() + 24 * sources().size() + 200 * blocks().size();
}

}  // namespace cordwood::segment

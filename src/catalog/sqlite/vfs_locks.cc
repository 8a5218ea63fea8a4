#include "catalog/sqlite/vfs_locks.h"

#include <algorithm>

namespace cordwood::catalog {

int VfsLocks::lock(Holder holder, int level) {
  base::MutexLock lock(mutex_);
  int& own = levels_[holder];
  if (own >= level) return SQLITE_OK;
  for (const auto& [other, held] : levels_) {
    if (other == holder) continue;
    // A shared lock waits for nobody but who is about to write the file, a reserved one for other writers, an exclusive
    // one for everybody.
    const int allowed = level == SQLITE_LOCK_SHARED     ? SQLITE_LOCK_RESERVED
                        : level < SQLITE_LOCK_EXCLUSIVE ? SQLITE_LOCK_SHARED
                                                        : SQLITE_LOCK_NONE;
    if (held > allowed) {
      if (level == SQLITE_LOCK_EXCLUSIVE && held == SQLITE_LOCK_SHARED) own = std::max(own, SQLITE_LOCK_PENDING);
      return SQLITE_BUSY;
    }
  }
  own = level;
  return SQLITE_OK;
}

void VfsLocks::unlock(Holder holder, int level) {
  base::MutexLock lock(mutex_);
  int& own = levels_[holder];
  own = std::min(own, level);
}

bool VfsLocks::is_reserved() const {
  base::MutexLock lock(mutex_);
  return std::any_of(levels_.begin(), levels_.end(),
                     [](const auto& one) { return one.second >= SQLITE_LOCK_RESERVED; });
}

void* VfsLocks::index_page(std::size_t page, std::size_t bytes) {
  base::MutexLock lock(mutex_);
  while (pages_.size() <= page) pages_.push_back(std::make_unique<char[]>(bytes));
  return pages_[page].get();
}

int VfsLocks::lock_index(Holder holder, int first, int count, bool exclusive) {
  base::MutexLock lock(mutex_);
  for (int i = first; i < first + count; ++i) {
    const Slot& slot = slots_[static_cast<std::size_t>(i)];
    if (slot.exclusive != nullptr && slot.exclusive != holder) return SQLITE_BUSY;
    const bool others = slot.shared.size() > (slot.shared.contains(holder) ? 1U : 0U);
    if (exclusive && others) return SQLITE_BUSY;
  }
  for (int i = first; i < first + count; ++i) {
    Slot& slot = slots_[static_cast<std::size_t>(i)];
    if (exclusive) {
      slot.exclusive = holder;
    } else {
      slot.shared[holder] = 1;
    }
  }
  return SQLITE_OK;
}

void VfsLocks::unlock_index(Holder holder, int first, int count) {
  base::MutexLock lock(mutex_);
  for (int i = first; i < first + count; ++i) {
    Slot& slot = slots_[static_cast<std::size_t>(i)];
    if (slot.exclusive == holder) slot.exclusive = nullptr;
    slot.shared.erase(holder);
  }
}

void VfsLocks::clear_index() {
  base::MutexLock lock(mutex_);
  pages_.clear();
}

void VfsLocks::release_all(Holder holder) {
  unlock_index(holder, 0, SQLITE_SHM_NLOCK);
  base::MutexLock lock(mutex_);
  levels_.erase(holder);
}

}  // namespace cordwood::catalog

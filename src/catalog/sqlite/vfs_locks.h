// The locks that SQLite's connections of one process have on a database file, and the shared index of its write-ahead
// log (sqlite.org/lockingv3.html, sqlite.org/walformat.html#locks).
#pragma once

#include <sqlite3.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace cordwood::catalog {

// Thread-safe. A holder is a connection's handle.
class VfsLocks {
 public:
  using Holder = const void*;

  // --- the database file: levels SQLITE_LOCK_NONE to SQLITE_LOCK_EXCLUSIVE; SQLITE_OK or SQLITE_BUSY
  int lock(Holder holder, int level);
  void unlock(Holder holder, int level);
  bool is_reserved() const;

  // --- the log's index: pages of `bytes` each, zeros at first; they stay where they are
  void* index_page(std::size_t page, std::size_t bytes);
  int lock_index(Holder holder, int first, int count, bool exclusive);
  void unlock_index(Holder holder, int first, int count);
  // Empty again: the log was deleted.
  void clear_index();
  void release_all(Holder holder);

 private:
  mutable base::Mutex mutex_;
  std::map<Holder, int> levels_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<char[]>> pages_ GUARDED_BY(mutex_);
  struct Slot {
    Holder exclusive = nullptr;
    std::map<Holder, int> shared;
  };
  std::array<Slot, SQLITE_SHM_NLOCK> slots_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::catalog

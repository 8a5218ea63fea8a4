// FileVfs: SQLite on an io::FileSystem, so that a simulated disk can tear, lose and refuse what the catalog writes, and
// a run can be replayed from its seed. One process only: locks and the index of the write-ahead log live in memory. The
// product itself opens its catalog with SQLite's own VFS, because a backup reads it from another process.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "io/file.h"

namespace cordwood::catalog {

// Registered with SQLite as long as it lives, which must be longer than every connection. A process that dies leaves it
// behind with its connections: the next life makes another.
class FileVfs {
 public:
  // All outlive it. `random` salts the write-ahead log.
  FileVfs(io::FileSystem& files, base::Clock& clock, base::Random& random);
  ~FileVfs();
  FileVfs(const FileVfs&) = delete;
  FileVfs& operator=(const FileVfs&) = delete;

  // For sqlite3_open_v2.
  const std::string& name() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cordwood::catalog

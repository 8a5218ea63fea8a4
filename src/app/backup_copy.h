// Copying the data directory of a running server, and making the copy an installation of its own.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"

namespace cordwood::app {

struct BackupCopy {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
};

// While a backup is under way (no object is deleted): first the catalog, then every object that the copy names. The
// journal is not needed: the backup began with a flush. AlreadyExists when `destination` exists.
base::StatusOr<BackupCopy> copy_backup(const std::string& data, const std::string& destination);

// Gives the copy an installation id of its own, so that agents ask it for marks instead of trusting theirs; gives the
// id.
base::StatusOr<std::string> finish_restore(const std::string& data);

}  // namespace cordwood::app

// Catalog in one SQLite file: the embedded default for one machine.
#pragma once

#include <memory>
#include <string>

#include "base/executor.h"
#include "base/random.h"
#include "base/status.h"
#include "base/task.h"
#include "catalog/catalog.h"
#include "io/file.h"

namespace cordwood::catalog {

// Opens `path`, creates it if needed, and migrates it to the newest schema. Times of removal come from the executor's
// clock. Every commit is synced before it is answered. Destroying the catalog closes the file, which blocks; no call
// may be running then. FailedPrecondition for a file of a newer program or of another one, DataLoss for a broken one.
base::Task<base::StatusOr<std::unique_ptr<Catalog>>> open_sqlite_catalog(std::string path, base::Executor& executor,
                                                                         base::Random& random);

// The same on `files` instead of the system's: for the simulation (file_vfs.h). A catalog whose process died is never
// destroyed.
base::Task<base::StatusOr<std::unique_ptr<Catalog>>> open_sqlite_catalog_on(io::FileSystem& files, std::string path,
                                                                            base::Executor& executor,
                                                                            base::Random& random);

// A consistent copy of the catalog at `path`, also while a server has it open. `copy` must not exist. Blocks.
base::Status copy_sqlite_catalog(const std::string& path, const std::string& copy);

}  // namespace cordwood::catalog

// ObjectStore in a directory of a file system: the embedded default. Each object is a file (key_path.h).
#pragma once

#include <memory>
#include <string>

#include "base/executor.h"
#include "base/random.h"
#include "base/status.h"
#include "base/task.h"
#include "io/file.h"
#include "objectstore/object_store.h"

namespace cordwood::objectstore {

// Makes `directory` if needed and removes what an earlier process left half written. One process at a time: the caller
// holds the lock of the data directory. `files`, `executor` and `random` outlive the store.
base::Task<base::StatusOr<std::unique_ptr<ObjectStore>>> open_local_store(io::FileSystem& files, std::string directory,
                                                                          base::Executor& executor,
                                                                          base::Random& random);

// To read what another process has open: nothing is made and nothing removed.
std::unique_ptr<ObjectStore> make_local_reader(io::FileSystem& files, std::string directory, base::Executor& executor,
                                               base::Random& random);

}  // namespace cordwood::objectstore

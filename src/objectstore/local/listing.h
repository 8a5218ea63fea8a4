// Listing a LocalStore's directory in the order of keys.
#pragma once

#include <cstddef>
#include <string>

#include "base/status.h"
#include "io/file.h"
#include "objectstore/object_store.h"

namespace cordwood::objectstore {

// Blocks. Reads only the directories that can hold keys of the page. Objects that vanish meanwhile are left out.
base::StatusOr<ListPage> list_local_objects(io::FileSystem& files, const std::string& directory,
                                            const std::string& prefix, const std::string& start_after,
                                            std::size_t limit);

}  // namespace cordwood::objectstore

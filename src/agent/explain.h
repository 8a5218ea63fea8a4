// What an agent knows of a file, for people: which source it is, its generations and positions, and why it is or is not
// read. Reads the state directory; an agent may be running on it.
#pragma once

#include <string>

#include "base/status.h"
#include "io/file.h"

namespace cordwood::agent {

// `path` is absolute, of the live file or of a rotated one. NotFound when there is no checkpoint. Blocks for the disk.
base::StatusOr<std::string> explain_file(io::FileSystem& files, const std::string& state_directory,
                                         const std::string& path);

}  // namespace cordwood::agent

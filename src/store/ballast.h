// Ballast: a reserved file in the data directory that is given up when a server starts on a full disk. A start writes a
// little (the catalog notes the new epoch); without space for that, what is stored could not even be read.
#pragma once

#include <cstdint>
#include <string>

#include "io/file.h"

namespace cordwood::store {

inline constexpr std::uint64_t kBallastBytes = 4 << 20;

// Before the catalog of the directory is opened. Blocks.
void give_up_ballast_when_full(io::FileSystem& files, const std::string& data_directory);
// Unless it is there, or less than `reserve_bytes` would be free beside it. Blocks.
void take_ballast(io::FileSystem& files, const std::string& data_directory, std::uint64_t reserve_bytes);

}  // namespace cordwood::store

// Records that the server refused for good: kept in STATE/dead-letters, one JSON object a line, so that a person can
// look at them. Bounded; when it is full, further ones are only logged.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "io/file.h"

namespace cordwood::agent {

class DeadLetters {
 public:
  static constexpr std::uint64_t kBytesMax = 64 << 20;
  DeadLetters(io::FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  // Blocks for the disk. A failure is logged: the record stays in its log file.
  void add(std::string_view file, std::uint64_t offset, std::string_view line);

 private:
  base::Status append(std::string_view entry);
  io::FileSystem& files_;
  const std::string path_;
  std::unique_ptr<io::File> file_;
};

}  // namespace cordwood::agent

// Finds the files to be read: patterns, excludes, and the rotated siblings of what they match.
#pragma once

#include <string>
#include <vector>

#include "agent/glob.h"
#include "agent/rotation.h"
#include "io/file.h"

namespace cordwood::agent {

struct FoundFile {
  std::string path;
  RotatedName name;  // of the whole path
  io::FileStat stat;
};

// A path that was asked for and cannot be had.
struct Problem {
  std::string path;
  std::string reason;
  // There is something, but it may not be read.
  bool unreadable = false;
};

struct ScanResult {
  std::vector<FoundFile> files;          // regular files, sorted by path
  std::vector<std::string> directories;  // looked into, so worth watching
  std::vector<Problem> problems;
  // The latest change of a directory, as of after it was read.
  base::UnixNanos newest_directory_change;
  // Watching `directories` would not tell of everything: a root does not exist yet, a file is reached by a link.
  bool blind = false;
};

// Not thread-safe. Symbolic links are followed; a directory that was seen is not entered again, which ends loops.
class Discovery {
 public:
  // A pattern matches a path itself or the live name of a rotated one: "/var/log/*.log" finds app.log.2.gz. An exclude
  // works in the same way.
  Discovery(io::FileSystem& files, std::vector<Glob> include, std::vector<Glob> exclude);
  // Walks all directories that may hold matches. Blocks.
  ScanResult scan();
  // Whether a file of this path would be found.
  bool wanted(const std::string& path) const { return wanted(path, parse_rotated_name(path)); }

 private:
  struct Walk;
  void enter(Walk& walk, const std::string& directory, std::size_t depth);
  void look_at(Walk& walk, const std::string& path, std::size_t depth);
  bool wanted(const std::string& path, const RotatedName& name) const;

  io::FileSystem& files_;
  const std::vector<Glob> include_;
  const std::vector<Glob> exclude_;
};

}  // namespace cordwood::agent

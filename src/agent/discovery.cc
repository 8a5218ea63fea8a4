#include "agent/discovery.h"

#include <algorithm>
#include <set>
#include <utility>

namespace cordwood::agent {

namespace {

constexpr std::size_t kDepthMax = 64;

bool any_matches(const std::vector<Glob>& globs, const std::string& path, const RotatedName& name) {
  return std::any_of(globs.begin(), globs.end(), [&](const Glob& glob) {
    return glob.matches(path) || ((name.rotated || name.compressed) && glob.matches(name.live));
  });
}

bool is_literal(const std::string& pattern) {
  return pattern.find_first_of("*?[{") == std::string::npos;
}

}  // namespace

struct Discovery::Walk {
  ScanResult result;
  std::set<std::pair<std::uint64_t, std::uint64_t>> entered;  // device and inode
};

Discovery::Discovery(io::FileSystem& files, std::vector<Glob> include, std::vector<Glob> exclude)
    : files_(files), include_(std::move(include)), exclude_(std::move(exclude)) {}

bool Discovery::wanted(const std::string& path, const RotatedName& name) const {
  return any_matches(include_, path, name) && !any_matches(exclude_, path, name);
}

void Discovery::look_at(Walk& walk, const std::string& path, std::size_t depth) {
  const bool below =
      std::any_of(include_.begin(), include_.end(), [&](const Glob& g) { return g.may_match_below(path); });
  RotatedName name = parse_rotated_name(path);
  const bool match = wanted(path, name);
  if (!below && !match) return;
  const base::StatusOr<io::FileStat> stat = files_.stat(path);
  if (!stat.ok()) {
    // Gone since the directory was read, or a dangling link: nothing to say.
    if (match && stat.status().code() != base::StatusCode::kNotFound) {
      walk.result.problems.push_back({path, std::string(base::message_of(stat.status())), true});
    }
    return;
  }
  if (stat->is_directory) {
    const bool excluded = std::any_of(exclude_.begin(), exclude_.end(), [&](const Glob& g) { return g.matches(path); });
    if (below && !excluded) enter(walk, path, depth + 1);
  } else if (stat->is_regular && match) {
    walk.result.blind = walk.result.blind || files_.is_link(path);
    walk.result.files.push_back({path, std::move(name), *stat});
  }
}

void Discovery::enter(Walk& walk, const std::string& directory, std::size_t depth) {
  if (depth > kDepthMax) return;
  const base::StatusOr<io::FileStat> stat = files_.stat(directory);
  if (!stat.ok() && depth == 0) walk.result.blind = true;
  if (!stat.ok() || !walk.entered.emplace(stat->device, stat->inode).second) return;
  const auto names = files_.list(directory);
  if (!names.ok()) {
    walk.result.problems.push_back({directory, std::string(base::message_of(names.status())), true});
    return;
  }
  walk.result.directories.push_back(directory);
  const std::string prefix = directory == "/" ? "/" : directory + "/";
  for (const std::string& name : *names) look_at(walk, prefix + name, depth);
  const auto after = files_.stat(directory);
  const base::UnixNanos changed = after.ok() ? after->modified : base::UnixNanos::max();
  walk.result.newest_directory_change = std::max(walk.result.newest_directory_change, changed);
}

ScanResult Discovery::scan() {
  Walk walk;
  for (const Glob& glob : include_) {
    for (const std::string& root : glob.roots()) enter(walk, root, 0);
  }
  std::sort(walk.result.files.begin(), walk.result.files.end(),
            [](const FoundFile& a, const FoundFile& b) { return a.path < b.path; });
  for (const Glob& glob : include_) {
    if (!is_literal(glob.text())) continue;
    const bool found = std::any_of(walk.result.files.begin(), walk.result.files.end(), [&](const FoundFile& file) {
      return glob.matches(file.name.live) || file.path == glob.text();
    });
    if (!found)
      walk.result.problems.push_back({glob.text(), "there is no such file (it will be read when it appears)", false});
  }
  return std::move(walk.result);
}

}  // namespace cordwood::agent

#include "objectstore/local/listing.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "objectstore/local/key_path.h"

namespace cordwood::objectstore {
namespace {

class Lister {
 public:
  Lister(io::FileSystem& files, const std::string& root, const std::string& prefix, const std::string& start_after,
         std::size_t limit)
      : files_(files), root_(root), prefix_(prefix), start_after_(start_after), limit_(limit) {}

  base::StatusOr<ListPage> run() {
    RETURN_IF_ERROR(walk(root_, ""));
    if (more_) page_.next = page_.objects.back().key;
    return std::move(page_);
  }

 private:
  struct Found {
    std::string key;  // of an object, or what the keys in a directory begin with
    std::string path;
    bool is_directory;
  };

  // All keys below a directory begin with its text and a slash, and the sets of two siblings do not interleave, so
  // visiting siblings in the order of these texts yields sorted keys.
  base::Status walk(const std::string& path, const std::string& key_begin) {
    std::vector<Found> level;
    RETURN_IF_ERROR(collect(path, key_begin, level));
    std::sort(level.begin(), level.end(), [](const Found& a, const Found& b) { return a.key < b.key; });
    for (const Found& found : level) {
      if (more_) break;
      if (found.is_directory) {
        RETURN_IF_ERROR(walk(found.path, found.key));
      } else {
        RETURN_IF_ERROR(add(found));
      }
    }
    return base::ok_status();
  }

  // The siblings of one level; pieces of longer elements belong to the level of the directory they are in.
  base::Status collect(const std::string& path, const std::string& key_begin, std::vector<Found>& level) {
    auto names = files_.list(path);
    if (names.status().code() == base::StatusCode::kNotFound) return base::ok_status();
    RETURN_IF_ERROR(names.status());
    for (const std::string& name : *names) {
      const Entry entry = entry_of_name(name);
      if (entry.kind == EntryKind::kForeign) continue;
      std::string key = key_begin + std::string(entry.text);
      const std::string below = path + "/" + name;
      if (entry.kind == EntryKind::kObject) {
        if (key.starts_with(prefix_) && key > start_after_) level.push_back({std::move(key), below, false});
      } else if (entry.kind == EntryKind::kPiece) {
        if (may_hold_keys(key)) RETURN_IF_ERROR(collect(below, key, level));
      } else {
        key += '/';
        if (may_hold_keys(key)) level.push_back({std::move(key), below, true});
      }
    }
    return base::ok_status();
  }

  // Whether a key that begins with `begin` can have the prefix and come after start_after.
  bool may_hold_keys(const std::string& begin) const {
    return (begin.starts_with(prefix_) || prefix_.starts_with(begin)) &&
           (begin > start_after_ || start_after_.starts_with(begin));
  }

  base::Status add(const Found& found) {
    const auto stat = files_.stat(found.path);
    if (stat.status().code() == base::StatusCode::kNotFound) return base::ok_status();
    RETURN_IF_ERROR(stat.status());
    if (!stat->is_regular) return base::ok_status();
    if (page_.objects.size() == limit_) {
      more_ = true;
    } else {
      page_.objects.push_back({found.key, stat->bytes});
    }
    return base::ok_status();
  }

  io::FileSystem& files_;
  const std::string& root_;
  const std::string& prefix_;
  const std::string& start_after_;
  const std::size_t limit_;
  ListPage page_;
  bool more_ = false;
};

}  // namespace

base::StatusOr<ListPage> list_local_objects(io::FileSystem& files, const std::string& directory,
                                            const std::string& prefix, const std::string& start_after,
                                            std::size_t limit) {
  return Lister(files, directory, prefix, start_after, limit).run();
}

}  // namespace cordwood::objectstore

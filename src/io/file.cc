#include "io/file.h"

#include <algorithm>

namespace cordwood::io {
namespace {

base::Status write_and_sync(FileSystem& files, const std::string& path, std::string_view bytes) {
  ASSIGN_OR_RETURN(const auto file, files.open(path, OpenMode::kCreateNew));
  RETURN_IF_ERROR(file->append(bytes));
  return file->sync();
}

}  // namespace

// The rename is the publish point. A crash before it leaves the old content and perhaps `path`.tmp, which the next call
// removes; a crash between it and the directory's sync leaves the old or the new content, each of them whole.
base::Status replace_file(FileSystem& files, const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp";
  if (const base::Status removed = files.remove(temporary);
      !removed.ok() && removed.code() != base::StatusCode::kNotFound) {
    return removed;
  }
  base::Status done = write_and_sync(files, temporary, bytes);
  if (done.ok()) done = files.rename(temporary, path);
  if (!done.ok()) {
    files.remove(temporary).IgnoreError();  // the first error is the one that tells what is wrong
    return done;
  }
  return files.sync_directory(parent_directory(path));
}

base::StatusOr<std::string> read_whole_file(FileSystem& files, const std::string& path, std::uint64_t bytes_max) {
  ASSIGN_OR_RETURN(const auto file, files.open(path, OpenMode::kRead));
  ASSIGN_OR_RETURN(const FileStat stat, file->stat());
  const auto too_large = [&](std::uint64_t bytes) {
    return base::resource_exhausted_error("read {}: the file is too large: bytes={} bytes_max={}", path, bytes,
                                          bytes_max);
  };
  if (stat.bytes > bytes_max) return too_large(stat.bytes);
  // One byte more than the size tells a file that grows, or that has no size (as in /proc), from one that ends here.
  std::size_t wanted = static_cast<std::size_t>(stat.bytes) + 1;
  std::string content;
  while (true) {
    ASSIGN_OR_RETURN(const std::string piece, file->read_at(content.size(), wanted));
    if (piece.empty()) return content;
    content += piece;
    if (content.size() > bytes_max) return too_large(content.size());
    if (piece.size() < wanted) return content;
    wanted = std::size_t{64} << 10;
  }
}

std::string parent_directory(std::string_view path) {
  const auto strip_slashes = [&path] {
    while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  };
  strip_slashes();
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  path = path.substr(0, slash + 1);
  strip_slashes();
  return std::string(path);
}

}  // namespace cordwood::io

#include "store/ballast.h"

#include "base/log.h"

namespace cordwood::store {

namespace {
std::string path_in(const std::string& data_directory) {
  return data_directory + "/ballast";
}
}  // namespace

void give_up_ballast_when_full(io::FileSystem& files, const std::string& data_directory) {
  const base::StatusOr<std::uint64_t> free = files.free_bytes(data_directory);
  if (!free.ok() || *free >= kBallastBytes) return;
  const base::Status removed = files.remove(path_in(data_directory));
  if (removed.ok()) base::log_warn("starting on a full disk: free_bytes={}; the ballast is given up", *free);
}

void take_ballast(io::FileSystem& files, const std::string& data_directory, std::uint64_t reserve_bytes) {
  if (files.stat(path_in(data_directory)).ok()) return;
  const base::StatusOr<std::uint64_t> free = files.free_bytes(data_directory);
  if (!free.ok() || *free < reserve_bytes + 2 * kBallastBytes) return;
  const base::StatusOr<std::unique_ptr<io::File>> file = files.open(path_in(data_directory), io::OpenMode::kCreateNew);
  if (!file.ok()) return;
  const base::Status reserved = (*file)->preallocate(kBallastBytes);
  if (!reserved.ok()) files.remove(path_in(data_directory)).IgnoreError();
}

}  // namespace cordwood::store

#include "sim/broken.h"

#include "codec/little_endian.h"
#include "store/journal/format.h"
#include "testing/passing_catalog.h"

namespace cordwood::sim {

namespace {

// Says that it synced, below one directory.
class UnsyncedFile final : public io::File {
 public:
  explicit UnsyncedFile(std::unique_ptr<io::File> below) : below_(std::move(below)) {}
  base::StatusOr<std::string> read_at(std::uint64_t offset, std::size_t length) override {
    return below_->read_at(offset, length);
  }
  base::StatusOr<std::size_t> read_into(std::uint64_t offset, char* buffer, std::size_t length) override {
    return below_->read_into(offset, buffer, length);
  }
  base::Status append(std::string_view bytes) override { return below_->append(bytes); }
  base::Status write_at(std::uint64_t offset, std::string_view bytes) override {
    return below_->write_at(offset, bytes);
  }
  base::Status sync() override { return base::ok_status(); }
  base::Status truncate(std::uint64_t bytes) override { return below_->truncate(bytes); }
  base::Status preallocate(std::uint64_t bytes) override { return below_->preallocate(bytes); }
  base::StatusOr<io::FileStat> stat() override { return below_->stat(); }

 private:
  const std::unique_ptr<io::File> below_;
};

class UnsyncedFiles final : public io::FileSystem {
 public:
  UnsyncedFiles(io::FileSystem& below, std::string directory) : below_(below), directory_(std::move(directory)) {}
  base::StatusOr<std::unique_ptr<io::File>> open(const std::string& path, io::OpenMode mode) override {
    ASSIGN_OR_RETURN(std::unique_ptr<io::File> file, below_.open(path, mode));
    if (!path.starts_with(directory_)) return file;
    return std::make_unique<UnsyncedFile>(std::move(file));
  }
  base::StatusOr<io::FileStat> stat(const std::string& path) override { return below_.stat(path); }
  base::StatusOr<std::vector<std::string>> list(const std::string& path) override { return below_.list(path); }
  base::Status make_directories(const std::string& path) override { return below_.make_directories(path); }
  base::Status rename(const std::string& from, const std::string& to) override { return below_.rename(from, to); }
  base::Status rename_if_absent(const std::string& from, const std::string& to) override {
    return below_.rename_if_absent(from, to);
  }
  base::Status remove(const std::string& path) override { return below_.remove(path); }
  base::Status sync_directory(const std::string& path) override { return below_.sync_directory(path); }
  base::StatusOr<std::uint64_t> free_bytes(const std::string& path) override { return below_.free_bytes(path); }
  base::StatusOr<std::unique_ptr<io::FileLock>> lock(const std::string& path) override { return below_.lock(path); }

 private:
  io::FileSystem& below_;
  const std::string directory_;
};

class LateMarks final : public testing::PassingCatalog {
 public:
  LateMarks(catalog::Catalog& below, base::Executor& executor) : PassingCatalog(below), executor_(executor) {}
  base::Task<base::StatusOr<catalog::ChangeResult>> commit(catalog::Change change) override {
    catalog::Change marks;
    marks.upsert_sources = std::exchange(change.upsert_sources, {});
    marks.insert_body_hashes = std::exchange(change.insert_body_hashes, {});
    base::StatusOr<catalog::ChangeResult> result = co_await below_.commit(std::move(change));
    if (result.ok()) {
      co_await executor_.sleep_for(std::chrono::milliseconds(20));
      base::StatusOr<catalog::ChangeResult> late = co_await below_.commit(std::move(marks));
      if (!late.ok()) co_return late.status();
    }
    co_return result;
  }

 private:
  base::Executor& executor_;
};

// Deletes the journal files behind which another begins at or below `through` + 1.
void trim(io::FileSystem& files, const std::string& directory, std::uint64_t through) {
  base::StatusOr<std::vector<std::string>> names = files.list(directory);
  if (!names.ok()) return;
  std::string before;
  for (const std::string& name : *names) {
    if (!name.ends_with(".journal")) continue;
    const std::string path = directory + "/" + name;
    base::StatusOr<std::unique_ptr<io::File>> file = files.open(path, io::OpenMode::kRead);
    if (!file.ok()) continue;
    base::StatusOr<std::string> bytes = (*file)->read_at(0, store::journal::kFramesBegin);
    if (!bytes.ok()) continue;
    base::StatusOr<store::journal::FileHeader> header = store::journal::decode_file_header(*bytes, name);
    if (!header.ok()) continue;
    if (!before.empty() && header->first_sequence <= through + 1) {
      if (!files.remove(before).ok()) return;
      if (!files.sync_directory(directory).ok()) return;
    }
    before = path;
  }
}

class EarlyTrim final : public testing::PassingCatalog {
 public:
  EarlyTrim(catalog::Catalog& below, io::FileSystem& files, std::string directory)
      : PassingCatalog(below), files_(files), directory_(std::move(directory)) {}
  base::Task<base::StatusOr<catalog::ChangeResult>> commit(catalog::Change change) override {
    if (change.flushed_through.has_value()) trim(files_, directory_, change.flushed_through->sequence);
    return below_.commit(std::move(change));
  }

 private:
  io::FileSystem& files_;
  const std::string directory_;
};

}  // namespace

std::string_view name_of(Breakage breakage) {
  switch (breakage) {
    case Breakage::kNone:
      return "none";
    case Breakage::kAcknowledgeBeforeSync:
      return "acknowledge-before-sync";
    case Breakage::kMarkOutsideCommit:
      return "mark-outside-commit";
    case Breakage::kTrimBeforeCommit:
      return "trim-before-commit";
  }
  return "?";
}

std::unique_ptr<io::FileSystem> make_unsynced_files(io::FileSystem& below, std::string directory) {
  return std::make_unique<UnsyncedFiles>(below, std::move(directory));
}
std::unique_ptr<catalog::Catalog> make_late_marks(catalog::Catalog& below, base::Executor& executor) {
  return std::make_unique<LateMarks>(below, executor);
}
std::unique_ptr<catalog::Catalog> make_early_trim(catalog::Catalog& below, io::FileSystem& files,
                                                  std::string journal_directory) {
  return std::make_unique<EarlyTrim>(below, files, std::move(journal_directory));
}

}  // namespace cordwood::sim

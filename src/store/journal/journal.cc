#include "store/journal/journal.h"

#include <algorithm>

#include "base/log.h"

namespace cordwood::store::journal {

namespace {
// One group is one sync: large enough that a sync costs little per byte, small enough that its first frame does not
// wait long for the last.
constexpr std::size_t kGroupBytesMax = 8 << 20;
constexpr std::size_t kGroupFramesMax = 1024;
// Frames are put together up to this before they are written; larger bodies are written from where they are.
constexpr std::size_t kCoalesceBytes = 256 << 10;
// After a failure no new file is tried for this time, or a dead disk would be hit by every request.
constexpr base::nanoseconds kPauseAfterFailure = std::chrono::milliseconds(250);
}  // namespace

Journal::Journal(JournalOptions options, base::Executor& executor, io::FileSystem& files, base::Random& random,
                 base::MetricsRegistry& metrics)
    : options_(std::move(options)),
      executor_(executor),
      file_system_(files),
      random_(random),
      bytes_written_(metrics.counter("cordwood_journal_written_bytes_total", "Bytes of journal frames made durable.")),
      frames_written_(metrics.counter("cordwood_journal_frames_total", "Journal frames made durable.")),
      groups_written_(
          metrics.counter("cordwood_journal_groups_total", "Groups of frames, each made durable by one sync.")),
      failures_(metrics.counter("cordwood_journal_failures_total", "Groups that could not be made durable.")),
      group_latency_(
          metrics.histogram("cordwood_journal_group_seconds", "Time to append and sync one group of frames.")),
      wake_(executor),
      tasks_(executor),
      disk_(executor, 1) {}

Journal::~Journal() = default;

base::StatusOr<std::vector<JournalFile>> Journal::load() {
  RETURN_IF_ERROR(file_system_.make_directories(options_.directory));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system_.list(options_.directory));
  std::vector<JournalFile> found;
  for (const std::string& name : names) {
    const std::string path = options_.directory + "/" + name;
    const std::optional<std::uint64_t> number = parse_file_name(name.substr(0, file_name(0).size()));
    if (!number.has_value()) continue;
    next_number_ = std::max(next_number_, *number + 1);
    if (name.ends_with(".tmp")) RETURN_IF_ERROR(file_system_.remove(path));  // a copy that was not finished
    if (name != file_name(*number)) continue;  // *.damaged: kept for a rescue, its number stays taken
    ASSIGN_OR_RETURN(const std::unique_ptr<io::File> file, file_system_.open(path, io::OpenMode::kRead));
    ASSIGN_OR_RETURN(const io::FileStat stat, file->stat());
    ASSIGN_OR_RETURN(const std::string bytes, file->read_at(0, kFramesBegin));
    base::StatusOr<FileHeader> header = decode_file_header(bytes, path);
    if (header.ok()) {
      found.push_back({*std::move(header), path, stat.bytes, 0, false});
    } else if (header.status().code() != base::StatusCode::kDataLoss) {
      return header.status();
    } else if (stat.bytes <= kFramesBegin) {
      // It was being created when the process ended: the first frame is written only after the header is durable.
      RETURN_IF_ERROR(file_system_.remove(path));
    } else {
      base::log_error("journal data loss: {}; the whole file is kept as {}.damaged", base::message_of(header.status()),
                      name);
      RETURN_IF_ERROR(file_system_.rename(path, path + ".damaged"));
    }
  }
  for (const JournalFile& file : found) {
    if (file.header.node != options_.node) {
      return base::failed_precondition_error("journal file {} belongs to node {}, not to {}: set the node name back",
                                             file.path, file.header.node, options_.node);
    }
  }
  return found;  // names are sorted, and so are the numbers
}

void Journal::start(std::vector<JournalFile> files, std::uint64_t next_sequence) {
  {
    base::MutexLock lock(mutex_);
    // Replay may have added one.
    if (!files.empty()) next_number_ = std::max(next_number_, files.back().header.number + 1);
    files_ = std::move(files);
  }
  next_sequence_ = next_sequence;
  tasks_.spawn(run());
}

base::Task<base::StatusOr<std::uint64_t>> Journal::append(FrameHeader header, std::shared_ptr<const std::string> body,
                                                          std::function<void(std::uint64_t)> publish) {
  if (body->size() > kFrameBodyBytesMax) co_return base::resource_exhausted_error("body of {} bytes", body->size());
  // Shared, because the writer is still inside done.set() when this coroutine goes on.
  auto waiting = std::make_shared<Waiting>(executor_);
  waiting->header = std::move(header);
  waiting->body = std::move(body);
  waiting->publish = std::move(publish);
  {
    base::MutexLock lock(mutex_);
    if (closing_) co_return base::unavailable_error("the journal is closed: the server is stopping");
    queue_.push_back(waiting);
    wake_.set();
  }
  co_await waiting->done.wait();
  if (!waiting->status.ok()) co_return waiting->status;
  co_return waiting->sequence;
}

base::Task<void> Journal::run() {
  while (true) {
    co_await wake_.wait();
    Group group = take_group();
    if (group.empty()) {
      base::MutexLock lock(mutex_);
      if (closing_ && queue_.empty()) co_return;
      continue;
    }
    co_await disk_.acquire();
    const base::MonotonicNanos begin = executor_.clock().monotonic();
    base::Status status = co_await executor_.blocking([this, &group] { return write_group(group); });
    group_latency_.observe_nanos((executor_.clock().monotonic() - begin).count());
    finish_group(group, status);
    disk_.release();
  }
}

Journal::Group Journal::take_group() {
  Group group;
  std::size_t bytes = 0;
  base::MutexLock lock(mutex_);
  while (!queue_.empty() && group.size() < kGroupFramesMax) {
    const std::size_t next = queue_.front()->body->size();
    if (!group.empty() && bytes + next > kGroupBytesMax) break;
    bytes += next;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (queue_.empty() && !closing_) wake_.reset();
  return group;
}

void Journal::finish_group(Group& group, const base::Status& status) {
  if (status.ok()) {
    // In order, before anyone is told: a flush that sees sequence s sees everything before it.
    for (const auto& waiting : group) waiting->publish(waiting->sequence);
  }
  for (const auto& waiting : group) {
    waiting->status = status;
    waiting->publish = nullptr;
    waiting->done.set();
  }
}

base::Status Journal::write_group(Group& group) {
  if (executor_.clock().monotonic() < retry_at_) {
    return base::unavailable_error("the journal could not be written a moment ago: try again");
  }
  base::Status status = base::ok_status();
  if (current_ == nullptr || durable_bytes_ >= options_.file_bytes) status = open_next_file();
  if (status.ok()) status = append_group(group);
  if (status.ok()) return status;
  failures_.add();
  give_up_file();
  retry_at_ = executor_.clock().monotonic() + kPauseAfterFailure;
  base::log_error("journal write failed, its requests are refused: frames={} error=\"{}\"", group.size(),
                  status.ToString());
  const bool full = status.code() == base::StatusCode::kResourceExhausted;
  return base::make_status(full ? base::StatusCode::kResourceExhausted : base::StatusCode::kUnavailable,
                           base::message_of(status));
}

base::Status Journal::append_group(Group& group) {
  std::string buffer;
  std::uint64_t bytes = 0;
  std::uint64_t sequence = next_sequence_;
  for (const auto& waiting : group) {
    waiting->sequence = sequence++;
    buffer += encode_frame(waiting->header, *waiting->body, waiting->sequence, next_sequence_ - 1, salt_);
    if (waiting->body->size() <= kCoalesceBytes) {
      buffer += *waiting->body;
      if (buffer.size() < kCoalesceBytes) continue;
    }
    bytes += buffer.size();
    RETURN_IF_ERROR(current_->append(buffer));
    buffer.clear();
    if (waiting->body->size() > kCoalesceBytes) {
      bytes += waiting->body->size();
      RETURN_IF_ERROR(current_->append(*waiting->body));
    }
  }
  bytes += buffer.size();
  if (!buffer.empty()) RETURN_IF_ERROR(current_->append(buffer));
  RETURN_IF_ERROR(current_->sync());

  next_sequence_ = sequence;
  durable_bytes_ += bytes;
  bytes_written_.add(bytes);
  frames_written_.add(group.size());
  groups_written_.add();
  base::MutexLock lock(mutex_);
  files_.back().bytes = durable_bytes_;
  files_.back().last_sequence = sequence - 1;
  return base::ok_status();
}

base::Status Journal::open_next_file() {
  current_.reset();
  JournalFile next;
  next.header = {next_number_, options_.epoch, next_sequence_, random_.next(), options_.node};
  next.path = options_.directory + "/" + file_name(next_number_);
  next.bytes = kFramesBegin;
  next.last_sequence = next_sequence_ - 1;
  ++next_number_;  // also when it fails: the name may be taken now
  ASSIGN_OR_RETURN(std::unique_ptr<io::File> file, file_system_.open(next.path, io::OpenMode::kCreateNew));
  // Only a full disk matters here; where the file system cannot reserve, appends may run out of space later.
  base::Status status = file->preallocate(options_.file_bytes);
  if (status.code() != base::StatusCode::kResourceExhausted) status = file->append(encode_file_header(next.header));
  if (status.ok()) status = file->sync();
  if (status.ok()) status = file_system_.sync_directory(options_.directory);
  if (!status.ok()) {
    base::Status removed = file_system_.remove(next.path);  // if not, it is taken for a file being created
    if (!removed.ok()) base::log_warn("journal file stays behind: path={} error=\"{}\"", next.path, removed.ToString());
    return status;
  }
  current_ = std::move(file);
  durable_bytes_ = kFramesBegin;
  salt_ = next.header.salt;
  base::MutexLock lock(mutex_);
  files_.push_back(std::move(next));
  return base::ok_status();
}

// What lies behind the last durable byte must not count; the next file's first sequence says so even if the cut fails.
void Journal::give_up_file() {
  if (current_ == nullptr) return;
  base::Status status = current_->truncate(durable_bytes_);
  if (!status.ok()) base::log_warn("journal file given up without a cut: error=\"{}\"", status.ToString());
  current_.reset();
}

base::Task<void> Journal::trim(std::uint64_t through) {
  co_await disk_.acquire();
  co_await executor_.blocking([this, through] { remove_files(through); });
  disk_.release();
}

void Journal::remove_files(std::uint64_t through) {
  std::vector<JournalFile> removable;
  {
    base::MutexLock lock(mutex_);
    auto keep = files_.begin();
    while (keep != files_.end() && keep->last_sequence <= through) ++keep;
    if (keep == files_.end()) current_.reset();  // the next group begins a new file
    removable.assign(std::make_move_iterator(files_.begin()), std::make_move_iterator(keep));
    files_.erase(files_.begin(), keep);
  }
  std::vector<JournalFile> left;
  for (JournalFile& file : removable) {
    base::Status status =
        file.damaged ? file_system_.rename(file.path, file.path + ".damaged") : file_system_.remove(file.path);
    if (status.ok() || status.code() == base::StatusCode::kNotFound) continue;
    base::log_warn("journal file not deleted, trying again later: path={} error=\"{}\"", file.path, status.ToString());
    left.push_back(std::move(file));
  }
  base::MutexLock lock(mutex_);
  files_.insert(files_.begin(), std::make_move_iterator(left.begin()), std::make_move_iterator(left.end()));
}

std::vector<JournalFile> Journal::files() const {
  base::MutexLock lock(mutex_);
  return files_;
}

std::uint64_t Journal::bytes() const {
  base::MutexLock lock(mutex_);
  std::uint64_t sum = 0;
  for (const JournalFile& file : files_) sum += file.bytes;
  return sum;
}

base::Task<void> Journal::close() {
  {
    base::MutexLock lock(mutex_);
    closing_ = true;
    wake_.set();
  }
  co_await tasks_.join();
  current_.reset();
}

}  // namespace cordwood::store::journal

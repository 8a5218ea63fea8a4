// Journal: makes frames durable in groups, gives them sequence numbers, and deletes files that are not needed any more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/sync.h"
#include "store/journal/replay.h"

namespace cordwood::store::journal {

struct JournalOptions {
  std::string directory;
  std::string node;
  std::uint64_t epoch = 0;
  std::uint64_t file_bytes = 64 << 20;
};

// Thread-safe once started. close() must have ended before it is destroyed.
class Journal {
 public:
  Journal(JournalOptions options, base::Executor& executor, io::FileSystem& files, base::Random& random,
          base::MetricsRegistry& metrics);
  ~Journal();

  // --- before start, one after the other; these block ---
  // Makes the directory and reads the headers of its files. Files without a valid header are dealt with as the format
  // says.
  base::StatusOr<std::vector<JournalFile>> load();
  // Starts the writer behind what was replayed.
  void start(std::vector<JournalFile> files, std::uint64_t next_sequence);

  // --- then ---
  // Ends when the frame is durable, with its sequence. `publish` is called with it before, once, in the order of
  // sequences and never two at a time: it must be short. It is not called when the result is an error: Unavailable or
  // ResourceExhausted, nothing is durable.
  base::Task<base::StatusOr<std::uint64_t>> append(FrameHeader header, std::shared_ptr<const std::string> body,
                                                   std::function<void(std::uint64_t)> publish);
  // Deletes the files whose frames are all at or below `through`. Errors are logged: the next call tries again.
  base::Task<void> trim(std::uint64_t through);
  std::uint64_t bytes() const;
  std::vector<JournalFile> files() const;  // oldest first
  // Waits for what is being written. Appends after it fail with Unavailable.
  base::Task<void> close();

 private:
  struct Waiting {
    explicit Waiting(base::Executor& executor) : done(executor) {}
    FrameHeader header;
    std::shared_ptr<const std::string> body;
    std::function<void(std::uint64_t)> publish;
    std::uint64_t sequence = 0;
    base::Status status;
    base::Event done;
  };
  using Group = std::vector<std::shared_ptr<Waiting>>;

  base::Task<void> run();
  Group take_group();
  void finish_group(Group& group, const base::Status& status);
  // On a thread that may block, with disk_ held.
  base::Status write_group(Group& group);
  base::Status append_group(Group& group);
  base::Status open_next_file();
  void give_up_file();
  void remove_files(std::uint64_t through);

  const JournalOptions options_;
  base::Executor& executor_;
  io::FileSystem& file_system_;
  base::Random& random_;
  base::Counter& bytes_written_;
  base::Counter& frames_written_;
  base::Counter& groups_written_;
  base::Counter& failures_;
  base::Histogram& group_latency_;

  base::Event wake_;
  base::TaskGroup tasks_;
  // Held by whoever touches the current file: the writer during a group, trim.
  base::Semaphore disk_;

  mutable base::Mutex mutex_;
  std::deque<std::shared_ptr<Waiting>> queue_ GUARDED_BY(mutex_);
  bool closing_ GUARDED_BY(mutex_) = false;
  std::vector<JournalFile> files_ GUARDED_BY(mutex_);  // the current one is the last

  // With disk_ held.
  std::unique_ptr<io::File> current_;
  std::uint64_t durable_bytes_ = 0;  // of the current file
  std::uint64_t next_sequence_ = 1;
  std::uint64_t next_number_ = 1;
  std::uint64_t salt_ = 0;
  base::MonotonicNanos retry_at_;
};

}  // namespace cordwood::store::journal

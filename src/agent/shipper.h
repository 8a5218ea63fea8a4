// Shipper: turns unread lines into requests and the server's answers into positions.
//
// Up to kRequestsMax requests exist at a time. Slices of one generation are sent strictly one after the other: a
// request waits while an earlier one holds the same generation. What is in a request stays in memory until it is
// answered, so a repeat after an unclear answer is the same bytes.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "agent/dead_letters.h"
#include "agent/file_table.h"
#include "agent/slicer.h"
#include "base/clock.h"
#include "base/status.h"
#include "core/record_sink.h"

namespace cordwood::agent {

class JournalInput;

struct ShipperOptions {
  std::string host;
  std::size_t batch_bytes = 1 << 20;
  std::shared_ptr<const pipeline::TimeZone> zone;  // of times in lines that name none; null: UTC
};

// One slice on its way. The generation exists as long as it has slices on their way.
struct Piece {
  Generation* generation = nullptr;
  ingest::native::EncodedSlice slice;
  Position end;
};

struct PushRequest {
  std::vector<Piece> pieces;
  std::shared_ptr<const std::string> body;  // zstd
  bool in_flight = false;
  std::size_t attempts = 0;
  base::MonotonicNanos not_before{INT64_MIN};
};

// Not thread-safe; build() and verdicts read files, so they block.
class Shipper {
 public:
  // `journal` may be null. All outlive the shipper.
  Shipper(ShipperOptions options, FileTable& table, JournalInput* journal, base::Clock& clock,
          DeadLetters& dead_letters);

  void set_agent(const core::AgentId& agent, std::uint64_t epoch);
  // Makes one more request of what is unread. False when there is nothing, or kRequestsMax exist.
  bool build();
  // A request that may be sent now, or null. Requests whose generations the checkpoint does not have yet wait.
  PushRequest* next_to_send();
  bool idle() const { return requests_.empty(); }
  bool wants_save() const;

  // --- answers; the request is gone afterwards unless it is to be sent again ---
  void on_verdicts(PushRequest& request, const std::vector<core::SliceVerdict>& verdicts);
  void on_retry(PushRequest& request, base::nanoseconds delay);
  // 413: smaller requests from now on.
  void on_too_large(PushRequest& request, std::string_view reason);
  // Positions are about to be reset from outside: what was built and is not under way is not sent.
  void drop_unsent();

  void add_to_status(AgentStatus& status) const;

 private:
  static constexpr std::size_t kRequestsMax = 3;
  static constexpr std::size_t kPiecesMax = 256;
  // Each holds a window of decompressed bytes.
  static constexpr std::size_t kGzipReadersMax = 4;
  static constexpr std::size_t kBatchBytesMin = 16 << 10;

  std::vector<Generation*> ready();
  bool may_read(const Generation& generation, base::MonotonicNanos now, std::size_t& gzip_readers) const;
  bool cut(Generation& generation, std::size_t raw_bytes_max, Piece& piece);
  bool cut_lost(Generation& generation, Piece& piece);
  bool find_place(Generation& generation, Content& content);
  void encode(PushRequest& request) const;
  void apply(Piece& piece, const core::SliceVerdict& verdict);
  void stored(Piece& piece, const core::Mark& mark);
  void go_to_mark(Generation& generation, const core::Mark& mark);
  void rewind(Generation& generation);
  void remove(PushRequest& request);
  LineTimes& times_of(const Generation& generation);

  const ShipperOptions options_;
  FileTable& table_;
  JournalInput* const journal_;
  base::Clock& clock_;
  std::string reading_path_;  // of the generation being cut, for dead letters
  Slicer slicer_;
  std::unique_ptr<LineTimes> times_;
  core::AgentId agent_;
  std::uint64_t epoch_ = 0;
  std::size_t batch_bytes_;
  std::list<PushRequest> requests_;
  std::size_t turn_ = 0;
  AgentStatus counted_;
};

}  // namespace cordwood::agent

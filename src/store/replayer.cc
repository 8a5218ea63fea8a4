#include "store/replayer.h"

#include <algorithm>

#include "base/log.h"

namespace cordwood::store {

namespace {
// Frames that are read and not applied: enough that every core decodes while one frame is applied, and no more memory
// than that takes.
constexpr std::size_t kFramesAheadMax = 64;
constexpr std::uint64_t kBytesAheadMax = 32 << 20;
// Read at once: calls that block cost a change of threads.
constexpr std::size_t kFramesReadMax = 16;
constexpr std::uint64_t kBodyBytesReadMax = 1 << 20;
// A body of log lines is some 5 to 10 times larger when it is decompressed, and its rows are copied once.
constexpr std::uint64_t kGrowthAtFirst = 16;
}  // namespace

Replayer::Replayer(StoreState& state, Flusher& flusher)
    : state_(state),
      flusher_(flusher),
      flush_bytes_(std::min(state.options.head_flush_bytes, state.options.head_bytes_max / 2)),
      growth_(kGrowthAtFirst) {}

base::Task<base::Status> Replayer::run(std::vector<journal::JournalFile> files, std::uint64_t flushed_through) {
  journal::Replay replay(*state_.deps.files, std::move(files), flushed_through);
  base::TaskGroup decoders(state_.executor());
  base::Status status = base::ok_status();
  bool at_end = false;
  while (status.ok() && !(at_end && ahead_.empty())) {
    if (!at_end && may_read_ahead()) {
      base::StatusOr<bool> more = co_await read_ahead(replay, decoders);
      status = more.status();
      at_end = more.ok() && !*more;
    } else {
      status = co_await apply_next(replay);
    }
  }
  co_await decoders.join();
  if (!status.ok()) co_return status;
  std::uint64_t lost = undecodable_;
  for (const journal::Damage& damage : replay.damages()) lost += damage.last_sequence - damage.first_sequence + 1;
  state_.metrics.journal_lost_frames.add(lost);
  {
    base::MutexLock lock(state_.mutex);
    state_.published = replay.next_sequence() - 1;
  }
  state_.journal->start(replay.files(), replay.next_sequence());
  co_return status;
}

bool Replayer::may_read_ahead() const {
  return ahead_.empty() || (ahead_.size() < kFramesAheadMax && ahead_bytes_ < kBytesAheadMax);
}

base::Task<base::StatusOr<bool>> Replayer::read_ahead(journal::Replay& replay, base::TaskGroup& decoders) {
  std::vector<journal::ReplayedFrame> frames;
  base::StatusOr<bool> more = co_await state_.executor().blocking([&]() -> base::StatusOr<bool> {
    std::uint64_t bytes = 0;
    while (frames.size() < kFramesReadMax && bytes < kBodyBytesReadMax) {
      ASSIGN_OR_RETURN(std::optional<journal::ReplayedFrame> frame, replay.next());
      if (!frame.has_value()) return false;
      bytes += frame->body->size();
      frames.push_back(*std::move(frame));
    }
    return true;
  });
  for (journal::ReplayedFrame& frame : frames) {
    auto ahead = std::make_shared<Ahead>(state_.executor());
    ahead->generation = state_.frame_generation(frame.epoch, frame.sequence);
    ahead->expected_bytes = frame.body->size() * growth_;
    ahead->frame = std::move(frame);
    ahead_bytes_ += ahead->expected_bytes;
    ahead_.push_back(ahead);
    decoders.spawn(decode(&state_, std::move(ahead)));
  }
  co_return more;
}

base::Task<void> Replayer::decode(StoreState* state, std::shared_ptr<Ahead> ahead) {
  ahead->rows = co_await decode_frame(state->executor(), *state->deps.decoder, ahead->frame, ahead->generation);
  ahead->done.set();
}

base::Task<base::Status> Replayer::apply_next(journal::Replay& replay) {
  const std::shared_ptr<Ahead> ahead = std::move(ahead_.front());
  ahead_.pop_front();
  co_await ahead->done.wait();
  ahead_bytes_ -= ahead->expected_bytes;
  if (ahead->rows.ok()) co_return co_await apply(*ahead, replay);
  // The checksum fits and the decoder cannot read it: the file is kept for a rescue, replay goes on.
  ++undecodable_;
  replay.mark_damaged(ahead->frame);
  base::log_error("journal frame lost: sequence={} error=\"{}\"; the file is kept as *.damaged", ahead->frame.sequence,
                  ahead->rows.status().ToString());
  co_return base::ok_status();
}

base::Task<base::Status> Replayer::apply(Ahead& ahead, const journal::Replay& replay) {
  const journal::FrameHeader& header = ahead.frame.header;
  std::uint64_t bytes = 0;
  for (const auto& chunk : ahead.rows->chunks) bytes += chunk->memory_bytes();
  growth_ = std::max(growth_, 2 * bytes / std::max<std::uint64_t>(ahead.frame.body->size(), 1));
  base::Status room = co_await make_room(bytes, replay);
  if (!room.ok()) co_return room;
  state_.gate.adjust(0, bytes);
  ++frames_;
  Active active;
  {
    base::MutexLock lock(state_.mutex);
    if (!state_.active_since.has_value()) state_.active_since = state_.executor().clock().monotonic();
    active.deletions_applied = state_.deletions.newest_before(state_.options.node, ahead.frame.sequence);
    for (std::shared_ptr<Chunk>& chunk : ahead.rows->chunks) {
      chunk->set_deletions_applied(active.deletions_applied);
      records_ += chunk->rows();
      active.chunks.push_back(chunk);
      state_.head.add(header.tenant, std::move(chunk));
    }
    state_.sources.replay(header.tenant, ahead.rows->batch, header.stored_slices, header.arrival);
    if (header.body_hash.has_value()) state_.body_hashes.replay(*header.body_hash, header.arrival);
    state_.published = ahead.frame.sequence;
  }
  active.frame = std::move(ahead.frame);
  active.frame.body.reset();
  active.generation = ahead.generation;
  active_.push_back(std::move(active));
  co_return base::ok_status();
}

base::Task<base::Status> Replayer::make_room(std::uint64_t bytes, const journal::Replay& replay) {
  {
    base::MutexLock lock(state_.mutex);
    const std::uint64_t active = state_.head.active_bytes();
    if (active == 0 || active + bytes <= flush_bytes_) co_return base::ok_status();
  }
  // What is active now and what comes next must both fit.
  const std::uint64_t used = state_.gate.used();
  const bool fits = used <= state_.options.head_bytes_max && flush_bytes_ <= state_.options.head_bytes_max - used;
  if (!fits) co_return co_await spill(replay);
  flusher_.freeze_replayed({});
  active_.clear();
  co_return base::ok_status();
}

base::Task<base::Status> Replayer::spill(const journal::Replay& replay) {
  std::vector<std::shared_ptr<const SpilledFrame>> frames;
  std::map<core::TenantId, HeadParts> parts;
  base::Status status = co_await state_.executor().blocking([&]() -> base::Status {
    for (const Active& active : active_) {
      const std::size_t index = active.frame.file;
      ASSIGN_OR_RETURN(std::shared_ptr<const JournalFileReader> file, reader_of(replay.files()[index], index));
      const core::TenantId& tenant = active.frame.header.tenant;
      auto frame =
          std::make_shared<const SpilledFrame>(state_.executor(), *state_.deps.decoder, std::move(file), active.frame,
                                               active.generation, tenant, active.deletions_applied);
      for (std::size_t i = 0; i < active.chunks.size(); ++i) {
        parts[tenant].push_back(std::make_shared<const SpilledChunk>(frame, i, *active.chunks[i]));
        spilled_records_ += active.chunks[i]->rows();
      }
      frames.push_back(std::move(frame));
    }
    return base::ok_status();
  });
  if (!status.ok()) co_return base::annotate(status, "opening a journal file again");
  flusher_.freeze_replayed(std::move(frames));
  active_.clear();
  std::uint64_t freed = 0;
  {
    base::MutexLock lock(state_.mutex);
    freed = state_.head.spill_last_frozen(std::move(parts));
  }
  state_.gate.give_back(freed);
  co_return status;
}

base::StatusOr<std::shared_ptr<const JournalFileReader>> Replayer::reader_of(const journal::JournalFile& file,
                                                                             std::size_t index) {
  std::shared_ptr<const JournalFileReader>& reader = readers_[index];
  if (reader == nullptr) {
    auto opened = std::make_shared<JournalFileReader>();
    ASSIGN_OR_RETURN(opened->file, state_.deps.files->open(file.path, io::OpenMode::kRead));
    opened->path = file.path;
    // All of what there may be: a tail is cut later, behind the last frame.
    ASSIGN_OR_RETURN(const io::FileStat stat, opened->file->stat());
    opened->bytes = stat.bytes;
    opened->salt = file.header.salt;
    reader = std::move(opened);
  }
  return reader;
}

}  // namespace cordwood::store

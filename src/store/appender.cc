#include "store/appender.h"

namespace cordwood::store {

namespace {

constexpr base::nanoseconds kSpaceCheckInterval = std::chrono::seconds(1);
constexpr base::nanoseconds kAskForFlushInterval = std::chrono::seconds(1);

// What a request takes until it is in the head: the body, the decoded lines (twice: as decoded, and copied), and the
// records and rows.
std::uint64_t estimate_bytes(const core::AppendRequest& request) {
  return request.body.bytes->size() + 2 * request.batch.line_bytes() +
         request.batch.records.size() * (sizeof(core::Record) + 40);
}

journal::FrameHeader frame_header(const core::AppendRequest& request) {
  journal::FrameHeader header;
  header.tenant = request.tenant;
  header.protocol = request.body.protocol;
  header.encoding = request.body.encoding;
  header.decoder_version = request.body.decoder_version;
  header.arrival = request.arrival;
  return header;
}

}  // namespace

base::Task<base::StatusOr<core::AppendResult>> Appender::append(core::AppendRequest request) {
  CO_RETURN_IF_ERROR(check_slices(request.batch));
  if (!request.batch.named() && request.batch.records.empty()) co_return core::AppendResult{};
  base::Status space = co_await check_space();
  if (!space.ok()) co_return space;

  const std::uint64_t bytes = estimate_bytes(request);
  const bool has_room = co_await wait_for_room(bytes);
  if (!has_room) {
    co_return base::resource_exhausted_error("the head is full: used_bytes={} max_bytes={}; flushing does not keep up",
                                             state_.gate.used(), state_.options.head_bytes_max);
  }
  // What is taken goes to the frame, or back: both branches see to it.
  if (request.batch.named()) co_return co_await append_named(std::move(request), bytes);
  co_return co_await append_unnamed(std::move(request), bytes);
}

base::Task<bool> Appender::wait_for_room(std::uint64_t bytes) {
  if (state_.gate.try_take(bytes)) co_return true;
  state_.metrics.append_waits.add();
  const base::MonotonicNanos deadline = state_.executor().clock().monotonic() + state_.options.append_wait_max;
  while (state_.executor().clock().monotonic() < deadline && !state_.stopping.is_set()) {
    // Asked again each time: others may have filled the room that a flush made.
    state_.flush_wanted.set();
    const bool taken = co_await state_.gate.take(bytes, kAskForFlushInterval);
    if (taken) co_return true;
  }
  co_return false;
}

base::Task<base::Status> Appender::check_space() {
  const base::MonotonicNanos now = state_.executor().clock().monotonic();
  bool look = false;
  {
    base::MutexLock lock(space_mutex_);
    if (!space_checked_.has_value() || now - *space_checked_ >= kSpaceCheckInterval) {
      space_checked_ = now;
      look = true;
    }
  }
  if (look) {
    StoreState* state = &state_;
    base::StatusOr<std::uint64_t> free = co_await state_.executor().blocking(
        [state] { return state->deps.files->free_bytes(state->options.data_directory); });
    base::MutexLock lock(space_mutex_);
    // Not to know is no reason to refuse: a full disk shows itself when the journal is written.
    free_bytes_ = free.ok() ? *free : UINT64_MAX;
  }
  base::MutexLock lock(space_mutex_);
  if (free_bytes_ < state_.options.free_space_reserve_bytes) {
    co_return base::resource_exhausted_error("low space: free_bytes={} reserve_bytes={} directory={}", free_bytes_,
                                             state_.options.free_space_reserve_bytes, state_.options.data_directory);
  }
  co_return base::ok_status();
}

base::Task<base::StatusOr<core::AppendResult>> Appender::append_named(core::AppendRequest request,
                                                                      std::uint64_t taken_bytes) {
  base::StatusOr<SourceTable::Decision> decision = co_await decide(request);
  if (!decision.ok() || !decision->stores_anything()) {
    state_.gate.give_back(taken_bytes);
    if (!decision.ok()) co_return decision.status();
    state_.metrics.refused_slices.add(decision->verdicts.size());
    co_return core::AppendResult{std::move(decision->verdicts), false};
  }
  Frame frame;
  frame.tenant = request.tenant;
  frame.arrival = request.arrival;
  frame.decision = *std::move(decision);
  frame.taken_bytes = taken_bytes;
  BodyRows rows = named_rows(request.batch, frame.decision.stored);
  std::vector<std::uint32_t> refused = request.refused;
  base::Status status = co_await commit(frame, request, std::move(rows), std::move(refused));
  if (!status.ok()) co_return status;
  for (const bool stored : frame.decision.stored) state_.metrics.refused_slices.add(stored ? 0 : 1);
  co_return core::AppendResult{std::move(frame.decision.verdicts), false};
}

base::Task<base::StatusOr<SourceTable::Decision>> Appender::decide(const core::AppendRequest& request) {
  const core::AgentId agent = request.batch.agent;
  const std::uint64_t epoch = request.batch.agent_epoch;
  while (true) {
    base::Status current = co_await state_.agents.check_epoch(agent, epoch);
    if (!current.ok()) co_return current;
    std::shared_ptr<base::Event> busy;
    {
      base::MutexLock lock(state_.mutex);
      busy = state_.sources.busy(request.tenant, request.batch);
      // A hello may have ended since: the epoch counts at the moment in which the slices are judged.
      if (busy == nullptr && state_.agents.is_current(agent, epoch)) {
        co_return state_.sources.begin(request.tenant, request.batch, request.arrival);
      }
    }
    if (busy != nullptr) co_await busy->wait();
  }
}

base::Task<base::StatusOr<core::AppendResult>> Appender::append_unnamed(core::AppendRequest request,
                                                                        std::uint64_t taken_bytes) {
  std::vector<base::Hash128> line_hashes;
  const base::Hash128 hash = body_hash(request.tenant, request.batch, line_hashes);
  const bool repeated = co_await is_repeated(hash, request.arrival);
  if (repeated) {
    state_.gate.give_back(taken_bytes);
    state_.metrics.repeated_bodies.add();
    co_return core::AppendResult{{}, true};
  }
  Frame frame;
  frame.tenant = request.tenant;
  frame.arrival = request.arrival;
  frame.body_hash = hash;
  frame.taken_bytes = taken_bytes;
  const std::vector<std::uint32_t> skipped = state_.recent_lines.repeated(request.tenant, request.batch, line_hashes);
  state_.metrics.repeated_lines.add(skipped.size());
  if (skipped.size() == request.batch.records.size()) {
    roll_back(frame);
    co_return core::AppendResult{};
  }
  BodyRows rows = unnamed_rows(request.batch, skipped);
  std::vector<std::uint32_t> refused = merge_refused(request.refused, skipped);
  base::Status status = co_await commit(frame, request, std::move(rows), std::move(refused));
  if (!status.ok()) co_return status;
  state_.recent_lines.add(request.tenant, request.batch, line_hashes);
  co_return core::AppendResult{};
}

base::Task<bool> Appender::is_repeated(base::Hash128 hash, core::UnixNanos arrival) {
  while (true) {
    std::shared_ptr<base::Event> pending;
    {
      base::MutexLock lock(state_.mutex);
      const BodyHashes::Found found = state_.body_hashes.begin(hash, arrival, pending);
      if (found != BodyHashes::Found::kPending) co_return found == BodyHashes::Found::kRepeated;
    }
    co_await pending->wait();
  }
}

base::Task<base::Status> Appender::commit(Frame& frame, core::AppendRequest& request, BodyRows rows,
                                          std::vector<std::uint32_t> refused) {
  frame.chunks = co_await make_chunks(state_.executor(), request.batch, std::move(rows));
  journal::FrameHeader header = frame_header(request);
  header.body_hash = frame.body_hash;
  header.refused = std::move(refused);
  header.stored_slices = frame.decision.stored;
  std::shared_ptr<const std::string> body = request.body.bytes;
  std::function<void(std::uint64_t)> on_durable = [this, &frame](std::uint64_t sequence) { publish(frame, sequence); };
  base::StatusOr<std::uint64_t> sequence =
      co_await state_.journal->append(std::move(header), std::move(body), std::move(on_durable));
  if (!sequence.ok()) roll_back(frame);
  co_return sequence.status();
}

// The publish point of a write. The frame is durable; from the end of this critical section on its rows are in every
// snapshot, its marks in every answer, and its hash known.
void Appender::publish(Frame& frame, std::uint64_t sequence) {
  std::uint64_t head_bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t line_bytes = 0;
  bool flush = false;
  bool merge = false;
  {
    base::MutexLock lock(state_.mutex);
    CHECK(sequence > state_.published);
    if (!state_.active_since.has_value()) state_.active_since = state_.executor().clock().monotonic();
    for (std::shared_ptr<Chunk>& chunk : frame.chunks) {
      if (frame.body_hash.has_value()) chunk->name_frame(state_.frame_generation(state_.epoch, sequence));
      chunk->set_deletions_applied(state_.deletions.newest());
      head_bytes += chunk->memory_bytes();
      records += chunk->rows();
      line_bytes += chunk->line_bytes();
      state_.head.add(frame.tenant, std::move(chunk));
    }
    state_.sources.commit(frame.decision, frame.arrival);
    if (frame.body_hash.has_value()) state_.body_hashes.commit(*frame.body_hash, frame.arrival);
    state_.published = sequence;
    state_.update_head_gauges();
    flush = state_.head.active_bytes() >= state_.options.head_flush_bytes;
    merge = state_.head.wants_merge(frame.tenant);
  }
  state_.gate.adjust(frame.taken_bytes, head_bytes);
  state_.metrics.records.add(records);
  state_.metrics.line_bytes.add(line_bytes);
  for (const LostRange& range : frame.decision.lost) state_.metrics.lost_bytes.add(range.end - range.begin);
  if (flush) state_.flush_wanted.set();
  if (merge) state_.merge_wanted.set();
}

void Appender::roll_back(const Frame& frame) {
  {
    base::MutexLock lock(state_.mutex);
    state_.sources.roll_back(frame.decision);
    if (frame.body_hash.has_value()) state_.body_hashes.roll_back(*frame.body_hash);
  }
  state_.gate.give_back(frame.taken_bytes);
}

}  // namespace cordwood::store

#include "agent/journal_input.h"

#include <algorithm>

#include "agent/losses.h"
#include "base/log.h"

namespace cordwood::agent {

namespace {
// More of them than slices can be on their way are never needed.
constexpr std::size_t kPointsKept = 16;
// The server shall know its labels before the first entry.
constexpr base::nanoseconds kIntroductionPatience = std::chrono::seconds(2);
const base::Hash128 kNothing = base::hash128({});
}  // namespace

JournalInput::JournalInput(std::unique_ptr<JournalReader> reader, std::string host, std::vector<core::Label> labels,
                           base::Random& random, base::Clock& clock)
    : reader_(std::move(reader)), random_(random), clock_(clock) {
  generation_.info.id.host = host;
  generation_.info.path = "journal";
  generation_.info.unit = core::PositionUnit::kRecords;
  std::vector<core::Label> all{{"host", host}, {"job", "journal"}};
  all.insert(all.end(), labels.begin(), labels.end());
  generation_.info.labels = std::make_shared<const core::Labels>(std::move(all));
  new_generation();
}

void JournalInput::new_generation() {
  generation_.info.id.generation = {random_.next_id()};
  generation_.acked = generation_.read = Position{};
  generation_.info.base = generation_.acked.mark;
  generation_.refused.clear();
  generation_.looks.clear();
  generation_.saved = false;
  generation_.introduced = false;
  generation_.introduce_by = clock_.monotonic() + kIntroductionPatience;
  generation_.told = 0;
  points_.clear();
  placed_ = false;
  exhausted_ = false;
  dirty = true;
}

void JournalInput::restore(const JournalState& state, bool lost_state, base::UnixNanos watermark) {
  if (state.known()) {
    generation_.losses = state.losses;
    generation_.looks.note(watermark, state.acked);
    generation_.info.id.generation = state.generation;
    generation_.acked.mark = {state.acked, kNothing};
    generation_.acked.line = state.acked + 1;
    generation_.read = generation_.acked;
    generation_.saved = true;
    generation_.introduced = true;
    points_ = state.points;
    dirty = false;
  } else if (lost_state) {
    // What was sent is unknown, so only what comes from now on is.
    JournalReader::Entry entry;
    if (reader_->seek_tail().ok() && reader_->next(entry).value_or(false)) points_ = {{0, entry.cursor}};
    problem_ = "the state was lost: entries between the last one sent and now may be missing";
    add_loss_of(core::LossReason::kGone, 0, 0, clock_.now());
    base::log_warn("journal is read from its end: {}", problem_);
  }
}

JournalState JournalInput::state() const {
  return {generation_.info.id.generation, generation_.acked.mark.offset, points_, generation_.losses};
}

bool JournalInput::may_read(base::MonotonicNanos now) const {
  return !exhausted_ && generation_.slices_on_way < 2 && generation_.not_before <= now;
}

void JournalInput::add(const JournalReader::Entry& entry, ingest::native::SliceBuilder& builder, std::uint64_t offset) {
  // An entry is one record, line breaks and all; its journal gave it a time.
  builder.add(entry.message, offset, entry.time,
              core::RecordFlags::make(core::LineEnd::kLf, core::TimeOrigin::kSender));
  if (!entry.unit.empty()) builder.add_metadata("unit", entry.unit);
  if (!entry.identifier.empty()) builder.add_metadata("identifier", entry.identifier);
  if (!entry.priority.empty()) {
    static constexpr std::string_view kLevels[] = {"emerg", "alert",  "crit", "error",
                                                   "warn",  "notice", "info", "debug"};
    builder.add_metadata("priority", entry.priority);
    const char digit = entry.priority[0];
    if (entry.priority.size() == 1 && digit >= '0' && digit <= '7') {
      builder.add_metadata("level", kLevels[static_cast<std::size_t>(digit - '0')]);
    }
  }
}

void JournalInput::add_loss_of(core::LossReason reason, std::uint64_t begin, std::uint64_t at_least,
                               base::UnixNanos until) {
  core::Loss loss;
  loss.begin = begin;
  loss.at_least = at_least;
  loss.exact = reason == core::LossReason::kRefused;
  loss.since = generation_.looks.latest(begin);
  loss.until = std::max(until, loss.since);
  loss.reason = reason;
  add_loss(generation_.losses, loss);
  has_unsaved_losses = true;
  dirty = true;
}

// Stands at generation_.read afterwards; false on errors.
bool JournalInput::find_place() {
  const std::uint64_t begin = generation_.read.mark.offset;
  const auto point =
      std::find_if(points_.rbegin(), points_.rend(), [&](const JournalPoint& p) { return p.records <= begin; });
  const base::Status status = point == points_.rend() ? reader_->seek_head() : reader_->seek_after(point->cursor);
  if (status.code() == base::StatusCode::kNotFound) {
    problem_ = "entries were vacuumed before they were read";
    base::log_warn("journal: {}", problem_);
    // At a repeat, what was vacuumed is the same.
    const bool known = std::any_of(generation_.losses.begin(), generation_.losses.end(), [&](const core::Loss& loss) {
      return loss.reason == core::LossReason::kVacuumed && loss.begin == begin;
    });
    if (!known) add_loss_of(core::LossReason::kVacuumed, begin, 0, clock_.now());
    placed_ = true;
    return true;
  }
  if (!status.ok()) {
    problem_ = base::message_of(status);
    exhausted_ = true;
    return false;
  }
  // A point before the position: the entries between were stored already.
  JournalReader::Entry skipped;
  for (std::uint64_t at = point == points_.rend() ? 0 : point->records; at < begin; ++at) {
    if (!reader_->next(skipped).value_or(false)) break;
  }
  placed_ = true;
  return true;
}

bool JournalInput::cut(std::size_t raw_bytes_max, ingest::native::EncodedSlice& slice, Position& end) {
  const std::uint64_t begin = generation_.read.mark.offset;
  const base::UnixNanos now = clock_.now();
  if (!placed_ && !find_place()) return false;
  ingest::native::SliceBuilder builder;
  builder.start(generation_.read.mark, begin + 1);
  JournalReader::Entry entry;
  std::uint64_t at = begin;
  std::size_t bytes = 0;
  std::string cursor;
  while (bytes < raw_bytes_max) {
    const auto found = reader_->next(entry);
    if (!found.ok()) problem_ = base::message_of(found.status());
    if (!found.value_or(false)) {
      exhausted_ = true;
      if (found.ok()) generation_.looks.note(now, at);
      break;
    }
    generation_.last_write = entry.time;
    generation_.last_read = now;
    if (!generation_.refused.contains(at)) add(entry, builder, at);
    ++at;
    bytes += entry.message.size() + 64;
    cursor = entry.cursor;
    // A slice cannot have a hole: a refused entry is the last of its slice.
    if (generation_.refused.contains(at - 1)) break;
  }
  if (at == begin) return false;
  points_.push_back({at, std::move(cursor)});
  generation_.saved = false;  // the cursor of this slice's end is saved before it is sent
  dirty = true;
  end = generation_.read;
  end.mark = {at, kNothing};
  end.line = at + 1;
  slice = builder.finish(end.mark);
  return true;
}

void JournalInput::stored(const Position& end) {
  for (const std::uint64_t offset : generation_.refused) {
    if (offset >= end.mark.offset) break;
    add_loss_of(core::LossReason::kRefused, offset, 1, clock_.now());
  }
  generation_.acked = end;
  // The youngest point at or before the mark is where reading goes on.
  while (points_.size() > 1 && points_[1].records <= end.mark.offset) points_.erase(points_.begin());
  while (points_.size() > kPointsKept) points_.erase(points_.begin());
  generation_.refused.erase(generation_.refused.begin(), generation_.refused.lower_bound(end.mark.offset));
  dirty = true;
}

void JournalInput::go_to_mark(const core::Mark& mark) {
  const auto point =
      std::find_if(points_.begin(), points_.end(), [&](const JournalPoint& p) { return p.records == mark.offset; });
  const bool beginning = mark.offset == 0 && (points_.empty() || points_.front().records > 0);
  if (point == points_.end() && !beginning) {
    // Another has sent under this name, or the server lost its newest data: what it has cannot be told apart.
    base::log_warn("journal: no cursor is known for the server's mark {}: a new source begins at ours", mark.offset);
    std::vector<JournalPoint> points = std::move(points_);
    const std::uint64_t acked = generation_.acked.mark.offset;
    new_generation();
    for (const JournalPoint& p : points) {
      if (p.records == acked) points_ = {{0, p.cursor}};
    }
    return;
  }
  generation_.acked.mark = {mark.offset, kNothing};
  generation_.acked.line = mark.offset + 1;
  stored(generation_.acked);
  rewind();
}

void JournalInput::rewind() {
  generation_.read = generation_.acked;
  placed_ = false;
  exhausted_ = false;
}

void JournalInput::forget_progress() {
  generation_.acked = Position{};
  points_.clear();
  generation_.refused.clear();
  rewind();
  dirty = true;
}

base::UnixNanos JournalInput::watermark() const {
  return generation_.looks.latest(generation_.acked.mark.offset);
}

core::LedgerEntry JournalInput::entry() const {
  core::LedgerEntry entry;
  entry.generation = generation_.info.id.generation;
  entry.path = generation_.info.path;
  entry.labels = generation_.info.labels;
  entry.unit = core::PositionUnit::kRecords;
  entry.acked = generation_.acked.mark.offset;
  entry.seen = std::max(entry.acked, generation_.read.mark.offset);
  entry.last_write = generation_.last_write;
  entry.last_read = generation_.last_read;
  entry.losses = generation_.losses;
  return entry;
}

bool JournalInput::caught_up() const {
  return exhausted_ && generation_.slices_on_way == 0 && generation_.acked.mark.offset == generation_.read.mark.offset;
}

void JournalInput::refuse(std::uint64_t offset) {
  generation_.refused.insert(offset);
}

}  // namespace cordwood::agent

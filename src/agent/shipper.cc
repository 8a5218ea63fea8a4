#include "agent/shipper.h"

#include <algorithm>

#include "agent/journal_input.h"
#include "base/check.h"
#include "base/log.h"
#include "codec/compress.h"

namespace cordwood::agent {

using ingest::native::EncodedSlice;

Shipper::Shipper(ShipperOptions options, FileTable& table, JournalInput* journal, base::Clock& clock,
                 DeadLetters& dead_letters)
    : options_(std::move(options)),
      table_(table),
      journal_(journal),
      clock_(clock),
      slicer_([this, &dead_letters](std::uint64_t offset, std::string_view line) {
        dead_letters.add(reading_path_, offset, line);
      }),
      times_(make_line_times(options_.zone)),
      batch_bytes_(options_.batch_bytes) {}

void Shipper::set_agent(const core::AgentId& agent, std::uint64_t epoch) {
  agent_ = agent;
  epoch_ = epoch;
  for (PushRequest& request : requests_) {
    if (!request.in_flight) encode(request);
  }
}

// --- what is read next --------------------------------------------------------------------------------------------

bool Shipper::may_read(const Generation& generation, base::MonotonicNanos now, std::size_t& gzip_readers) const {
  if (generation.not_before > now || generation.slices_on_way >= 2) return false;
  if (table_.is_lost(generation)) return true;
  const FollowedFile* file = generation.file;
  if (file == nullptr || file->exhausted) return false;
  if (!file->gzip || file->content != nullptr) return true;
  return gzip_readers < kGzipReadersMax && ++gzip_readers > 0;
}

// Within a family the older comes first. History, though, does not hold up what is written now: only what was rotated
// away under our eyes does, because its lines without a time get the time of reading.
std::vector<Generation*> Shipper::ready() {
  const base::MonotonicNanos now = clock_.monotonic();
  std::size_t gzip_readers = 0;
  for (const auto& [path, family] : table_.families()) {
    for (const Generation* generation : family) {
      const FollowedFile* file = generation->file;
      if (file != nullptr && file->gzip && file->content != nullptr) ++gzip_readers;
    }
  }
  std::vector<Generation*> live;
  std::vector<Generation*> history;
  for (const auto& [path, family] : table_.families()) {
    bool history_blocked = false;
    bool live_blocked = false;
    for (Generation* generation : family) {
      bool& blocked = generation->history ? history_blocked : live_blocked;
      if (!blocked && may_read(*generation, now, gzip_readers)) {
        (generation->history ? history : live).push_back(generation);
      }
      // Stored before the next one is sent, so that the server meets them in order; but who has to wait, waits alone.
      const bool unfinished =
          generation->slices_on_way > 0 || (generation->file != nullptr && table_.has_unread(*generation));
      if (unfinished && generation->not_before <= now) blocked = true;
    }
  }
  ++turn_;
  const auto rotate = [this](std::vector<Generation*>& list) {
    if (list.size() > 1)
      std::rotate(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(turn_ % list.size()), list.end());
  };
  rotate(live);
  rotate(history);
  // Every other request begins with history, so that neither starves.
  if (turn_ % 2 == 0) live.swap(history);
  live.insert(live.end(), history.begin(), history.end());
  return live;
}

LineTimes& Shipper::times_of(const Generation& generation) {
  times_->set_reference(generation.file != nullptr ? generation.file->stat.modified : generation.modified);
  return *times_;
}

bool Shipper::find_place(Generation& generation, Content& content) {
  if (generation.place_known) return true;
  const auto place = slicer_.position_at(content, times_of(generation), Position{}, generation.acked.mark);
  if (place.ok()) {
    generation.acked = generation.read = *place;
    generation.place_known = true;
    return true;
  }
  if (place.status().code() == base::StatusCode::kAborted) {
    table_.content_changed(generation);
  } else {
    table_.read_failed(generation, place.status());
  }
  return false;
}

// False when there is nothing to send, now.
bool Shipper::cut(Generation& generation, std::size_t raw_bytes_max, Piece& piece) {
  if (table_.is_lost(generation)) return cut_lost(generation, piece);
  const auto content = table_.open_content(generation);
  if (!content.ok()) {
    table_.read_failed(generation, content.status());
    return false;
  }
  if (!table_.refresh_ladder(generation)) {
    table_.content_changed(generation);
    return false;
  }
  if (!find_place(generation, **content)) return false;
  FollowedFile& file = *generation.file;
  reading_path_ = generation.info.path;
  SliceRequest request;
  request.from = generation.read;
  request.ladder = &generation.info.ladder;
  request.raw_bytes_max = raw_bytes_max;
  request.ended = table_.ended(generation);
  request.fallback_time = table_.fallback_time(generation);
  request.refused = generation.refused.empty() ? nullptr : &generation.refused;
  auto result = slicer_.cut(**content, times_of(generation), request);
  if (!result.ok()) {
    if (result.status().code() == base::StatusCode::kAborted) {
      table_.content_changed(generation);
    } else {
      table_.read_failed(generation, result.status());
    }
    return false;
  }
  generation.last_read = clock_.now();
  file.exhausted = result->at_end;
  file.waiting_bytes = result->waiting_bytes;
  if (file.waiting_bytes > 0 && file.waiting_from != result->end.mark.offset) {
    file.waiting_from = result->end.mark.offset;
    file.waiting_since = clock_.monotonic();
  }
  file.unreadable = false;
  file.problem = file.gzip && (*content)->end().complete ? (*content)->end().reason : "";
  if (result->empty()) return false;
  counted_.bytes_read += result->end.mark.offset - generation.read.mark.offset;
  piece.slice = std::move(result->slice);
  piece.end = result->end;
  return true;
}

bool Shipper::cut_lost(Generation& generation, Piece& piece) {
  piece.end = generation.read;
  // Nobody can hash bytes that are gone, and nothing will follow them.
  piece.end.mark = {generation.known_bytes, {}};
  piece.slice = ingest::native::lost_slice(generation.read.mark, piece.end.mark, generation.read.line);
  return true;
}

bool Shipper::build() {
  if (requests_.size() >= kRequestsMax) return false;
  PushRequest request;
  std::size_t left = batch_bytes_;
  const auto take = [&](Generation& generation, Piece piece) {
    piece.generation = &generation;
    generation.read = piece.end;
    ++generation.slices_on_way;
    left -= std::min(left, piece.slice.text.size() + piece.slice.records);
    request.pieces.push_back(std::move(piece));
  };
  const std::vector<Generation*> generations = ready();
  const std::size_t share = std::max(kBatchBytesMin, batch_bytes_ / std::max<std::size_t>(1, generations.size()));
  for (Generation* generation : generations) {
    if (left == 0 || request.pieces.size() >= kPiecesMax) break;
    Piece piece;
    if (cut(*generation, std::min(share, batch_bytes_), piece)) take(*generation, std::move(piece));
  }
  if (journal_ != nullptr && left > 0 && journal_->may_read(clock_.monotonic())) {
    Piece piece;
    if (journal_->cut(left, piece.slice, piece.end)) take(journal_->generation(), std::move(piece));
  }
  if (request.pieces.empty()) return false;
  encode(request);
  requests_.push_back(std::move(request));
  return true;
}

void Shipper::encode(PushRequest& request) const {
  std::vector<ingest::native::PushPart> parts;
  for (const Piece& piece : request.pieces) parts.push_back({&piece.generation->info, &piece.slice});
  const std::string body = ingest::native::encode_push(agent_, epoch_, options_.host, parts);
  request.body = std::make_shared<const std::string>(codec::compress(codec::Compression::kZstd, body, 1));
}

// --- sending ------------------------------------------------------------------------------------------------------

bool Shipper::wants_save() const {
  return std::any_of(requests_.begin(), requests_.end(), [](const PushRequest& request) {
    return std::any_of(request.pieces.begin(), request.pieces.end(),
                       [](const Piece& piece) { return !piece.generation->saved; });
  });
}

PushRequest* Shipper::next_to_send() {
  const base::MonotonicNanos now = clock_.monotonic();
  std::vector<const Generation*> earlier;
  for (PushRequest& request : requests_) {
    const bool clear = std::all_of(request.pieces.begin(), request.pieces.end(), [&](const Piece& piece) {
      return table_.may_be_sent(*piece.generation) &&
             std::find(earlier.begin(), earlier.end(), piece.generation) == earlier.end();
    });
    if (clear && !request.in_flight && request.not_before <= now) {
      request.in_flight = true;
      ++request.attempts;
      for (const Piece& piece : request.pieces) {
        if (!piece.slice.lost) counted_.bytes_sent += piece.slice.end.offset - piece.slice.begin.offset;
      }
      return &request;
    }
    for (const Piece& piece : request.pieces) earlier.push_back(piece.generation);
  }
  return nullptr;
}

void Shipper::on_retry(PushRequest& request, base::nanoseconds delay) {
  request.in_flight = false;
  request.not_before = clock_.monotonic() + delay;
}

void Shipper::remove(PushRequest& request) {
  for (const Piece& piece : request.pieces) --piece.generation->slices_on_way;
  requests_.remove_if([&](const PushRequest& other) { return &other == &request; });
}

void Shipper::on_too_large(PushRequest& request, std::string_view reason) {
  std::vector<Generation*> generations;
  for (const Piece& piece : request.pieces) generations.push_back(piece.generation);
  // One record that is too large alone will never be taken.
  if (request.pieces.size() == 1 && request.pieces[0].slice.records <= 1) {
    Generation& generation = *generations[0];
    base::log_warn("record refused by the server path={} offset={} reason={}", generation.info.path,
                   request.pieces[0].slice.begin.offset, reason);
    generation.refused.insert(request.pieces[0].slice.begin.offset);
    ++counted_.records_refused;
  }
  batch_bytes_ = std::max(kBatchBytesMin, std::min(batch_bytes_, request.body->size() * 4) / 2);
  remove(request);
  for (Generation* generation : generations) rewind(*generation);
}

void Shipper::drop_unsent() {
  std::vector<Generation*> generations;
  for (const PushRequest& request : requests_) {
    if (request.in_flight) continue;
    for (const Piece& piece : request.pieces) generations.push_back(piece.generation);
  }
  for (Generation* generation : generations) rewind(*generation);
}

// --- verdicts -----------------------------------------------------------------------------------------------------

void Shipper::on_verdicts(PushRequest& request, const std::vector<core::SliceVerdict>& verdicts) {
  CHECK(verdicts.size() == request.pieces.size());
  std::vector<Piece> pieces = std::move(request.pieces);
  request.pieces.clear();
  remove(request);
  for (Piece& piece : pieces) --piece.generation->slices_on_way;
  for (std::size_t i = 0; i < pieces.size(); ++i) apply(pieces[i], verdicts[i]);
  // Grows back slowly after a 413.
  batch_bytes_ = std::min(options_.batch_bytes, batch_bytes_ + batch_bytes_ / 64);
}

void Shipper::apply(Piece& piece, const core::SliceVerdict& verdict) {
  Generation& generation = *piece.generation;
  if (const auto* kept = std::get_if<core::SliceStored>(&verdict)) {
    stored(piece, kept->mark);
  } else if (const auto* at = std::get_if<core::SliceAt>(&verdict)) {
    // The usual case: this very slice was stored, and the answer was lost.
    if (at->mark == piece.end.mark) {
      stored(piece, at->mark);
    } else {
      go_to_mark(generation, at->mark);
    }
  } else if (const auto* wait = std::get_if<core::SliceWait>(&verdict)) {
    generation.not_before = clock_.monotonic() + std::chrono::seconds(std::max(1U, wait->seconds));
    rewind(generation);
  } else if (const auto* refused = std::get_if<core::SliceRefused>(&verdict)) {
    const bool inside = refused->offset >= piece.slice.begin.offset && refused->offset < piece.slice.end.offset;
    const std::uint64_t offset = inside ? refused->offset : piece.slice.begin.offset;
    base::log_warn("record refused by the server path={} offset={} reason={}", generation.info.path, offset,
                   refused->reason);
    generation.refused.insert(offset);
    ++counted_.records_refused;
    rewind(generation);
  }
}

void Shipper::stored(Piece& piece, const core::Mark& mark) {
  Generation& generation = *piece.generation;
  if (mark != piece.end.mark) {
    go_to_mark(generation, mark);
    return;
  }
  const std::uint64_t bytes = piece.end.mark.offset - generation.acked.mark.offset;
  if (generation.info.unit == core::PositionUnit::kRecords) {
    counted_.journal_records_acked += bytes;
    journal_->stored(piece.end);
    return;
  }
  if (piece.slice.lost) {
    counted_.bytes_lost += bytes;
    table_.lost(generation, piece.slice.begin.offset);
  } else {
    if (generation.refused.contains(piece.slice.begin.offset)) {
      table_.refused(generation, piece.slice.begin.offset, piece.slice.end.offset);
    }
    counted_.bytes_acked += bytes;
    counted_.lines_acked += piece.slice.records;
  }
  generation.acked = piece.end;
  generation.refused.erase(generation.refused.begin(), generation.refused.lower_bound(generation.acked.mark.offset));
  table_.dirty = true;
}

// The server's mark is another than ours: an answer was lost, or it remembers more (our checkpoint is old) or less.
void Shipper::go_to_mark(Generation& generation, const core::Mark& mark) {
  rewind(generation);
  if (generation.info.unit == core::PositionUnit::kRecords) {
    journal_->go_to_mark(mark);
    return;
  }
  if (mark == generation.acked.mark) return;
  const auto retry_later = [&] { generation.not_before = clock_.monotonic() + std::chrono::seconds(1); };
  if (generation.file == nullptr) {
    if (!table_.is_lost(generation) || mark.offset <= generation.acked.mark.offset) return retry_later();
    // Our checkpoint was old. A mark without a hash is the end of a lost slice, sent before a kill.
    generation.acked.mark = generation.read.mark = mark;
    generation.known_bytes = std::max(generation.known_bytes, mark.offset);
    if (mark.offset == generation.known_bytes && mark.hash == base::Hash128{}) table_.lost(generation, mark.offset);
    table_.dirty = true;
    return;
  }
  const auto content = table_.open_content(generation);
  if (!content.ok()) return retry_later();
  const auto place = slicer_.position_at(**content, times_of(generation), generation.acked, mark);
  if (place.ok()) {
    generation.acked = generation.read = *place;
    generation.finished = false;
    table_.dirty = true;
    return;
  }
  const base::StatusCode code = place.status().code();
  if (code != base::StatusCode::kAborted && code != base::StatusCode::kNotFound) return retry_later();
  base::log_warn("server has other bytes of this file path={} mark={}: it goes on as a new generation",
                 generation.info.path, mark.offset);
  table_.start_over(generation);
}

// What was built and not sent of the generation is dropped; reading goes on at the acknowledged position.
void Shipper::rewind(Generation& generation) {
  for (auto it = requests_.begin(); it != requests_.end();) {
    PushRequest& request = *it;
    const auto is_its = [&](const Piece& piece) { return piece.generation == &generation; };
    if (request.in_flight || std::none_of(request.pieces.begin(), request.pieces.end(), is_its)) {
      ++it;
      continue;
    }
    generation.slices_on_way -= static_cast<std::uint32_t>(std::erase_if(request.pieces, is_its));
    if (request.pieces.empty()) {
      it = requests_.erase(it);
    } else {
      encode(request);
      ++it;
    }
  }
  if (generation.info.unit == core::PositionUnit::kRecords) {
    journal_->rewind();
    return;
  }
  generation.read = generation.acked;
  if (generation.file != nullptr) generation.file->exhausted = false;
}

void Shipper::add_to_status(AgentStatus& status) const {
  status.bytes_read = counted_.bytes_read;
  status.bytes_sent = counted_.bytes_sent;
  status.bytes_acked = counted_.bytes_acked;
  status.lines_acked = counted_.lines_acked;
  status.records_refused = counted_.records_refused;
  status.bytes_lost = counted_.bytes_lost;
  status.journal_records_acked = counted_.journal_records_acked;
}

}  // namespace cordwood::agent

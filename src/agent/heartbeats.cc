#include "agent/heartbeats.h"

#include <algorithm>

#include "base/hash.h"
#include "base/log.h"
#include "codec/compress.h"
#include "ingest/native/heartbeat.h"

namespace cordwood::agent {

namespace native = ingest::native;

namespace {

std::size_t size_of(const core::LedgerEntry& entry) {
  std::size_t bytes = 128 + entry.path.size() + entry.problem.size() + entry.losses.size() * 48;
  if (entry.labels != nullptr) {
    for (const core::Label& label : entry.labels->all()) bytes += label.name.size() + label.value.size() + 8;
  }
  return bytes;
}

std::uint64_t fingerprint_of(const core::LedgerEntry& entry) {
  return entry_fingerprint(
      {static_cast<std::uint64_t>(entry.state), entry.seen, entry.acked, entry.pending,
       static_cast<std::uint64_t>(entry.last_write.value), static_cast<std::uint64_t>(entry.last_read.value)},
      entry.problem, entry.losses);
}

}  // namespace

Heartbeats::Heartbeats(HeartbeatOptions options, FileTable& table, JournalInput* journal, base::Clock& clock)
    : options_(std::move(options)), table_(table), journal_(journal), clock_(clock) {}

void Heartbeats::greeted() {
  begin_account();
  not_before_ = base::MonotonicNanos{INT64_MIN};
}

void Heartbeats::begin_account() {
  body_.clear();
  account_begun_ = whole_ = false;
  more_ = true;
  start_ = 0;
  told_unreadable_.clear();
  table_.forget_told();
  if (journal_ != nullptr) journal_->generation().told = 0;
}

bool Heartbeats::due() const {
  const base::MonotonicNanos now = clock_.monotonic();
  if (in_flight_ || now < not_before_) return false;
  const base::nanoseconds since = now - last_;
  if (body_.empty() && more_) return true;
  if (body_.empty() && table_.has_news && since >= options_.news_interval) return true;
  return since >= options_.interval;
}

std::string Heartbeats::next(const Facts& facts) {
  if (body_.empty()) build(facts);
  in_flight_ = true;
  last_ = sent_ = clock_.monotonic();
  sent_at_ = clock_.now();
  return body_;
}

void Heartbeats::build(const Facts& facts) {
  core::Heartbeat heartbeat;
  heartbeat.agent = facts.agent;
  heartbeat.epoch = facts.epoch;
  heartbeat.host = options_.host;
  heartbeat.version = options_.version;
  heartbeat.sequence = ++sequence_;
  heartbeat.sent_at = clock_.now();
  heartbeat.clock_offset = clock_offset_;
  heartbeat.account_begins = !account_begun_;
  account_begun_ = true;
  named_.clear();
  table_.has_news = false;
  more_ = !add_entries(heartbeat);
  // A watermark tells of losses, which have to be in the account before or with it.
  if (!more_) {
    watermark_in_body_ = facts.watermark;
    heartbeat.ending = ending_ = facts.ending;
  } else {
    watermark_in_body_ = told_watermark_;
    ending_ = core::AgentEnding::kNone;
  }
  heartbeat.watermark = watermark_in_body_;
  heartbeat.account_ends = ends_account_ = !whole_ && !more_;
  body_ = codec::compress(codec::Compression::kZstd, native::encode_heartbeat(heartbeat), 1);
}

bool Heartbeats::add_entries(core::Heartbeat& heartbeat) {
  std::size_t bytes = 0;
  if (journal_ != nullptr) {
    core::LedgerEntry entry = journal_->entry();
    const std::uint64_t print = fingerprint_of(entry);
    if (journal_->generation().told != print) {
      journal_->generation().told = print;
      named_.push_back(entry.generation);
      heartbeat.entries.push_back(std::move(entry));
    }
  }
  if (!add_unreadable(heartbeat, bytes)) return false;
  for (const core::GenerationId& id : table_.take_forgotten(native::kEntriesPerHeartbeatMax / 2)) {
    core::LedgerEntry& entry = heartbeat.entries.emplace_back();
    entry.generation = id;
    entry.forgotten = true;
  }
  const std::vector<Generation*> all = table_.generations();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::size_t at = (start_ + i) % all.size();
    Generation& generation = *all[at];
    const std::uint64_t print = table_.fingerprint_of(generation);
    if (generation.told == print) continue;
    if (heartbeat.entries.size() >= native::kEntriesPerHeartbeatMax || bytes >= kBytesMax) {
      start_ = at;
      return false;
    }
    generation.told = print;
    named_.push_back(generation.info.id.generation);
    heartbeat.entries.push_back(table_.entry_of(generation));
    bytes += size_of(heartbeat.entries.back());
  }
  return table_.forgotten_count() == 0;
}

bool Heartbeats::add_unreadable(core::Heartbeat& heartbeat, std::size_t& bytes) {
  std::vector<core::LedgerEntry> entries = table_.unreadable_entries();
  if (!journal_problem_.empty()) entries.push_back(table_.unreadable_entry("journal", "journal", journal_problem_));
  std::map<core::GenerationId, std::uint64_t> gone = told_unreadable_;
  bool all = true;
  for (core::LedgerEntry& entry : entries) {
    gone.erase(entry.generation);
    const std::uint64_t print = fingerprint_of(entry);
    std::uint64_t& told = told_unreadable_[entry.generation];
    if (told == print) continue;
    if (heartbeat.entries.size() >= native::kEntriesPerHeartbeatMax || bytes >= kBytesMax) {
      all = false;
      continue;
    }
    told = print;
    bytes += size_of(entry);
    heartbeat.entries.push_back(std::move(entry));
  }
  for (const auto& [id, print] : gone) {
    if (heartbeat.entries.size() >= native::kEntriesPerHeartbeatMax) return false;
    core::LedgerEntry& entry = heartbeat.entries.emplace_back();
    entry.generation = id;
    entry.forgotten = true;
    told_unreadable_.erase(id);
  }
  return all;
}

// --- answers ------------------------------------------------------------------------------------------------------

Heartbeats::Outcome Heartbeats::on_answer(const base::StatusOr<io::ClientResponse>& response) {
  in_flight_ = false;
  // An answer to a message of before a hello.
  if (body_.empty()) return Outcome::kAgain;
  if (!response.ok()) return Outcome::kAgain;
  switch (response->status) {
    case 200:
      break;
    case 409:
      body_.clear();
      return Outcome::kGreetAgain;
    case 404:
    case 405:
    case 501:
      // An older server: it takes lines, but no account.
      supported_ = false;
      table_.introduces = false;
      begin_account();
      not_before_ = clock_.monotonic() + options_.unsupported_interval;
      return Outcome::kDone;
    case 400:
    case 413:
      not_understood(response->body.substr(0, 200));
      return Outcome::kDone;
    default:
      return Outcome::kAgain;
  }
  const auto answer = native::decode_heartbeat_answer(response->body);
  if (!answer.ok()) {
    not_understood(base::message_of(answer.status()));
    return Outcome::kDone;
  }
  answered(*answer);
  return Outcome::kDone;
}

void Heartbeats::not_understood(std::string_view reason) {
  base::log_warn("heartbeat not taken: {}", reason);
  begin_account();
  table_.introduces = false;
  not_before_ = clock_.monotonic() + options_.unsupported_interval;
}

void Heartbeats::answered(const core::HeartbeatAnswer& answer) {
  supported_ = true;
  table_.introduces = true;
  const base::nanoseconds trip = clock_.monotonic() - sent_;
  // Half of the way is a guess, better the shorter it is. An old sample is trusted less and less: clocks drift.
  offset_trip_ =
      std::min<base::nanoseconds>(offset_trip_, std::chrono::hours(1)) * 5 / 4 + std::chrono::microseconds(1);
  if (trip <= offset_trip_) {
    offset_trip_ = trip;
    clock_offset_ = answer.server_time - (sent_at_ + trip / 2);
  }
  if (answer.send_all) {
    begin_account();
    return;
  }
  body_.clear();
  whole_ = whole_ || ends_account_;
  told_watermark_ = watermark_in_body_;
  ended_ = ending_ != core::AgentEnding::kNone;
  for (const core::GenerationId& id : named_) {
    Generation* generation = table_.find(id);
    if (generation == nullptr && journal_ != nullptr && journal_->generation().info.id.generation == id) {
      generation = &journal_->generation();
    }
    if (generation == nullptr) continue;
    generation->introduced = true;
    generation->heard = true;
  }
}

}  // namespace cordwood::agent

// Truth: what the senders of a simulation know. A line that was acknowledged is found exactly once by every query that
// begins afterwards; a line that was sent and not acknowledged at most once; no other line ever.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cordwood::sim {

using LineId = std::size_t;

class Truth {
 public:
  // From now on the line may be found. Texts are unique: the same text is the same line. From `may_expire` on (the
  // clock's nanoseconds) it may be gone.
  LineId sent(const std::string& text, std::int64_t may_expire = INT64_MAX);
  // Idempotent. A line that may not exist stays so.
  void acknowledged(LineId line);
  // It was deleted, or its sender said that it is lost: no query that begins from now on may find it.
  void forbid(LineId line);
  // Nobody knows any more whether it exists: found at most once.
  void release(LineId line);

  // --- deletion of all lines that contain `text` ---
  // Those that are acknowledged: what a deletion that begins now means.
  std::vector<LineId> acknowledged_with(const std::string& text) const;
  // It is done: these must not be found by later queries, and nobody knows of the others that were sent meanwhile.
  void deleted(const std::string& text, const std::vector<LineId>& meant);
  // Nobody knows whether it happened.
  void maybe_deleted(const std::string& text);
  // The time to keep is long over: what may have expired must not be found.
  void expired(std::int64_t now);

  // What was known when a query began.
  struct Moment {
    std::uint64_t events = 0;
  };
  Moment now() const { return {events_}; }
  // `complete`: the query says that it read everything.
  void check(std::span<const std::string> found, Moment began, bool complete, std::int64_t now, std::string_view what);

  // The same for a query that only counts; `at_least` is found_at_least() of when it began. Holds while no line becomes
  // forbidden meanwhile.
  std::size_t found_at_least(std::int64_t now) const;
  void check_count(double count, std::size_t at_least, std::int64_t now);

  void violate(std::string text);
  bool is_violated() const { return !violation_.empty(); }
  const std::string& violation() const { return violation_; }
  std::size_t acknowledged_lines() const { return acknowledged_lines_; }
  std::uint64_t queries() const { return queries_; }
  // Of everything that happened: the same seed gives the same number.
  std::uint64_t digest() const { return digest_; }

 private:
  enum class State { kSent, kAcknowledged, kForbidden, kReleased };
  struct Line {
    std::string text;
    State state = State::kSent;
    std::uint64_t since = 0;  // event
    std::int64_t may_expire = INT64_MAX;
  };
  void change(LineId line, State state);

  std::vector<Line> lines_;
  std::unordered_map<std::string, LineId> by_text_;
  std::uint64_t events_ = 0;
  std::size_t acknowledged_lines_ = 0;  // ever
  std::uint64_t queries_ = 0;
  std::uint64_t digest_ = 0;
  std::string violation_;
};

}  // namespace cordwood::sim

#include "sim/truth.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"

namespace cordwood::sim {

LineId Truth::sent(const std::string& text, std::int64_t may_expire) {
  const auto [entry, is_new] = by_text_.try_emplace(text, lines_.size());
  if (is_new) lines_.push_back({text, State::kSent, ++events_, may_expire});
  return entry->second;
}

void Truth::change(LineId line, State state) {
  lines_[line].state = state;
  lines_[line].since = ++events_;
  digest_ = base::hash64(fmt::format("{} {} {}", digest_, line, static_cast<int>(state)));
}

void Truth::acknowledged(LineId line) {
  if (lines_[line].state != State::kSent) return;
  ++acknowledged_lines_;
  change(line, State::kAcknowledged);
}

void Truth::forbid(LineId line) {
  change(line, State::kForbidden);
}

void Truth::release(LineId line) {
  change(line, State::kReleased);
}

void Truth::check(std::span<const std::string> found, Moment began, bool complete, std::int64_t now,
                  std::string_view what) {
  ++queries_;
  std::vector<bool> seen(lines_.size());
  for (const std::string& text : found) {
    const auto entry = by_text_.find(text);
    if (entry == by_text_.end()) {
      violate(fmt::format("{}: found and never sent: {}", what, text));
      continue;
    }
    const Line& line = lines_[entry->second];
    if (seen[entry->second]) violate(fmt::format("{}: found twice: {}", what, text));
    seen[entry->second] = true;
    if (line.state == State::kForbidden && line.since <= began.events) {
      violate(fmt::format("{}: found though deleted or lost: {}", what, text));
    }
  }
  for (LineId id = 0; complete && id < lines_.size(); ++id) {
    const Line& line = lines_[id];
    if (line.state == State::kAcknowledged && line.since <= began.events && line.may_expire > now && !seen[id]) {
      violate(fmt::format("{}: acknowledged and not found: {}", what, line.text));
    }
  }
  digest_ = base::hash64(fmt::format("{} {} {}", digest_, found.size(), complete));
}

std::size_t Truth::found_at_least(std::int64_t now) const {
  std::size_t count = 0;
  for (const Line& line : lines_) count += line.state == State::kAcknowledged && line.may_expire > now ? 1 : 0;
  return count;
}

void Truth::check_count(double count, std::size_t at_least, std::int64_t now) {
  ++queries_;
  // Lines that were forbidden while the query ran may be in its count, or not.
  const std::size_t least = std::min(at_least, found_at_least(now));
  if (count < static_cast<double>(least) || count > static_cast<double>(lines_.size())) {
    violate(fmt::format("counted {}, wanted {} to {}", count, least, lines_.size()));
  }
}

std::vector<LineId> Truth::acknowledged_with(const std::string& text) const {
  std::vector<LineId> out;
  for (LineId id = 0; id < lines_.size(); ++id) {
    const Line& line = lines_[id];
    if (line.state == State::kAcknowledged && line.text.find(text) != std::string::npos) out.push_back(id);
  }
  return out;
}

void Truth::deleted(const std::string& text, const std::vector<LineId>& meant) {
  for (const LineId id : meant) forbid(id);
  maybe_deleted(text);
}

void Truth::maybe_deleted(const std::string& text) {
  for (LineId id = 0; id < lines_.size(); ++id) {
    const Line& line = lines_[id];
    if (line.state != State::kForbidden && line.text.find(text) != std::string::npos) release(id);
  }
}

void Truth::expired(std::int64_t now) {
  for (LineId id = 0; id < lines_.size(); ++id) {
    if (lines_[id].may_expire <= now) forbid(id);
  }
}

void Truth::violate(std::string text) {
  if (violation_.empty()) violation_ = std::move(text);
}

}  // namespace cordwood::sim

#include "agent/losses.h"

#include <algorithm>

namespace cordwood::agent {

namespace {

// Only unknown amounts are joined: two exact ones say more apart.
bool touch(const core::Loss& a, const core::Loss& b) {
  if (a.reason != b.reason || a.exact || b.exact) return false;
  return b.begin <= a.begin + a.at_least && a.begin <= b.begin + b.at_least;
}

core::Loss hull(const core::Loss& a, const core::Loss& b) {
  core::Loss loss = a;
  loss.begin = std::min(a.begin, b.begin);
  loss.since = std::min(a.since, b.since);
  loss.until = std::max(a.until, b.until);
  loss.exact = a.exact && b.exact;
  return loss;
}

// The oldest two of one reason; with more losses than reasons there are two.
void merge_oldest(std::vector<core::Loss>& losses) {
  for (std::size_t i = 0; i < losses.size(); ++i) {
    for (std::size_t j = i + 1; j < losses.size(); ++j) {
      if (losses[i].reason != losses[j].reason) continue;
      const std::uint64_t at_least = losses[i].at_least + losses[j].at_least;
      losses[i] = hull(losses[i], losses[j]);
      losses[i].at_least = at_least;
      losses.erase(losses.begin() + static_cast<std::ptrdiff_t>(j));
      return;
    }
  }
}

}  // namespace

void add_loss(std::vector<core::Loss>& losses, const core::Loss& loss) {
  if (!losses.empty() && touch(losses.back(), loss)) {
    core::Loss& last = losses.back();
    const std::uint64_t end = std::max(last.begin + last.at_least, loss.begin + loss.at_least);
    last = hull(last, loss);
    last.at_least = end - last.begin;
    return;
  }
  losses.push_back(loss);
  if (losses.size() > kLossesPerGenerationMax) merge_oldest(losses);
}

std::string_view name_of(core::LossReason reason) {
  switch (reason) {
    case core::LossReason::kGone:
      return "gone";
    case core::LossReason::kTruncated:
      return "truncated";
    case core::LossReason::kSpoolFull:
      return "spool_full";
    case core::LossReason::kUnreadable:
      return "unreadable";
    case core::LossReason::kVacuumed:
      return "vacuumed";
    case core::LossReason::kRefused:
      return "refused";
  }
  return "unknown";
}

}  // namespace cordwood::agent

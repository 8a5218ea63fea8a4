#include "agent/ladder.h"

#include <algorithm>

namespace cordwood::agent {

namespace {
constexpr std::uint32_t kSteps[] = {64, 1 << 10, 4 << 10, kHeadBytes};
}

base::StatusOr<std::string> read_head(Content& content) {
  std::string head(kHeadBytes, '\0');
  ASSIGN_OR_RETURN(const std::size_t n, content.read(0, head.data(), head.size()));
  head.resize(n);
  return head;
}

std::vector<core::HeadHash> ladder_of(std::string_view head) {
  std::vector<core::HeadHash> ladder;
  for (const std::uint32_t step : kSteps) {
    if (head.size() >= step) ladder.push_back({step, base::hash128(head.substr(0, step))});
  }
  if (!head.empty() && (ladder.empty() || ladder.back().bytes < head.size())) {
    ladder.push_back({static_cast<std::uint32_t>(head.size()), base::hash128(head)});
  }
  return ladder;
}

base::StatusOr<std::vector<core::HeadHash>> make_ladder(Content& content) {
  ASSIGN_OR_RETURN(const std::string head, read_head(content));
  return ladder_of(head);
}

bool ladder_can_grow(const std::vector<core::HeadHash>& ladder, std::uint64_t bytes) {
  const std::uint64_t have = ladder.empty() ? 0 : ladder.back().bytes;
  return have < std::min<std::uint64_t>(bytes, kHeadBytes);
}

LadderMatch compare_ladder(const std::vector<core::HeadHash>& ladder, std::string_view head) {
  for (const core::HeadHash& step : ladder) {
    if (step.bytes > head.size()) return LadderMatch::kShorter;
    if (base::hash128(head.substr(0, step.bytes)) != step.hash) return LadderMatch::kNo;
  }
  return ladder.empty() ? LadderMatch::kNo : LadderMatch::kYes;
}

}  // namespace cordwood::agent

// The ladder: hashes over the first bytes of a content, by which it is known again after rename, compression, restart.
#pragma once

#include <string>
#include <vector>

#include "agent/content.h"
#include "core/record.h"

namespace cordwood::agent {

// Of what is there now: one step for each of 64 B, 1 KiB, 4 KiB and 64 KiB that the content has, and one for all of a
// content that ends between two of them. Empty for an empty content. Reads at most 64 KiB.
base::StatusOr<std::vector<core::HeadHash>> make_ladder(Content& content);

// Whether a ladder made now can gain a step against `ladder` for a content of `bytes`.
bool ladder_can_grow(const std::vector<core::HeadHash>& ladder, std::uint64_t bytes);

enum class LadderMatch {
  kNo,
  kYes,      // every step of the ladder was compared
  kShorter,  // every step that could be compared is equal, but the content ends before the last one
};
// `head` is the first bytes of a content, up to 64 KiB of them.
LadderMatch compare_ladder(const std::vector<core::HeadHash>& ladder, std::string_view head);

// The first up to 64 KiB.
inline constexpr std::size_t kHeadBytes = 64 << 10;
base::StatusOr<std::string> read_head(Content& content);
std::vector<core::HeadHash> ladder_of(std::string_view head);

}  // namespace cordwood::agent

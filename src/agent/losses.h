// What of a generation will never be stored. Losses are kept with their generation and in the checkpoint, so that a
// kill does not make the agent forget one.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/ledger.h"

namespace cordwood::agent {

// More of one generation are merged: what is known to be gone stays exact in sum, its place gets wider.
inline constexpr std::size_t kLossesPerGenerationMax = 32;

// Joins it with one that it touches, so that a cut noticed first and its bytes counted later are one loss.
void add_loss(std::vector<core::Loss>& losses, const core::Loss& loss);

// The name in status.json and in what people read: "gone", "truncated", "spool_full", "unreadable", "vacuumed",
// "refused".
std::string_view name_of(core::LossReason reason);

}  // namespace cordwood::agent

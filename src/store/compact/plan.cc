#include "store/compact/plan.h"

#include <algorithm>

namespace cordwood::store {

namespace {

constexpr std::uint64_t kMiB = 1 << 20;
// Raw sizes that part the tiers; the largest tier is not merged in the background.
struct Tier {
  std::uint64_t raw_bytes_below;
  std::size_t parts_min;
};
constexpr Tier kTiers[] = {{8 * kMiB, 8}, {128 * kMiB, 4}, {600 * kMiB, 4}};
constexpr std::size_t kUrgentParts = 32;

// Takes parts from the front as long as they fit together.
Inputs take_fitting(const std::vector<catalog::PartRow>& parts, std::size_t begin, const CompactionLimits& limits) {
  Inputs out;
  std::uint64_t raw = 0;
  std::uint64_t stored = 0;
  for (std::size_t i = begin; i < parts.size() && out.size() < kMergeFanInMax; ++i) {
    raw += parts[i].raw_bytes;
    stored += parts[i].stored_bytes;
    if (!out.empty() && (raw > limits.raw_bytes_max || stored > limits.stored_bytes_max)) break;
    out.push_back(parts[i]);
  }
  return out;
}

bool earlier(const catalog::PartRow& a, const catalog::PartRow& b) {
  return a.times.first != b.times.first ? a.times.first < b.times.first : a.id < b.id;
}

}  // namespace

Inputs plan_background(const std::vector<catalog::PartRow>& partition, const CompactionLimits& limits, bool urgent) {
  std::uint64_t above = 0;
  for (const Tier& tier : kTiers) {
    std::vector<catalog::PartRow> parts;
    for (const catalog::PartRow& part : partition) {
      if (part.raw_bytes >= above && part.raw_bytes < tier.raw_bytes_below) parts.push_back(part);
    }
    above = tier.raw_bytes_below;
    if (parts.size() < (urgent ? kUrgentParts : tier.parts_min)) continue;
    // Neighbours in time stay together, so that merged segments can still be skipped by time.
    std::sort(parts.begin(), parts.end(), earlier);
    Inputs inputs = take_fitting(parts, 0, limits);
    if (inputs.size() >= 2) return inputs;
  }
  return {};
}

Inputs plan_full(std::vector<catalog::PartRow> partition, const CompactionLimits& limits) {
  std::sort(partition.begin(), partition.end(), earlier);
  for (std::size_t i = 0; i < partition.size(); ++i) {
    Inputs inputs = take_fitting(partition, i, limits);
    if (inputs.size() >= 2 || inputs.front().level < 2) return inputs;
  }
  return {};
}

}  // namespace cordwood::store

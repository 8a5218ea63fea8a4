#include "store/head/head.h"

#include <algorithm>

namespace cordwood::store {

namespace {
// Chunks below these sizes are merged when kMergeFanIn of a tenant are in the same class; larger ones are few. Every
// row is copied once a class at most.
constexpr std::uint64_t kSizeClasses[] = {16 << 10, 256 << 10};
constexpr std::size_t kMergeFanIn = 16;

std::size_t size_class(const Chunk& chunk) {
  std::size_t c = 0;
  while (c < std::size(kSizeClasses) && chunk.memory_bytes() >= kSizeClasses[c]) ++c;
  return c;
}
}  // namespace

void Head::add(const core::TenantId& tenant, std::shared_ptr<const Chunk> chunk) {
  active_.bytes += chunk->memory_bytes();
  active_.rows += chunk->rows();
  active_.line_bytes += chunk->line_bytes();
  active_.tenants[tenant].push_back(std::move(chunk));
}

HeadParts Head::snapshot(const core::TenantId& tenant, const core::TimeRange& range) const {
  HeadParts out;
  const auto take = [&](const auto& tenants) {
    const auto found = tenants.find(tenant);
    if (found == tenants.end()) return;
    for (const auto& part : found->second) {
      if (part->times().overlaps(range)) out.push_back(part);
    }
  };
  for (const Frozen& frozen : frozen_) take(frozen.tenants);
  take(active_.tenants);
  return out;
}

std::map<core::TenantId, Chunks> Head::freeze() {
  Active active = std::exchange(active_, {});
  Frozen frozen;
  for (const auto& [tenant, chunks] : active.tenants) frozen.tenants[tenant].assign(chunks.begin(), chunks.end());
  frozen.bytes = frozen.chunk_bytes = active.bytes;
  frozen.rows = active.rows;
  frozen.line_bytes = active.line_bytes;
  frozen_bytes_ += frozen.bytes;
  frozen_rows_ += frozen.rows;
  frozen_line_bytes_ += frozen.line_bytes;
  frozen_.push_back(std::move(frozen));
  return std::move(active.tenants);
}

std::uint64_t Head::spill_last_frozen(std::map<core::TenantId, HeadParts> parts) {
  Frozen& frozen = frozen_.back();
  std::uint64_t bytes = 0;
  for (const auto& [tenant, list] : parts) {
    for (const auto& part : list) bytes += part->memory_bytes();
  }
  frozen.tenants = std::move(parts);
  frozen_bytes_ = frozen_bytes_ - frozen.bytes + bytes;
  frozen.bytes = bytes;
  return std::exchange(frozen.chunk_bytes, 0);
}

std::uint64_t Head::drop_frozen() {
  const Frozen frozen = std::move(frozen_.front());
  frozen_.pop_front();
  frozen_bytes_ -= frozen.bytes;
  frozen_rows_ -= frozen.rows;
  frozen_line_bytes_ -= frozen.line_bytes;
  return frozen.chunk_bytes;
}

std::optional<Head::MergeWork> Head::merge_work() const {
  for (const auto& [tenant, chunks] : active_.tenants) {
    if (chunks.size() < kMergeFanIn) continue;
    // Of one size, and alike for deletions.
    std::map<std::pair<std::size_t, std::uint64_t>, Chunks> groups;
    for (const auto& chunk : chunks) {
      const std::size_t size = size_class(*chunk);
      if (size == std::size(kSizeClasses)) continue;
      Chunks& group = groups[{size, chunk->deletions_applied()}];
      group.push_back(chunk);
      if (group.size() == kMergeFanIn) return MergeWork{tenant, std::move(group)};
    }
  }
  return std::nullopt;
}

bool Head::wants_merge(const core::TenantId& tenant) const {
  const auto found = active_.tenants.find(tenant);
  return found != active_.tenants.end() && found->second.size() >= kMergeFanIn;
}

bool Head::replace(const MergeWork& work, std::shared_ptr<const Chunk> merged) {
  const auto tenant = active_.tenants.find(work.tenant);
  if (tenant == active_.tenants.end()) return false;
  Chunks& chunks = tenant->second;
  for (const auto& chunk : work.chunks) {
    if (std::find(chunks.begin(), chunks.end(), chunk) == chunks.end()) return false;
  }
  std::erase_if(chunks, [&work](const auto& chunk) {
    return std::find(work.chunks.begin(), work.chunks.end(), chunk) != work.chunks.end();
  });
  for (const auto& chunk : work.chunks) active_.bytes -= chunk->memory_bytes();
  active_.bytes += merged->memory_bytes();
  chunks.push_back(std::move(merged));
  return true;
}

HeadParts Head::all_parts() const {
  HeadParts out;
  for (const Frozen& frozen : frozen_) {
    for (const auto& [tenant, parts] : frozen.tenants) out.insert(out.end(), parts.begin(), parts.end());
  }
  for (const auto& [tenant, chunks] : active_.tenants) out.insert(out.end(), chunks.begin(), chunks.end());
  return out;
}

}  // namespace cordwood::store

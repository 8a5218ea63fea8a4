#include "store/marks/source_table.h"

#include <algorithm>

namespace cordwood::store {

namespace {
// Enough for an operator to see what happened; the ledger of `fleet` will keep all of them.
constexpr std::size_t kLostRangesMax = 10'000;

core::SourceId id_of(const core::TenantId& tenant, const core::SourceInfo& info) {
  return {tenant, info.id.host, info.id.generation};
}
}  // namespace

std::shared_ptr<base::Event> SourceTable::busy(const core::TenantId& tenant, const core::RecordBatch& batch) const {
  for (const core::Slice& slice : batch.slices) {
    const auto found = sources_.find(id_of(tenant, batch.sources[slice.source]));
    if (found != sources_.end() && found->second.released != nullptr) return found->second.released;
  }
  return nullptr;
}

SourceTable::Decision SourceTable::begin(const core::TenantId& tenant, const core::RecordBatch& batch,
                                         core::UnixNanos now) {
  Decision decision;
  for (const core::Slice& slice : batch.slices) {
    const core::SourceId id = id_of(tenant, batch.sources[slice.source]);
    Source& source = find_or_register(id, batch.sources[slice.source], now);
    // A second slice of the same source follows the first one.
    const auto moved =
        std::find_if(decision.moves.begin(), decision.moves.end(), [&id](const Move& m) { return m.id == id; });
    const core::Mark mark = moved == decision.moves.end() ? source.mark : moved->to;
    if (slice.begin != mark || slice.end.offset <= slice.begin.offset) {
      decision.verdicts.emplace_back(core::SliceAt{mark});
      decision.stored.push_back(false);
      continue;
    }
    decision.verdicts.emplace_back(core::SliceStored{slice.end});
    decision.stored.push_back(true);
    if (slice.lost) decision.lost.push_back({id, slice.begin.offset, slice.end.offset, now});
    if (moved == decision.moves.end()) {
      CHECK(source.released == nullptr);
      source.released = std::make_shared<base::Event>(executor_);
      decision.moves.push_back({id, slice.end});
    } else {
      moved->to = slice.end;
    }
  }
  return decision;
}

void SourceTable::commit(const Decision& decision, core::UnixNanos now) {
  for (const Move& move : decision.moves) {
    Source& source = sources_.at(move.id);
    source.mark = move.to;
    source.updated = now;
    mark_dirty(move.id, source);
    release(source);
  }
  for (const LostRange& range : decision.lost) record_lost(range);
}

void SourceTable::roll_back(const Decision& decision) {
  for (const Move& move : decision.moves) release(sources_.at(move.id));
}

SourceTable::Source& SourceTable::find_or_register(const core::SourceId& id, const core::SourceInfo& info,
                                                   core::UnixNanos now) {
  auto [found, is_new] = sources_.try_emplace(id);
  if (is_new) {
    auto own = std::make_shared<core::SourceInfo>(info);
    own->id = id;
    found->second.info = std::move(own);
    found->second.mark = info.base;
    found->second.updated = now;
    mark_dirty(id, found->second);
  } else if (found->second.info->path != info.path) {
    // Renamed on the host: the newest live path is kept for people.
    auto own = std::make_shared<core::SourceInfo>(*found->second.info);
    own->path = info.path;
    found->second.info = std::move(own);
    mark_dirty(id, found->second);
  }
  return found->second;
}

void SourceTable::release(Source& source) {
  std::exchange(source.released, nullptr)->set();
}

void SourceTable::mark_dirty(const core::SourceId& id, Source& source) {
  if (std::exchange(source.dirty, true)) return;
  dirty_.push_back(id);
}

void SourceTable::record_lost(LostRange range) {
  lost_bytes_ += range.end - range.begin;
  lost_.push_back(std::move(range));
  if (lost_.size() > kLostRangesMax) lost_.pop_front();
}

void SourceTable::restore(catalog::SourceRow row) {
  const core::SourceId id = row.info.id;
  Source& source = sources_[id];
  source.info = std::make_shared<const core::SourceInfo>(std::move(row.info));
  source.mark = row.mark;
  source.updated = row.updated;
}

void SourceTable::replay(const core::TenantId& tenant, const core::RecordBatch& batch, const std::vector<bool>& stored,
                         core::UnixNanos arrival) {
  for (std::size_t i = 0; i < batch.slices.size(); ++i) {
    if (!stored[i]) continue;
    const core::Slice& slice = batch.slices[i];
    const core::SourceId id = id_of(tenant, batch.sources[slice.source]);
    Source& source = find_or_register(id, batch.sources[slice.source], arrival);
    if (slice.begin.offset > source.mark.offset) {
      record_lost({id, source.mark.offset, slice.begin.offset, arrival});
    }
    if (slice.lost) record_lost({id, slice.begin.offset, slice.end.offset, arrival});
    source.mark = slice.end;
    source.updated = arrival;
    mark_dirty(id, source);
  }
}

std::vector<SourceTable::Dirty> SourceTable::take_dirty() {
  std::vector<Dirty> taken;
  taken.reserve(dirty_.size());
  for (const core::SourceId& id : dirty_) {
    Source& source = sources_.at(id);
    source.dirty = false;
    taken.push_back({source.info, source.mark, source.updated});
  }
  dirty_.clear();
  return taken;
}

void SourceTable::give_back_dirty(const std::vector<Dirty>& dirty) {
  for (const Dirty& one : dirty) mark_dirty(one.info->id, sources_.at(one.info->id));
}

std::vector<core::SourceState> SourceTable::list(const core::TenantId& tenant, const std::string& host,
                                                 const std::vector<core::GenerationId>& only) const {
  std::vector<core::SourceState> out;
  if (!only.empty()) {
    for (const core::GenerationId& generation : only) {
      const auto found = sources_.find(core::SourceId{tenant, host, generation});
      if (found != sources_.end()) out.push_back({*found->second.info, found->second.mark});
    }
    return out;
  }
  for (const auto& [id, source] : sources_) {
    if (id.tenant == tenant && id.host == host) out.push_back({*source.info, source.mark});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.info.id < b.info.id; });
  return out;
}

}  // namespace cordwood::store

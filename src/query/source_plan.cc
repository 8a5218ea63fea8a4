#include "query/source_plan.h"

#include <algorithm>

namespace cordwood::query {

void SourceGroups::add(const segment::Part& part, const segment::BlockRows& rows, const exec::RowRun& run,
                       BlockRef block) {
  std::size_t group = groups_.size();
  for (std::uint32_t row = run.begin; row < run.end; ++row) {
    const segment::RowSource& source = part.sources()[rows.sources[row]];
    if (group == groups_.size() || !groups_[group].takes(source)) {
      for (group = 0; group < groups_.size() && !groups_[group].takes(source);) ++group;
      if (group == groups_.size()) {
        groups_.emplace_back();
        if (source.named) groups_.back().generation = source.generation;
      }
    }
    SourceGroup& found = groups_[group];
    found.first_time = std::min(found.first_time, rows.times[row]);
    const SourceKey key = SourceKey::of(exec::position_of(part, rows, row), source.named);
    const auto same_block = [&](const SourceExtent& extent) {
      return extent.block.part == block.part && extent.block.block == block.block;
    };
    // The extent of this block is among the last ones.
    const auto extent = std::find_if(found.extents.rbegin(), found.extents.rend(), same_block);
    if (extent == found.extents.rend()) {
      found.extents.push_back({block, run.stream, key});
    } else {
      extent->first = std::min(extent->first, key);
    }
  }
}

std::vector<SourceGroup> SourceGroups::take() {
  for (SourceGroup& group : groups_) {
    std::sort(group.extents.begin(), group.extents.end(),
              [](const SourceExtent& a, const SourceExtent& b) { return a.first < b.first; });
  }
  std::sort(groups_.begin(), groups_.end(), [](const SourceGroup& a, const SourceGroup& b) {
    return std::pair(a.first_time, a.generation) < std::pair(b.first_time, b.generation);
  });
  return std::move(groups_);
}

std::vector<StreamPlace> streams_in_order(const BlockPlan& plan) {
  std::vector<StreamPlace> places;
  for (std::uint32_t part = 0; part < plan.parts.size(); ++part) {
    const auto streams = plan.parts[part].part->streams();
    for (std::uint32_t stream = 0; stream < streams.size(); ++stream) {
      if (plan.parts[part].selected[stream]) places.push_back({streams[stream].labels, {{part, stream}}});
    }
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const StreamPlace& a, const StreamPlace& b) { return *a.labels < *b.labels; });
  std::vector<StreamPlace> merged;
  for (StreamPlace& place : places) {
    if (!merged.empty() && *merged.back().labels == *place.labels) {
      merged.back().parts.push_back(place.parts[0]);
    } else {
      merged.push_back(std::move(place));
    }
  }
  return merged;
}

std::vector<BlockRef> blocks_of(const BlockPlan& plan, const StreamPlace::InPart& place) {
  std::vector<BlockRef> blocks;
  for (const BlockRef& ref : plan.blocks) {
    if (ref.part != place.part) continue;
    const segment::BlockInfo& info = plan.info(ref);
    if (info.first_stream <= place.stream && place.stream <= info.last_stream) blocks.push_back(ref);
  }
  return blocks;
}

}  // namespace cordwood::query

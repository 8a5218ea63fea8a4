#include "store/verify.h"

#include "segment/reader.h"
#include "store/object_source.h"

namespace cordwood::store {

namespace {

constexpr std::size_t kFaultsMax = 1000;

bool is_live(StoreState& state, const catalog::PartRow& part) {
  base::MutexLock lock(state.mutex);
  const std::shared_ptr<const PartList> parts = state.parts.of(part.tenant);
  if (parts == nullptr) return false;
  return std::any_of(parts->begin(), parts->end(), [&part](const auto& one) { return one->id == part.id; });
}

base::Task<base::Status> verify_part(StoreState& state, const catalog::PartRow& part, core::VerifyReport& report) {
  std::string key = part.object_key;
  base::StatusOr<objectstore::ObjectInfo> info = co_await state.deps.objects->head(std::move(key));
  if (!info.ok()) co_return info.status();
  if (info->bytes != part.stored_bytes) {
    co_return base::data_loss_error("{} has {} bytes, the catalog says {}", part.object_key, info->bytes,
                                    part.stored_bytes);
  }
  std::shared_ptr<segment::ByteSource> source =
      std::make_shared<ObjectSource>(*state.deps.objects, part.object_key, part.stored_bytes);
  base::StatusOr<std::shared_ptr<const segment::Part>> opened = co_await segment::open_segment(std::move(source));
  if (!opened.ok()) co_return opened.status();
  std::uint64_t records = 0;
  for (std::size_t block = 0; block < (*opened)->blocks().size(); ++block) {
    const segment::Columns all;
    base::StatusOr<std::shared_ptr<const segment::BlockRows>> rows = co_await (*opened)->read_block(block, all);
    if (!rows.ok()) co_return rows.status();
    records += (*rows)->size();
    ++report.blocks;
    co_await state.executor().yield();
  }
  if (records != part.records || (*opened)->times() != part.times) {
    co_return base::data_loss_error("{} has {} records, the catalog says {}; or other times", part.object_key, records,
                                    part.records);
  }
  report.records += records;
  report.stored_bytes += part.stored_bytes;
  co_return base::ok_status();
}

}  // namespace

base::Task<base::StatusOr<core::VerifyReport>> verify_parts(StoreState& state) {
  std::vector<std::shared_ptr<const PartList>> lists;
  {
    base::MutexLock lock(state.mutex);
    lists = state.parts.all();
  }
  core::VerifyReport report;
  for (const auto& list : lists) {
    for (const auto& part : *list) {
      if (state.stopping.is_set()) co_return base::unavailable_error("the server is stopping");
      base::Status status = co_await verify_part(state, *part, report);
      // Merged or dropped, and its object deleted, since the list was taken: then others hold its records.
      if (!status.ok() && status.code() == base::StatusCode::kNotFound && !is_live(state, *part)) continue;
      ++report.parts;
      if (!status.ok() && report.faults.size() < kFaultsMax) {
        report.faults.push_back(fmt::format("{}: {}", part->object_key, base::message_of(status)));
      }
    }
  }
  co_return report;
}

}  // namespace cordwood::store

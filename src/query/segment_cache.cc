#include "query/segment_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "base/mutex.h"
#include "base/sync.h"
#include "query/single_flight.h"
#include "query/weighted_lru.h"
#include "segment/reader.h"

namespace cordwood::query {
namespace {

using SharedPart = std::shared_ptr<const segment::Part>;
using SharedRows = std::shared_ptr<const segment::BlockRows>;
// Object, block and columns.
using BlockKey = std::tuple<std::string, std::size_t, unsigned>;

constexpr std::size_t kOpensAtOnce = 16;

// A block with its lines encoded does not serve one who wants text, nor the other way round.
constexpr unsigned kEncodedMask = 8;
constexpr unsigned kMasks = 32;

unsigned mask_of(segment::Columns columns) {
  return (columns.lines ? 1U : 0U) | (columns.positions ? 2U : 0U) | (columns.metadata ? 4U : 0U) |
         (columns.lines && columns.encoded_lines ? kEncodedMask : 0U) | (columns.lengths ? 16U : 0U);
}

std::size_t decoded_bytes(const segment::BlockRows& rows) {
  std::size_t bytes =
      1024 + rows.size() * (sizeof rows.times[0] + sizeof rows.streams[0]) + rows.lines.size() * sizeof rows.lines[0] +
      rows.offsets.size() * (sizeof rows.sources[0] + 2 * sizeof rows.offsets[0] + 1) +
      rows.lengths.size() * sizeof(std::uint64_t) + rows.metadata_begin.size() * sizeof rows.metadata_begin[0] +
      rows.metadata.size() * sizeof(core::MetadataPair);
  for (const std::string_view line : rows.lines) bytes += line.size();
  if (rows.encoded != nullptr) bytes += rows.encoded->pages.size() + rows.encoded->shared->kept_bytes();
  for (const core::MetadataPair& pair : rows.metadata) bytes += pair.name.size() + pair.value.size();
  return bytes;
}

class ObjectBytes final : public segment::ByteSource {
 public:
  ObjectBytes(objectstore::ObjectStore& store, std::string key, std::uint64_t size)
      : store_(store), key_(std::move(key)), size_(size) {}
  std::string_view name() const override { return key_; }
  std::uint64_t size() const override { return size_; }
  base::Task<base::StatusOr<std::string>> read(std::uint64_t offset, std::uint64_t length) override {
    std::string key = key_;
    return store_.get_range(std::move(key), offset, length);
  }

 private:
  objectstore::ObjectStore& store_;
  const std::string key_;
  const std::uint64_t size_;
};

}  // namespace

struct SegmentCache::State : std::enable_shared_from_this<SegmentCache::State> {
  State(base::Executor& executor_in, objectstore::ObjectStore& store_in, SegmentCacheOptions options)
      : executor(executor_in),
        store(store_in),
        opening(executor_in),
        loading(executor_in),
        footers(options.footer_bytes_max),
        blocks(options.block_bytes_max) {}

  base::Task<base::StatusOr<SharedPart>> open(catalog::PartRow row);
  base::Task<base::StatusOr<SharedPart>> open_now(catalog::PartRow row);
  base::Task<base::StatusOr<SharedRows>> load_now(SharedPart segment, std::size_t block, segment::Columns columns);
  std::optional<SharedRows> kept_block(const std::string& key, std::size_t block, unsigned mask);

  base::Executor& executor;
  objectstore::ObjectStore& store;
  SingleFlight<std::string, base::StatusOr<SharedPart>> opening;
  SingleFlight<BlockKey, base::StatusOr<SharedRows>> loading;
  base::Mutex mutex;
  WeightedLru<std::string, SharedPart> footers GUARDED_BY(mutex);
  WeightedLru<BlockKey, SharedRows> blocks GUARDED_BY(mutex);
};

namespace {

// A segment whose blocks go through the cache.
template <typename State>
class CachedPart final : public segment::Part {
 public:
  CachedPart(SharedPart segment, std::weak_ptr<State> state) : segment_(std::move(segment)), state_(std::move(state)) {}
  std::string_view name() const override { return segment_->name(); }
  // Objects never change, and no key is given twice.
  std::string_view content_key() const override { return segment_->name(); }
  core::TimeSpan times() const override { return segment_->times(); }
  std::span<const segment::PartStream> streams() const override { return segment_->streams(); }
  std::span<const segment::RowSource> sources() const override { return segment_->sources(); }
  std::span<const segment::BlockInfo> blocks() const override { return segment_->blocks(); }

  base::Task<base::StatusOr<SharedRows>> read_block(std::size_t index, segment::Columns columns) const override {
    const std::shared_ptr<State> state = state_.lock();
    if (state == nullptr) {
      auto rows = co_await segment_->read_block(index, columns);
      co_return rows;
    }
    std::string key(name());
    const unsigned mask = mask_of(columns);
    std::optional<SharedRows> kept = state->kept_block(key, index, mask);
    if (kept.has_value()) co_return *kept;
    BlockKey flight(std::move(key), index, mask);
    SharedPart segment = segment_;
    base::Task<base::StatusOr<SharedRows>> work = state->load_now(std::move(segment), index, columns);
    auto rows = co_await state->loading.run(std::move(flight), std::move(work));
    co_return rows;
  }
  base::Task<base::StatusOr<std::shared_ptr<const segment::StoredLines>>> line_directory(
      std::size_t block) const override {
    return segment_->line_directory(block);
  }
  base::Task<base::StatusOr<std::shared_ptr<const segment::Rollup>>> rollup() const override {
    return segment_->rollup();
  }
  std::size_t kept_bytes() const override { return segment_->kept_bytes(); }

 private:
  const SharedPart segment_;
  const std::weak_ptr<State> state_;  // the state keeps parts, so not the other way round
};

struct OpenJob {
  std::function<base::Task<base::StatusOr<SharedPart>>(catalog::PartRow)> open;
  const std::vector<catalog::PartRow>& rows;
  std::vector<base::StatusOr<SharedPart>> results;
  std::atomic<std::size_t> next{0};
};

base::Task<void> open_some(OpenJob* job, std::shared_ptr<base::TaskGroup> group) {
  while (true) {
    const std::size_t index = job->next.fetch_add(1);
    if (index >= job->rows.size()) break;
    catalog::PartRow row = job->rows[index];
    auto opened = co_await job->open(std::move(row));
    job->results[index] = std::move(opened);
  }
  // The group lives until its last task has let go of it.
  static_cast<void>(group);
}

}  // namespace

// Columns that were read for another query serve as well when they are more than is asked for now.
std::optional<SharedRows> SegmentCache::State::kept_block(const std::string& key, std::size_t block, unsigned mask) {
  base::MutexLock lock(mutex);
  for (unsigned wider = mask; wider < kMasks; ++wider) {
    if ((wider & mask) != mask) continue;
    const bool wants_lines = (mask & 1U) != 0;
    if (wants_lines && ((wider ^ mask) & kEncodedMask) != 0) continue;
    BlockKey wanted(key, block, wider);
    std::optional<SharedRows> rows = blocks.get(wanted);
    if (!rows.has_value()) continue;
    // Encoded lines grow as readers decode columns of them.
    if ((*rows)->encoded != nullptr) blocks.put(std::move(wanted), *rows, decoded_bytes(**rows));
    return rows;
  }
  return std::nullopt;
}

base::Task<base::StatusOr<SharedRows>> SegmentCache::State::load_now(SharedPart segment, std::size_t block,
                                                                     segment::Columns columns) {
  auto rows = co_await segment->read_block(block, columns);
  if (!rows.ok()) co_return rows.status();
  const std::size_t bytes = decoded_bytes(**rows);
  base::MutexLock lock(mutex);
  blocks.put(BlockKey(std::string(segment->name()), block, mask_of(columns)), *rows, bytes);
  co_return rows;
}

base::Task<base::StatusOr<SharedPart>> SegmentCache::State::open_now(catalog::PartRow row) {
  std::shared_ptr<segment::ByteSource> bytes = std::make_shared<ObjectBytes>(store, row.object_key, row.stored_bytes);
  auto opened = co_await segment::open_segment(std::move(bytes));
  if (!opened.ok()) co_return opened.status();
  SharedPart part = std::make_shared<CachedPart<State>>(*std::move(opened), weak_from_this());
  base::MutexLock lock(mutex);
  footers.put(row.object_key, part, part->kept_bytes());
  co_return part;
}

base::Task<base::StatusOr<SharedPart>> SegmentCache::State::open(catalog::PartRow row) {
  {
    base::MutexLock lock(mutex);
    std::optional<SharedPart> kept = footers.get(row.object_key);
    if (kept.has_value()) co_return *kept;
  }
  std::string key = row.object_key;
  base::Task<base::StatusOr<SharedPart>> work = open_now(std::move(row));
  auto opened = co_await opening.run(std::move(key), std::move(work));
  co_return opened;
}

SegmentCache::SegmentCache(base::Executor& executor, objectstore::ObjectStore& store, SegmentCacheOptions options)
    : state_(std::make_shared<State>(executor, store, options)) {}

base::Task<base::StatusOr<SharedPart>> SegmentCache::open(catalog::PartRow row) {
  const std::shared_ptr<State> state = state_;
  auto opened = co_await state->open(std::move(row));
  co_return opened;
}

base::Task<base::StatusOr<PartSet>> SegmentCache::open_all(std::vector<catalog::PartRow> rows) {
  const std::shared_ptr<State> state = state_;
  OpenJob job{.open = [&state](catalog::PartRow row) { return state->open(std::move(row)); },
              .rows = rows,
              .results = std::vector<base::StatusOr<SharedPart>>(rows.size(), base::unavailable_error("not opened"))};
  auto group = std::make_shared<base::TaskGroup>(state->executor);
  OpenJob* shared = &job;
  for (std::size_t i = 0; i < std::min(rows.size(), kOpensAtOnce); ++i) {
    std::shared_ptr<base::TaskGroup> held = group;
    base::Task<void> task = open_some(shared, std::move(held));
    group->spawn(std::move(task));
  }
  co_await group->join();
  PartSet set;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (job.results[i].ok()) {
      set.parts.push_back(*std::move(job.results[i]));
      continue;
    }
    const base::Status& status = job.results[i].status();
    if (status.code() != base::StatusCode::kDataLoss && status.code() != base::StatusCode::kNotFound &&
        status.code() != base::StatusCode::kUnimplemented) {
      co_return status;
    }
    set.unreadable.push_back(fmt::format("part={}: {}", rows[i].object_key, base::message_of(status)));
  }
  co_return std::move(set);
}

}  // namespace cordwood::query

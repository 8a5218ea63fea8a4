#include "store/marks/recent_lines.h"

#include <algorithm>
#include <utility>

namespace cordwood::store {

namespace {

std::vector<base::Hash128> stream_keys(const core::TenantId& tenant, const core::RecordBatch& batch) {
  const base::Hash128 salt = base::hash128(tenant.value);
  std::vector<base::Hash128> keys;
  keys.reserve(batch.streams.size());
  for (const core::BatchStream& stream : batch.streams) {
    keys.push_back({stream.id.value.hi ^ salt.hi, stream.id.value.lo ^ salt.lo});
  }
  return keys;
}

// Of (stream, time, line). All three are well mixed, so sums collide no more often than 128 random bits.
base::Hash128 fingerprint(base::Hash128 stream, core::UnixNanos time, base::Hash128 line) {
  const std::uint64_t t = base::IntegerHash::mix(static_cast<std::uint64_t>(time.value));
  return {stream.hi + line.hi + t, (stream.lo ^ t) + line.lo};
}

// What a body says about one stream.
struct Doubt {
  core::UnixNanos oldest = core::UnixNanos::max();
  core::UnixNanos newest = core::UnixNanos::min();
  bool within_body = false;  // some record is not newer than all before it in the body
};

}  // namespace

std::vector<std::uint32_t> RecentLines::repeated(const core::TenantId& tenant, const core::RecordBatch& batch,
                                                 const std::vector<base::Hash128>& line_hashes) const {
  // A record newer than all before it in its stream repeats nothing: for senders in order one comparison a record
  // decides, and the set below stays empty.
  std::vector<Doubt> doubts(batch.streams.size());
  for (const core::Record& record : batch.records) {
    Doubt& doubt = doubts[record.stream];
    doubt.within_body |= record.time <= doubt.newest;
    doubt.newest = std::max(doubt.newest, record.time);
    doubt.oldest = std::min(doubt.oldest, record.time);
  }
  const std::vector<base::Hash128> keys = stream_keys(tenant, batch);
  base::IntegerSet<base::Hash128> seen;
  std::vector<bool> is_in_doubt(keys.size(), false);
  bool any_in_doubt = false;
  {
    base::MutexLock lock(mutex_);
    for (std::size_t s = 0; s < keys.size(); ++s) {
      is_in_doubt[s] = doubts[s].within_body;
      for (const Window* window : {&young_, &old_}) {
        const auto stream = window->find(keys[s]);
        if (stream == window->end() || stream->second.newest < doubts[s].oldest) continue;
        is_in_doubt[s] = true;
        for (const Seen& line : stream->second.lines) {
          if (line.time < doubts[s].oldest || line.time > doubts[s].newest) continue;
          seen.insert(fingerprint(keys[s], line.time, line.line));
        }
      }
      any_in_doubt |= is_in_doubt[s];
    }
  }
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; any_in_doubt && i < batch.records.size(); ++i) {
    const core::Record& record = batch.records[i];
    if (!is_in_doubt[record.stream]) continue;
    if (!seen.insert(fingerprint(keys[record.stream], record.time, line_hashes[i])).second) out.push_back(i);
  }
  return out;
}

void RecentLines::add(const core::TenantId& tenant, const core::RecordBatch& batch,
                      const std::vector<base::Hash128>& line_hashes) {
  const std::vector<base::Hash128> keys = stream_keys(tenant, batch);
  // A body larger than a half of the window leaves its last records in it.
  const std::size_t count = batch.records.size();
  base::MutexLock lock(mutex_);
  for (std::size_t i = count > kLinesMax ? count - kLinesMax : 0; i < count; ++i) {
    const core::Record& record = batch.records[i];
    Stream& stream = young_[keys[record.stream]];
    stream.newest = std::max(stream.newest, record.time);
    stream.lines.push_back({record.time, line_hashes[i]});
    if (++young_lines_ < kLinesMax) continue;
    old_ = std::exchange(young_, {});
    young_lines_ = 0;
  }
}

}  // namespace cordwood::store

#include "store/marks/body_hashes.h"

#include "codec/little_endian.h"

namespace cordwood::store {

namespace {
// About 100 MB. At 600 bodies a second the window of 30 min is whole; beyond that the oldest hashes go early and a
// repeat that late is stored again.
constexpr std::size_t kHashesMax = 1 << 20;
}  // namespace

BodyHashes::Found BodyHashes::begin(base::Hash128 hash, core::UnixNanos arrival,
                                    std::shared_ptr<base::Event>& pending) {
  expire(arrival);
  auto [found, is_new] = entries_.try_emplace(hash);
  if (!is_new && found->second.pending != nullptr) {
    pending = found->second.pending;
    return Found::kPending;
  }
  if (!is_new && found->second.expires > arrival) return Found::kRepeated;
  found->second.pending = std::make_shared<base::Event>(executor_);
  return Found::kNew;
}

void BodyHashes::commit(base::Hash128 hash, core::UnixNanos arrival) {
  std::shared_ptr<base::Event> pending = std::move(entries_[hash].pending);
  insert(hash, arrival + window_);
  dirty_.push_back({hash, arrival + window_});
  pending->set();
}

void BodyHashes::roll_back(base::Hash128 hash) {
  const auto found = entries_.find(hash);
  std::shared_ptr<base::Event> pending = std::move(found->second.pending);
  entries_.erase(found);
  pending->set();
}

void BodyHashes::replay(base::Hash128 hash, core::UnixNanos arrival) {
  insert(hash, arrival + window_);
  dirty_.push_back({hash, arrival + window_});
}

void BodyHashes::insert(base::Hash128 hash, core::UnixNanos expires) {
  entries_[hash] = {expires, nullptr};
  by_age_.push_back({hash, expires});
}

void BodyHashes::expire(core::UnixNanos now) {
  while (!by_age_.empty() && (by_age_.front().expires <= now || by_age_.size() > kHashesMax)) {
    const auto found = entries_.find(by_age_.front().hash);
    // Stored again since, or just being stored again: then a younger line of by_age_ speaks for it.
    if (found != entries_.end() && found->second.pending == nullptr &&
        found->second.expires == by_age_.front().expires) {
      entries_.erase(found);
    }
    by_age_.pop_front();
  }
}

base::Hash128 body_hash(const core::TenantId& tenant, const core::RecordBatch& batch,
                        std::vector<base::Hash128>& line_hashes) {
  line_hashes.clear();
  line_hashes.reserve(batch.records.size());
  // The hash of a record is that of these fields; the hash of the body chains them in pieces of bounded size.
  constexpr std::size_t kPieceBytes = 64 << 10;
  std::string piece = tenant.value;
  piece.reserve(kPieceBytes + 1024);
  base::Hash128 hash;
  for (const core::Record& record : batch.records) {
    const base::Hash128 line = base::hash128(record.line);
    base::append_bytes(batch.streams[record.stream].id.value, piece);
    codec::append_le(piece, static_cast<std::uint64_t>(record.time.value));
    const std::size_t said = piece.size();
    base::append_bytes(line, piece);
    codec::append_le(piece, record.metadata_count);
    for (std::uint32_t i = 0; i < record.metadata_count; ++i) {
      const core::MetadataPair& pair = batch.metadata[record.metadata_begin + i];
      base::append_bytes(base::hash128(pair.name), piece);
      base::append_bytes(base::hash128(pair.value), piece);
    }
    // What differs in metadata alone is no repetition.
    line_hashes.push_back(record.metadata_count == 0 ? line : base::hash128(std::string_view(piece).substr(said)));
    if (piece.size() < kPieceBytes) continue;
    hash = base::hash128(piece);
    piece.clear();
    base::append_bytes(hash, piece);
  }
  return base::hash128(piece);
}

}  // namespace cordwood::store

#include "agent/checkpoint.h"

#include <algorithm>

#include "codec/byte_reader.h"
#include "codec/byte_writer.h"

namespace cordwood::agent {

namespace {

using codec::ByteReader;
using codec::ByteWriter;

constexpr std::string_view kMagic = "CWAGENT\n";
// 2 added the ledger: what was seen, when it was written and read, losses, the watermark.
constexpr std::uint32_t kVersion = 2;
constexpr std::uint32_t kOldestVersion = 1;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::uint64_t kFileBytesMax = 1ULL << 30;
constexpr std::uint64_t kGenerationsMax = 4 << 20;
constexpr std::uint64_t kTextBytesMax = 1 << 20;
constexpr std::uint64_t kLadderMax = 16;
constexpr std::uint64_t kPointsMax = 4096;
constexpr std::uint64_t kLossesMax = 4096;
constexpr std::uint64_t kUnreadableMax = 1 << 20;

void write_hash(ByteWriter& out, const base::Hash128& hash) {
  out.u64(hash.hi);
  out.u64(hash.lo);
}

base::StatusOr<base::Hash128> read_hash(ByteReader& in, std::string_view field) {
  base::Hash128 hash;
  ASSIGN_OR_RETURN(hash.hi, in.u64(field));
  ASSIGN_OR_RETURN(hash.lo, in.u64(field));
  return hash;
}

void write_losses(ByteWriter& out, const std::vector<core::Loss>& losses) {
  out.varint(losses.size());
  for (const core::Loss& loss : losses) {
    out.varint(loss.begin);
    out.varint(loss.at_least);
    out.u8(loss.exact ? 1 : 0);
    out.zigzag(loss.since.value);
    out.zigzag(loss.until.value);
    out.u8(static_cast<std::uint8_t>(loss.reason));
  }
}

base::Status read_losses(ByteReader& in, std::vector<core::Loss>& losses) {
  ASSIGN_OR_RETURN(const std::uint64_t count, in.varint_up_to(kLossesMax, "losses"));
  for (std::uint64_t i = 0; i < count; ++i) {
    core::Loss& loss = losses.emplace_back();
    ASSIGN_OR_RETURN(loss.begin, in.varint("loss_begin"));
    ASSIGN_OR_RETURN(loss.at_least, in.varint("loss_at_least"));
    ASSIGN_OR_RETURN(const std::uint8_t exact, in.u8("loss_exact"));
    loss.exact = exact != 0;
    ASSIGN_OR_RETURN(loss.since.value, in.zigzag("loss_since"));
    ASSIGN_OR_RETURN(loss.until.value, in.zigzag("loss_until"));
    ASSIGN_OR_RETURN(const std::uint8_t reason, in.u8("loss_reason"));
    if (reason < static_cast<std::uint8_t>(core::LossReason::kGone) ||
        reason > static_cast<std::uint8_t>(core::LossReason::kRefused)) {
      return base::data_loss_error("checkpoint: loss_reason {} is none", reason);
    }
    loss.reason = static_cast<core::LossReason>(reason);
  }
  return base::ok_status();
}

void write_generation(ByteWriter& out, const Generation& generation) {
  write_hash(out, generation.info.id.generation.value);
  out.sized_bytes(generation.info.path);
  out.sized_bytes(generation.info.labels->to_text());
  out.varint(generation.info.ladder.size());
  for (const core::HeadHash& step : generation.info.ladder) {
    out.u32(step.bytes);
    write_hash(out, step.hash);
  }
  out.varint(generation.info.base.offset);
  write_hash(out, generation.info.base.hash);
  out.varint(generation.acked.mark.offset);
  write_hash(out, generation.acked.mark.hash);
  out.varint(generation.acked.line);
  out.u8(generation.acked.time.has_value() ? 1 : 0);
  out.zigzag(generation.acked.time.value_or(base::UnixNanos{}).value);
  out.varint(generation.order);
  out.u8(static_cast<std::uint8_t>((generation.history ? 1 : 0) | (generation.finished ? 2 : 0) |
                                   (generation.place_known ? 0 : 4) | (generation.cut ? 8 : 0) |
                                   (generation.late ? 16 : 0)));
  out.zigzag(generation.modified.value);
  out.varint(generation.key.device);
  out.varint(generation.key.inode);
  out.varint(generation.finished_file_bytes);
  out.zigzag(generation.finished_file_modified.value);
  out.zigzag(generation.gone_since.value);
  out.varint(generation.known_bytes);
  out.zigzag(generation.last_write.value);
  out.zigzag(generation.last_read.value);
  write_losses(out, generation.losses);
}

base::Status read_identity(ByteReader& in, Generation& generation) {
  ASSIGN_OR_RETURN(generation.info.id.generation.value, read_hash(in, "generation_id"));
  ASSIGN_OR_RETURN(const std::string_view path, in.sized_bytes(kTextBytesMax, "path"));
  generation.info.path = path;
  ASSIGN_OR_RETURN(const std::string_view text, in.sized_bytes(kTextBytesMax, "labels"));
  ASSIGN_OR_RETURN(core::Labels labels, core::parse_labels(text));
  generation.info.labels = std::make_shared<const core::Labels>(std::move(labels));
  ASSIGN_OR_RETURN(const std::uint64_t steps, in.varint_up_to(kLadderMax, "ladder"));
  for (std::uint64_t i = 0; i < steps; ++i) {
    core::HeadHash& step = generation.info.ladder.emplace_back();
    ASSIGN_OR_RETURN(step.bytes, in.u32("ladder_bytes"));
    ASSIGN_OR_RETURN(step.hash, read_hash(in, "ladder_hash"));
  }
  return base::ok_status();
}

base::Status read_ledger(ByteReader& in, std::uint32_t version, Generation& generation) {
  generation.known_bytes = generation.acked.mark.offset;
  if (version < 2) return base::ok_status();
  ASSIGN_OR_RETURN(generation.known_bytes, in.varint("seen"));
  ASSIGN_OR_RETURN(generation.last_write.value, in.zigzag("last_write"));
  ASSIGN_OR_RETURN(generation.last_read.value, in.zigzag("last_read"));
  return read_losses(in, generation.losses);
}

base::Status read_generation(ByteReader& in, std::uint32_t version, Generation& generation) {
  RETURN_IF_ERROR(read_identity(in, generation));
  ASSIGN_OR_RETURN(generation.info.base.offset, in.varint("base_offset"));
  ASSIGN_OR_RETURN(generation.info.base.hash, read_hash(in, "base_hash"));
  ASSIGN_OR_RETURN(generation.acked.mark.offset, in.varint("acked_offset"));
  ASSIGN_OR_RETURN(generation.acked.mark.hash, read_hash(in, "acked_hash"));
  ASSIGN_OR_RETURN(generation.acked.line, in.varint("line"));
  ASSIGN_OR_RETURN(const std::uint8_t has_time, in.u8("has_time"));
  ASSIGN_OR_RETURN(const std::int64_t time, in.zigzag("time"));
  if (has_time != 0) generation.acked.time = base::UnixNanos{time};
  ASSIGN_OR_RETURN(generation.order, in.varint("order"));
  ASSIGN_OR_RETURN(const std::uint8_t flags, in.u8("flags"));
  generation.history = (flags & 1) != 0;
  generation.finished = (flags & 2) != 0;
  generation.place_known = (flags & 4) == 0;
  generation.cut = (flags & 8) != 0;
  generation.late = (flags & 16) != 0;
  ASSIGN_OR_RETURN(generation.modified.value, in.zigzag("modified"));
  ASSIGN_OR_RETURN(generation.key.device, in.varint("device"));
  ASSIGN_OR_RETURN(generation.key.inode, in.varint("inode"));
  ASSIGN_OR_RETURN(generation.finished_file_bytes, in.varint("finished_file_bytes"));
  ASSIGN_OR_RETURN(generation.finished_file_modified.value, in.zigzag("finished_file_modified"));
  ASSIGN_OR_RETURN(generation.gone_since.value, in.zigzag("gone_since"));
  RETURN_IF_ERROR(read_ledger(in, version, generation));
  generation.saved = true;
  generation.read = generation.acked;
  return base::ok_status();
}

void write_journal(ByteWriter& out, const JournalState& journal) {
  write_hash(out, journal.generation.value);
  out.varint(journal.acked);
  out.varint(journal.points.size());
  for (const JournalPoint& point : journal.points) {
    out.varint(point.records);
    out.sized_bytes(point.cursor);
  }
  write_losses(out, journal.losses);
}

base::Status read_journal(ByteReader& in, std::uint32_t version, JournalState& journal) {
  ASSIGN_OR_RETURN(journal.generation.value, read_hash(in, "journal_generation"));
  ASSIGN_OR_RETURN(journal.acked, in.varint("journal_acked"));
  ASSIGN_OR_RETURN(const std::uint64_t points, in.varint_up_to(kPointsMax, "journal_points"));
  for (std::uint64_t i = 0; i < points; ++i) {
    JournalPoint& point = journal.points.emplace_back();
    ASSIGN_OR_RETURN(point.records, in.varint("journal_records"));
    ASSIGN_OR_RETURN(const std::string_view cursor, in.sized_bytes(kTextBytesMax, "journal_cursor"));
    point.cursor = cursor;
  }
  return version < 2 ? base::ok_status() : read_losses(in, journal.losses);
}

}  // namespace

std::string encode_checkpoint(const Checkpoint& checkpoint, const std::vector<const Generation*>& generations) {
  std::string bytes;
  bytes.reserve(256 + generations.size() * 400);
  ByteWriter out(bytes);
  out.bytes(kMagic);
  out.u32(kVersion);
  write_hash(out, checkpoint.agent.value);
  out.varint(checkpoint.epoch);
  write_hash(out, checkpoint.nonce);
  write_hash(out, checkpoint.installation.value);
  out.varint(checkpoint.next_order);
  out.zigzag(checkpoint.watermark.value);
  const std::size_t unreadable = std::min<std::size_t>(checkpoint.unreadable.size(), kUnreadableMax);
  out.varint(unreadable);
  for (std::size_t i = 0; i < unreadable; ++i) out.sized_bytes(checkpoint.unreadable[i]);
  out.varint(generations.size());
  for (const Generation* generation : generations) write_generation(out, *generation);
  write_journal(out, checkpoint.journal);
  const std::uint64_t checksum = base::hash64(bytes);
  out.u64(checksum);
  return bytes;
}

base::StatusOr<Checkpoint> decode_checkpoint(std::string_view bytes) {
  if (bytes.size() < kMagic.size() + 4 + kChecksumBytes || !bytes.starts_with(kMagic)) {
    return base::data_loss_error("checkpoint: not a checkpoint, or cut off at {} bytes", bytes.size());
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  ByteReader tail(bytes.substr(body.size()), "checkpoint", body.size());
  ASSIGN_OR_RETURN(const std::uint64_t wanted, tail.u64("checksum"));
  ByteReader in(body.substr(kMagic.size()), "checkpoint", kMagic.size());
  ASSIGN_OR_RETURN(const std::uint32_t version, in.u32("version"));
  if (version < kOldestVersion || version > kVersion) {
    return base::unimplemented_error("checkpoint has version {}, this program knows {}: use a newer one", version,
                                     kVersion);
  }
  if (base::hash64(body) != wanted) {
    return base::data_loss_error("checkpoint: checksum is {:x}, wanted {:x}", base::hash64(body), wanted);
  }
  Checkpoint checkpoint;
  ASSIGN_OR_RETURN(checkpoint.agent.value, read_hash(in, "agent_id"));
  ASSIGN_OR_RETURN(checkpoint.epoch, in.varint("epoch"));
  ASSIGN_OR_RETURN(checkpoint.nonce, read_hash(in, "nonce"));
  ASSIGN_OR_RETURN(checkpoint.installation.value, read_hash(in, "installation_id"));
  ASSIGN_OR_RETURN(checkpoint.next_order, in.varint("next_order"));
  if (version >= 2) {
    ASSIGN_OR_RETURN(checkpoint.watermark.value, in.zigzag("watermark"));
    ASSIGN_OR_RETURN(const std::uint64_t unreadable, in.varint_up_to(kUnreadableMax, "unreadable"));
    for (std::uint64_t i = 0; i < unreadable; ++i) {
      ASSIGN_OR_RETURN(const std::string_view path, in.sized_bytes(kTextBytesMax, "unreadable_path"));
      checkpoint.unreadable.emplace_back(path);
    }
  }
  ASSIGN_OR_RETURN(const std::uint64_t count, in.varint_up_to(kGenerationsMax, "generations"));
  for (std::uint64_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(read_generation(in, version, checkpoint.generations.emplace_back()));
  }
  RETURN_IF_ERROR(read_journal(in, version, checkpoint.journal));
  RETURN_IF_ERROR(in.expect_end());
  return checkpoint;
}

base::Status save_checkpoint(io::FileSystem& files, const std::string& path, std::string_view bytes) {
  return io::replace_file(files, path, bytes);
}

base::StatusOr<Checkpoint> load_checkpoint(io::FileSystem& files, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, io::read_whole_file(files, path, kFileBytesMax));
  return decode_checkpoint(bytes);
}

}  // namespace cordwood::agent

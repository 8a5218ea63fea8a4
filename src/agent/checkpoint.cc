#include "agent/checkpoint.h"

#include "codec/byte_reader.h"
#include "codec/byte_writer.h"

namespace cordwood::agent {

namespace {

using codec::ByteReader;
using codec::ByteWriter;

constexpr std::string_view kMagic = "CWAGENT\n";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::uint64_t kFileBytesMax = 1ULL << 30;
constexpr std::uint64_t kGenerationsMax = 4 << 20;
constexpr std::uint64_t kTextBytesMax = 1 << 20;
constexpr std::uint64_t kLadderMax = 16;
constexpr std::uint64_t kPointsMax = 4096;

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
                                   (generation.place_known ? 0 : 4)));
  out.zigzag(generation.modified.value);
  out.varint(generation.key.device);
  out.varint(generation.key.inode);
  out.varint(generation.finished_file_bytes);
  out.zigzag(generation.finished_file_modified.value);
  out.zigzag(generation.gone_since.value);
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

base::Status read_generation(ByteReader& in, Generation& generation) {
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
  ASSIGN_OR_RETURN(generation.modified.value, in.zigzag("modified"));
  ASSIGN_OR_RETURN(generation.key.device, in.varint("device"));
  ASSIGN_OR_RETURN(generation.key.inode, in.varint("inode"));
  ASSIGN_OR_RETURN(generation.finished_file_bytes, in.varint("finished_file_bytes"));
  ASSIGN_OR_RETURN(generation.finished_file_modified.value, in.zigzag("finished_file_modified"));
  ASSIGN_OR_RETURN(generation.gone_since.value, in.zigzag("gone_since"));
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
}

base::Status read_journal(ByteReader& in, JournalState& journal) {
  ASSIGN_OR_RETURN(journal.generation.value, read_hash(in, "journal_generation"));
  ASSIGN_OR_RETURN(journal.acked, in.varint("journal_acked"));
  ASSIGN_OR_RETURN(const std::uint64_t points, in.varint_up_to(kPointsMax, "journal_points"));
  for (std::uint64_t i = 0; i < points; ++i) {
    JournalPoint& point = journal.points.emplace_back();
    ASSIGN_OR_RETURN(point.records, in.varint("journal_records"));
    ASSIGN_OR_RETURN(const std::string_view cursor, in.sized_bytes(kTextBytesMax, "journal_cursor"));
    point.cursor = cursor;
  }
  return base::ok_status();
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
  if (version != kVersion) {
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
  ASSIGN_OR_RETURN(const std::uint64_t count, in.varint_up_to(kGenerationsMax, "generations"));
  for (std::uint64_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(read_generation(in, checkpoint.generations.emplace_back()));
  }
  RETURN_IF_ERROR(read_journal(in, checkpoint.journal));
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

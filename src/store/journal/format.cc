#include "store/journal/format.h"

#include "codec/byte_reader.h"
#include "codec/byte_writer.h"

namespace cordwood::store::journal {

namespace {
constexpr std::string_view kFileMagic = "CWJOURNL";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kFileChecksumAt = kFileHeaderBytes - 8;
constexpr std::size_t kHeaderChecksumAt = kPrologueBytes - 8;
constexpr std::uint8_t kKindBody = 1;
constexpr std::uint8_t kBitBodyHash = 1;
constexpr std::size_t kTenantBytesMax = 150;

// Salt first: without it anybody could compute the checksum of a frame hidden inside a body.
std::uint64_t header_checksum(std::string_view prologue, std::string_view header, std::uint64_t salt) {
  std::string bytes;
  bytes.reserve(8 + kHeaderChecksumAt + header.size());
  codec::append_le(bytes, salt);
  bytes.append(prologue.substr(0, kHeaderChecksumAt));
  bytes.append(header);
  return base::hash64(bytes);
}

base::StatusOr<FileHeader> decode_one_header(std::string_view bytes, std::string_view name, std::uint64_t offset) {
  if (bytes.size() < kFileHeaderBytes) {
    return base::data_loss_error("journal file {} offset {}: header has {} bytes, wanted {}", name, offset,
                                 bytes.size(), kFileHeaderBytes);
  }
  const std::uint64_t wanted = base::hash64(bytes.substr(0, kFileChecksumAt));
  const auto found = codec::load_le<std::uint64_t>(bytes.data() + kFileChecksumAt);
  if (bytes.substr(0, 8) != kFileMagic || wanted != found) {
    return base::data_loss_error("journal file {} offset {}: header checksum wanted={:016x} found={:016x}", name,
                                 offset, wanted, found);
  }
  const auto version = codec::load_le<std::uint32_t>(bytes.data() + 8);
  if (version != kVersion) {
    return base::unimplemented_error("journal file {} has version {}, this program knows {}: use a newer program", name,
                                     version, kVersion);
  }
  FileHeader header;
  header.number = codec::load_le<std::uint64_t>(bytes.data() + 16);
  header.epoch = codec::load_le<std::uint64_t>(bytes.data() + 24);
  header.first_sequence = codec::load_le<std::uint64_t>(bytes.data() + 32);
  header.salt = codec::load_le<std::uint64_t>(bytes.data() + 40);
  const auto node_bytes = static_cast<unsigned char>(bytes[48]);
  if (node_bytes > kNodeNameBytesMax) {
    return base::data_loss_error("journal file {} offset 48: node name of {} bytes, at most {}", name, node_bytes,
                                 kNodeNameBytesMax);
  }
  header.node = bytes.substr(49, node_bytes);
  return header;
}
}  // namespace

std::string encode_file_header(const FileHeader& header) {
  std::string one;
  codec::ByteWriter out(one);
  out.bytes(kFileMagic);
  out.u32(kVersion);
  out.u32(0);
  out.u64(header.number);
  out.u64(header.epoch);
  out.u64(header.first_sequence);
  out.u64(header.salt);
  CHECK(header.node.size() <= kNodeNameBytesMax);
  out.u8(static_cast<std::uint8_t>(header.node.size()));
  out.bytes(header.node);
  one.resize(kFileChecksumAt, '\0');
  out.u64(base::hash64(one));
  return one + one;
}

base::StatusOr<FileHeader> decode_file_header(std::string_view bytes, std::string_view name) {
  base::StatusOr<FileHeader> first = decode_one_header(bytes.substr(0, kFileHeaderBytes), name, 0);
  if (first.ok() || first.status().code() == base::StatusCode::kUnimplemented) return first;
  if (bytes.size() < kFramesBegin) return first;
  base::StatusOr<FileHeader> second =
      decode_one_header(bytes.substr(kFileHeaderBytes, kFileHeaderBytes), name, kFileHeaderBytes);
  return second.ok() ? second : first;
}

std::string encode_frame(const FrameHeader& header, std::string_view body, std::uint64_t sequence,
                         std::uint64_t durable_through, std::uint64_t salt) {
  std::string fields;
  codec::ByteWriter out(fields);
  out.u8(kKindBody);
  out.sized_bytes(header.tenant.value);
  out.u8(static_cast<std::uint8_t>(header.protocol));
  out.u8(static_cast<std::uint8_t>(header.encoding));
  out.varint(header.decoder_version);
  out.zigzag(header.arrival.value);
  out.u8(header.body_hash.has_value() ? kBitBodyHash : 0);
  if (header.body_hash.has_value()) base::append_bytes(*header.body_hash, fields);
  out.varint(header.refused.size());
  std::uint32_t before = 0;
  for (const std::uint32_t index : header.refused) {
    out.varint(index - before);
    before = index;
  }
  out.varint(header.stored_slices.size());
  std::string bits((header.stored_slices.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < header.stored_slices.size(); ++i) {
    if (header.stored_slices[i]) bits[i / 8] = static_cast<char>(bits[i / 8] | 1 << (i % 8));
  }
  out.bytes(bits);

  std::string frame;
  frame.reserve(kPrologueBytes + fields.size());
  codec::ByteWriter prologue(frame);
  prologue.bytes(kFrameMagic);
  prologue.u32(static_cast<std::uint32_t>(fields.size()));
  prologue.u32(static_cast<std::uint32_t>(body.size()));
  prologue.u32(0);
  prologue.u64(sequence);
  prologue.u64(durable_through);
  prologue.u64(base::hash64(body));
  prologue.u64(header_checksum(frame, fields, salt));
  frame += fields;
  return frame;
}

std::optional<FramePrologue> decode_prologue(std::string_view bytes) {
  if (bytes.size() < kPrologueBytes || bytes.substr(0, 4) != kFrameMagic) return std::nullopt;
  FramePrologue prologue;
  prologue.header_bytes = codec::load_le<std::uint32_t>(bytes.data() + 4);
  prologue.body_bytes = codec::load_le<std::uint32_t>(bytes.data() + 8);
  if (codec::load_le<std::uint32_t>(bytes.data() + 12) != 0 || prologue.header_bytes > kFrameHeaderBytesMax ||
      prologue.body_bytes > kFrameBodyBytesMax) {
    return std::nullopt;
  }
  prologue.sequence = codec::load_le<std::uint64_t>(bytes.data() + 16);
  prologue.durable_through = codec::load_le<std::uint64_t>(bytes.data() + 24);
  prologue.body_checksum = codec::load_le<std::uint64_t>(bytes.data() + 32);
  prologue.header_checksum = codec::load_le<std::uint64_t>(bytes.data() + 40);
  return prologue;
}

bool header_checksum_fits(const FramePrologue& prologue, std::string_view frame, std::uint64_t salt) {
  return header_checksum(frame.substr(0, kPrologueBytes), frame.substr(kPrologueBytes, prologue.header_bytes), salt) ==
         prologue.header_checksum;
}

namespace {
base::Status read_refused(codec::ByteReader& in, std::vector<std::uint32_t>& refused) {
  ASSIGN_OR_RETURN(const std::uint64_t count, in.varint_up_to(in.left(), "refused count"));
  refused.reserve(count);
  std::uint64_t index = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const std::uint64_t delta, in.varint_up_to(UINT32_MAX - index, "refused index"));
    index += delta;
    refused.push_back(static_cast<std::uint32_t>(index));
  }
  return base::ok_status();
}

base::Status read_stored_slices(codec::ByteReader& in, std::vector<bool>& stored) {
  ASSIGN_OR_RETURN(const std::uint64_t count, in.varint_up_to(in.left() * 8, "slice count"));
  ASSIGN_OR_RETURN(const std::string_view bits, in.bytes((count + 7) / 8, "slice bits"));
  stored.resize(count);
  for (std::size_t i = 0; i < count; ++i) stored[i] = (static_cast<unsigned char>(bits[i / 8]) >> (i % 8) & 1) != 0;
  return base::ok_status();
}
}  // namespace

base::StatusOr<FrameHeader> decode_frame_header(std::string_view header, std::string_view name,
                                                std::uint64_t offset_in_file) {
  codec::ByteReader in(header, name, offset_in_file);
  ASSIGN_OR_RETURN(const std::uint8_t kind, in.u8("frame kind"));
  if (kind != kKindBody) {
    return base::unimplemented_error("journal file {} offset {}: frame of kind {}: a newer program wrote it", name,
                                     offset_in_file, kind);
  }
  FrameHeader out;
  ASSIGN_OR_RETURN(out.tenant.value, in.sized_bytes(kTenantBytesMax, "tenant"));
  ASSIGN_OR_RETURN(const std::uint8_t protocol, in.u8("protocol"));
  ASSIGN_OR_RETURN(const std::uint8_t encoding, in.u8("encoding"));
  ASSIGN_OR_RETURN(const std::uint64_t version, in.varint_up_to(UINT16_MAX, "decoder version"));
  ASSIGN_OR_RETURN(out.arrival.value, in.zigzag("arrival"));
  ASSIGN_OR_RETURN(const std::uint8_t bits, in.u8("bits"));
  out.protocol = static_cast<core::Protocol>(protocol);
  out.encoding = static_cast<core::ContentEncoding>(encoding);
  out.decoder_version = static_cast<std::uint16_t>(version);
  if ((bits & kBitBodyHash) != 0) {
    ASSIGN_OR_RETURN(const std::string_view hash, in.bytes(16, "body hash"));
    out.body_hash = base::hash128_from_bytes(hash.data());
  }
  RETURN_IF_ERROR(read_refused(in, out.refused));
  RETURN_IF_ERROR(read_stored_slices(in, out.stored_slices));
  RETURN_IF_ERROR(in.expect_end());
  return out;
}

std::string file_name(std::uint64_t number) {
  return fmt::format("{:016x}.journal", number);
}

std::optional<std::uint64_t> parse_file_name(std::string_view name) {
  constexpr std::string_view kSuffix = ".journal";
  if (name.size() != 16 + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  base::Hash128 parsed;
  if (!base::from_hex(std::string(16, '0') + std::string(name.substr(0, 16)), parsed)) return std::nullopt;
  return parsed.lo;
}

}  // namespace cordwood::store::journal

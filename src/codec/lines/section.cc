#include "codec/lines/section.h"

#include "base/hash.h"
#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "codec/lines/format.h"
#include "codec/zstd.h"

namespace cordwood::codec::lines {

void append_section(std::string_view raw, ZstdCompressor& compressor, std::string& out) {
  std::string frame;
  compressor.append_frame(raw, frame);
  bool shorter = frame.size() < raw.size();
  std::size_t start = out.size();
  ByteWriter writer(out);
  writer.u8(shorter ? kZstd : kPlain);
  writer.varint(raw.size());
  writer.bytes(shorter ? frame : raw);
  writer.u64(base::hash64(std::string_view(out).substr(start)));
}

base::StatusOr<std::string> read_section(std::string_view bytes, std::string_view object, std::uint64_t base_offset) {
  constexpr std::size_t kHashBytes = 8;
  if (bytes.size() < kHashBytes) {
    return base::data_loss_error("{}: offset {}: wanted a section, found {} bytes", object, base_offset, bytes.size());
  }
  std::string_view body = bytes.substr(0, bytes.size() - kHashBytes);
  std::uint64_t wanted = load_le<std::uint64_t>(bytes.data() + body.size());
  if (std::uint64_t found = base::hash64(body); found != wanted) {
    return base::data_loss_error("{}: offset {}: wanted hash {:016x}, found {:016x}", object, base_offset, wanted,
                                 found);
  }
  ByteReader reader(body, object, base_offset);
  ASSIGN_OR_RETURN(std::uint8_t encoding, reader.u8("encoding"));
  ASSIGN_OR_RETURN(std::uint64_t raw_bytes, reader.varint_up_to(kSectionRawMax, "raw bytes"));
  ASSIGN_OR_RETURN(std::string_view payload, reader.bytes(reader.left(), "payload"));
  if (encoding == kPlain) {
    if (payload.size() != raw_bytes) return reader.wrong("raw bytes", payload.size(), raw_bytes);
    return std::string(payload);
  }
  if (encoding != kZstd) return reader.wrong("encoding", kZstd, encoding);
  if (raw_bytes > kRatioMax * payload.size()) return reader.wrong("raw bytes", kRatioMax * payload.size(), raw_bytes);
  std::string raw(raw_bytes, '\0');
  if (base::Status status = zstd_decompress_exact(payload, raw); !status.ok()) {
    return base::data_loss_error("{}: offset {}: {}", object, base_offset, base::message_of(status));
  }
  return raw;
}

}  // namespace cordwood::codec::lines

#include "ingest/native/source_fields.h"

#include <limits>

namespace cordwood::ingest::native {

void add_head_hash(protozero::pbf_writer& writer, std::uint32_t tag, const core::HeadHash& step) {
  protozero::pbf_writer sub(writer, tag);
  sub.add_uint32(1, step.bytes);
  add_hash(sub, 2, step.hash);
}

base::Status read_head_hash(protozero::pbf_reader reader, const Where& where, core::HeadHash& out) {
  bool has_hash = false;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint_field(1): {
        const std::uint64_t bytes = reader.get_uint64();
        if (bytes > std::numeric_limits<std::uint32_t>::max()) return where.error("{} bytes is out of range", bytes);
        out.bytes = static_cast<std::uint32_t>(bytes);
        break;
      }
      case bytes_field(2):
        RETURN_IF_ERROR(read_hash(reader, where, out.hash));
        has_hash = true;
        break;
      default:
        reader.skip();
    }
  }
  if (!has_hash) return where.error("has no hash");
  return base::ok_status();
}

base::Status check_unit(std::uint64_t value, const Where& where, core::PositionUnit& out) {
  if (value > 1) return where.error("{} is not a unit (0 bytes, 1 records)", value);
  out = static_cast<core::PositionUnit>(value);
  return base::ok_status();
}

}  // namespace cordwood::ingest::native

#include "segment/v1/tables.h"

#include "codec/byte_reader.h"
#include "segment/format.h"

namespace cordwood::segment::v1 {

base::StatusOr<std::vector<BlockEntry>> read_blocks(std::string_view bytes, const pages::Summary& summary,
                                                    std::uint64_t blocks_end, std::size_t streams) {
  codec::ByteReader reader(bytes, pages::kTableNames[static_cast<std::size_t>(pages::TableKind::kBlocks)]);
  // A block takes many bytes, so what is left bounds the count.
  ASSIGN_OR_RETURN(const std::uint64_t count, reader.varint_up_to(reader.left(), "block count"));
  std::vector<BlockEntry> blocks;
  std::uint64_t offset = kHeaderMagic.size();
  std::uint64_t records = 0;
  std::uint64_t line_bytes = 0;
  std::uint32_t last_stream = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    BlockEntry block;
    ASSIGN_OR_RETURN(block.columns, pages::read_block_pages(reader, summary, last_stream, streams, offset));
    const BlockInfo& info = block.columns.info;
    ASSIGN_OR_RETURN(block.text, pages::read_page_entry(reader, info.rows == 1 ? kRowWeightMax : kBlockWeightMax));
    if (block.text.encoding == pages::Encoding::kAbsent) return reader.wrong("text", 1, 0);
    if (block.text.raw_bytes != info.line_bytes + info.rows) {
      return reader.wrong("text bytes", info.line_bytes + info.rows, block.text.raw_bytes);
    }
    offset = block.text_offset() + block.text.stored_bytes;
    if (offset > blocks_end) return reader.wrong("end of block", blocks_end, offset);
    records += info.rows;
    line_bytes += info.line_bytes;
    last_stream = info.last_stream;
    blocks.push_back(block);
  }
  RETURN_IF_ERROR(reader.expect_end());
  if (offset != blocks_end) return reader.wrong("end of blocks", blocks_end, offset);
  if (records != summary.records) return reader.wrong("rows of all blocks", summary.records, records);
  if (line_bytes != summary.line_bytes) return reader.wrong("line bytes of all blocks", summary.line_bytes, line_bytes);
  return blocks;
}

base::Status read_footer(std::string_view footer, std::string_view object, Tables& tables) {
  codec::ByteReader reader(footer, object, tables.common.footer_offset);
  ASSIGN_OR_RETURN(tables.common.entries, pages::read_table_entries(reader));
  ASSIGN_OR_RETURN(tables.common.summary, pages::read_summary(reader));
  RETURN_IF_ERROR(reader.expect_end());
  return pages::place_tables(object, tables.common);
}

}  // namespace cordwood::segment::v1

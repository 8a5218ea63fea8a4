#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "segment/format.h"
#include "segment/v1/spans.h"
#include "segment/v1/tables.h"

namespace cordwood::segment::v1 {

void append_blocks(const std::vector<BlockEntry>& blocks, const Summary& summary, std::string& out) {
  codec::ByteWriter writer(out);
  writer.varint(blocks.size());
  std::uint32_t last_stream = 0;
  for (const BlockEntry& block : blocks) {
    writer.varint(block.info.rows);
    writer.varint(block.info.line_bytes);
    writer.varint(block.info.first_stream - last_stream);
    writer.varint(block.info.last_stream - block.info.first_stream);
    append_span(block.info.times, summary.times.first, out);
    for (const PageEntry& entry : block.pages) append_page_entry(entry, out);
    last_stream = block.info.last_stream;
  }
}

namespace {

// What a page of a block with so many rows may hold at most; the encodings need less.
std::uint64_t raw_bytes_max(PageKind kind, const BlockInfo& info) {
  const std::uint64_t weight_max = info.rows == 1 ? kRowWeightMax : kBlockWeightMax;
  switch (kind) {
    case PageKind::kTimes:
    case PageKind::kStreams:
    case PageKind::kLengths:
      return std::uint64_t{info.rows} * 20 + 64;
    case PageKind::kPositions:
      return std::uint64_t{info.rows} * 60 + 64;
    case PageKind::kMetadata:
      return 2 * weight_max;
    case PageKind::kText:
      return weight_max;
  }
  return 0;
}

base::StatusOr<BlockInfo> read_info(codec::ByteReader& reader, const Summary& summary, std::uint32_t last_stream,
                                    std::size_t streams) {
  BlockInfo info;
  ASSIGN_OR_RETURN(const std::uint64_t rows, reader.varint_up_to(kBlockRowsMax, "rows"));
  if (rows == 0) return reader.wrong("rows", 1, 0);
  info.rows = static_cast<std::uint32_t>(rows);
  ASSIGN_OR_RETURN(info.line_bytes, reader.varint_up_to(rows == 1 ? kRowWeightMax : kBlockWeightMax, "line bytes"));
  ASSIGN_OR_RETURN(const std::uint64_t first, reader.varint_up_to(streams - 1 - last_stream, "first stream"));
  info.first_stream = static_cast<std::uint32_t>(last_stream + first);
  ASSIGN_OR_RETURN(const std::uint64_t more, reader.varint_up_to(streams - 1 - info.first_stream, "last stream"));
  info.last_stream = static_cast<std::uint32_t>(info.first_stream + more);
  ASSIGN_OR_RETURN(info.times, read_span(reader, summary.times));
  return info;
}

base::Status read_pages(codec::ByteReader& reader, BlockEntry& block) {
  for (std::size_t i = 0; i < kPagesPerBlock; ++i) {
    const auto kind = static_cast<PageKind>(i);
    ASSIGN_OR_RETURN(block.pages[i], read_page_entry(reader, raw_bytes_max(kind, block.info)));
    if (block.pages[i].encoding == Encoding::kAbsent && kind != PageKind::kMetadata) {
      return reader.wrong(kPageNames[i], 1, 0);
    }
  }
  const std::uint64_t text_bytes = block.info.line_bytes + block.info.rows;
  if (block.page(PageKind::kText).raw_bytes != text_bytes) {
    return reader.wrong("text bytes", text_bytes, block.page(PageKind::kText).raw_bytes);
  }
  return base::ok_status();
}

}  // namespace

base::StatusOr<std::vector<BlockEntry>> read_blocks(std::string_view bytes, const Summary& summary,
                                                    std::uint64_t blocks_end, std::size_t streams) {
  codec::ByteReader reader(bytes, kTableNames[static_cast<std::size_t>(TableKind::kBlocks)]);
  // A block takes many bytes, so what is left bounds the count.
  ASSIGN_OR_RETURN(const std::uint64_t count, reader.varint_up_to(reader.left(), "block count"));
  std::vector<BlockEntry> blocks;
  std::uint64_t offset = kHeaderMagic.size();
  std::uint64_t records = 0;
  std::uint64_t line_bytes = 0;
  std::uint32_t last_stream = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    BlockEntry block;
    block.offset = offset;
    ASSIGN_OR_RETURN(block.info, read_info(reader, summary, last_stream, streams));
    RETURN_IF_ERROR(read_pages(reader, block));
    offset += block.stored_bytes();
    if (offset > blocks_end) return reader.wrong("end of block", blocks_end, offset);
    records += block.info.rows;
    line_bytes += block.info.line_bytes;
    last_stream = block.info.last_stream;
    blocks.push_back(block);
  }
  RETURN_IF_ERROR(reader.expect_end());
  if (offset != blocks_end) return reader.wrong("end of blocks", blocks_end, offset);
  if (records != summary.records) return reader.wrong("rows of all blocks", summary.records, records);
  if (line_bytes != summary.line_bytes) return reader.wrong("line bytes of all blocks", summary.line_bytes, line_bytes);
  return blocks;
}

}  // namespace cordwood::segment::v1

#include "segment/pages/block_pages.h"

#include "codec/byte_writer.h"
#include "segment/format.h"
#include "segment/pages/spans.h"

namespace cordwood::segment::pages {

void append_block_pages(const BlockPages& block, const Summary& summary, std::uint32_t last_stream, std::string& out) {
  codec::ByteWriter writer(out);
  writer.varint(block.info.rows);
  writer.varint(block.info.line_bytes);
  writer.varint(block.info.first_stream - last_stream);
  writer.varint(block.info.last_stream - block.info.first_stream);
  append_span(block.info.times, summary.times.first, out);
  for (const PageEntry& entry : block.pages) append_page_entry(entry, out);
}

namespace {

// What a page of a block with so many rows may hold at most; the encodings need less.
std::uint64_t raw_bytes_max(PageKind kind, const BlockInfo& info) {
  switch (kind) {
    case PageKind::kTimes:
    case PageKind::kStreams:
    case PageKind::kLengths:
      return std::uint64_t{info.rows} * 20 + 64;
    case PageKind::kPositions:
      return std::uint64_t{info.rows} * 60 + 64;
    case PageKind::kMetadata:
      return 2 * (info.rows == 1 ? kRowWeightMax : kBlockWeightMax);
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

}  // namespace

base::StatusOr<BlockPages> read_block_pages(codec::ByteReader& reader, const Summary& summary,
                                            std::uint32_t last_stream, std::size_t streams, std::uint64_t offset) {
  BlockPages block;
  block.offset = offset;
  ASSIGN_OR_RETURN(block.info, read_info(reader, summary, last_stream, streams));
  for (std::size_t i = 0; i < kPagesPerBlock; ++i) {
    const auto kind = static_cast<PageKind>(i);
    ASSIGN_OR_RETURN(block.pages[i], read_page_entry(reader, raw_bytes_max(kind, block.info)));
    if (block.pages[i].encoding == Encoding::kAbsent && kind != PageKind::kMetadata) {
      return reader.wrong(kPageNames[i], 1, 0);
    }
  }
  return block;
}

}  // namespace cordwood::segment::pages

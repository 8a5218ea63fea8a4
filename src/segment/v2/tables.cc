#include "segment/v2/tables.h"

#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "segment/format.h"
#include "segment/v2/format.h"

namespace cordwood::segment::v2 {

void append_index(const BlockIndex& index, const pages::Summary& summary, std::string& out) {
  codec::ByteWriter writer(out);
  writer.varint(index.blocks.size());
  std::uint32_t last_stream = 0;
  for (const BlockEntry& block : index.blocks) {
    pages::append_block_pages(block.columns, summary, last_stream, out);
    last_stream = block.columns.info.last_stream;
    writer.varint(block.line_bytes);
    writer.varint(block.directory_bytes);
    writer.varint(block.filter_bytes);
  }
  writer.varint(index.groups.size());
  for (const GroupEntry& group : index.groups) {
    writer.varint(group.blocks);
    writer.varint(group.templates_bytes);
  }
}

namespace {

class IndexReader {
 public:
  IndexReader(std::string_view bytes, const pages::Summary& summary, std::uint64_t end, std::size_t streams)
      : reader_(bytes, pages::kTableNames[static_cast<std::size_t>(pages::TableKind::kBlocks)]),
        summary_(summary),
        end_(end),
        streams_(streams) {}

  base::StatusOr<BlockIndex> read() {
    // A block takes many bytes, so what is left bounds the count.
    ASSIGN_OR_RETURN(const std::uint64_t blocks, reader_.varint_up_to(reader_.left(), "block count"));
    for (std::uint64_t i = 0; i < blocks; ++i) RETURN_IF_ERROR(read_block());
    ASSIGN_OR_RETURN(const std::uint64_t groups, reader_.varint_up_to(blocks, "group count"));
    std::uint64_t left = blocks;
    for (std::uint64_t i = 0; i < groups; ++i) {
      GroupEntry& group = index_.groups.emplace_back();
      ASSIGN_OR_RETURN(const std::uint64_t count, reader_.varint_up_to(left, "blocks of group"));
      if (count == 0) return reader_.wrong("blocks of group", 1, 0);
      group.blocks = static_cast<std::uint32_t>(count);
      left -= count;
      ASSIGN_OR_RETURN(group.templates_bytes, reader_.varint_up_to(kLinesTableBytesMax, "template bytes"));
    }
    if (left != 0) return reader_.wrong("blocks of all groups", blocks, blocks - left);
    RETURN_IF_ERROR(reader_.expect_end());
    RETURN_IF_ERROR(check_sums());
    return std::move(index_);
  }

 private:
  base::Status read_block() {
    BlockEntry block;
    ASSIGN_OR_RETURN(block.columns, pages::read_block_pages(reader_, summary_, last_stream_, streams_, offset_));
    const BlockInfo& info = block.columns.info;
    const std::uint64_t pages_max = info.line_bytes + info.line_bytes / 2 + kLinePagesSlack;
    ASSIGN_OR_RETURN(block.line_bytes, reader_.varint_up_to(pages_max, "bytes of line pages"));
    ASSIGN_OR_RETURN(block.directory_bytes, reader_.varint_up_to(kLinesTableBytesMax, "directory bytes"));
    ASSIGN_OR_RETURN(block.filter_bytes, reader_.varint_up_to(kFilterBytesMax, "filter bytes"));
    offset_ += block.stored_bytes();
    if (offset_ > end_) return reader_.wrong("end of block", end_, offset_);
    records_ += info.rows;
    line_bytes_ += info.line_bytes;
    last_stream_ = info.last_stream;
    index_.blocks.push_back(block);
    return base::ok_status();
  }

  // Places the lines tables behind the blocks.
  base::Status check_sums() {
    if (records_ != summary_.records) return reader_.wrong("rows of all blocks", summary_.records, records_);
    if (line_bytes_ != summary_.line_bytes) {
      return reader_.wrong("line bytes of all blocks", summary_.line_bytes, line_bytes_);
    }
    index_.lines_tables_offset = offset_;
    for (BlockEntry& block : index_.blocks) {
      block.filter_offset = offset_;
      offset_ += block.filter_bytes;
    }
    std::size_t at = 0;
    for (std::size_t g = 0; g < index_.groups.size(); ++g) {
      GroupEntry& group = index_.groups[g];
      group.templates_offset = offset_;
      offset_ += group.templates_bytes;
      for (std::uint32_t i = 0; i < group.blocks; ++i) {
        BlockEntry& block = index_.blocks[at++];
        block.group = static_cast<std::uint32_t>(g);
        block.directory_offset = offset_;
        offset_ += block.directory_bytes;
      }
    }
    if (offset_ != end_) return reader_.wrong("end of lines tables", end_, offset_);
    index_.lines_tables_bytes = end_ - index_.lines_tables_offset;
    return base::ok_status();
  }

  codec::ByteReader reader_;
  const pages::Summary& summary_;
  const std::uint64_t end_;
  const std::size_t streams_;
  BlockIndex index_;
  std::uint64_t offset_ = kHeaderMagic.size();
  std::uint64_t records_ = 0;
  std::uint64_t line_bytes_ = 0;
  std::uint32_t last_stream_ = 0;
};

}  // namespace

base::StatusOr<BlockIndex> read_index(std::string_view bytes, const pages::Summary& summary, std::uint64_t end,
                                      std::size_t streams) {
  return IndexReader(bytes, summary, end, streams).read();
}

void append_footer(const pages::CommonTables& tables, const pages::PageEntry& rollup, std::string& out) {
  for (const pages::PageEntry& entry : tables.entries) pages::append_page_entry(entry, out);
  pages::append_summary(tables.summary, out);
  pages::append_page_entry(rollup, out);
}

base::Status read_footer(std::string_view footer, std::string_view object, Tables& tables) {
  codec::ByteReader reader(footer, object, tables.common.footer_offset);
  ASSIGN_OR_RETURN(tables.common.entries, pages::read_table_entries(reader));
  ASSIGN_OR_RETURN(tables.common.summary, pages::read_summary(reader));
  ASSIGN_OR_RETURN(tables.rollup, pages::read_page_entry(reader, kRollupBytesMax));
  RETURN_IF_ERROR(reader.expect_end());
  RETURN_IF_ERROR(pages::place_tables(object, tables.common));
  if (tables.rollup.stored_bytes > tables.common.tables_offset - kHeaderMagic.size()) {
    return reader.wrong("rollup bytes", tables.common.tables_offset, tables.rollup.stored_bytes);
  }
  return base::ok_status();
}

}  // namespace cordwood::segment::v2

#include "segment/v2/stored_part.h"

#include <utility>

#include "base/check.h"
#include "segment/pages/column_decoder.h"
#include "segment/pages/ranges.h"
#include "segment/v2/rollup.h"

namespace cordwood::segment::v2 {
namespace {

// Puts the lines of a block together. `lengths` are those that the block's page says, or empty.
base::Status decode_lines(const StoredLines& stored, const std::vector<std::uint64_t>& lengths, BlockRows& rows) {
  ASSIGN_OR_RETURN(codec::LineBlock block, stored.open());
  // In place: the views point into its buffer.
  auto decoded = std::make_shared<codec::DecodedLines>();
  RETURN_IF_ERROR(block.decode_all(*decoded));
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (decoded->lines[i].size() == lengths[i]) continue;
    return base::data_loss_error("{}: length of row {}: wanted={} found={}", stored.object, i, lengths[i],
                                 decoded->lines[i].size());
  }
  rows.lines = std::move(decoded->lines);
  rows.buffers.push_back(std::move(decoded));
  return base::ok_status();
}

}  // namespace

StoredPart::StoredPart(std::shared_ptr<ByteSource> source, Tables tables,
                       std::shared_ptr<const std::string> lines_tables)
    : source_(std::move(source)), tables_(std::move(tables)), lines_tables_(source_, tables_, std::move(lines_tables)) {
  infos_.reserve(tables_.index.blocks.size());
  for (const BlockEntry& block : tables_.index.blocks) infos_.push_back(block.columns.info);
}

base::Task<base::StatusOr<std::shared_ptr<const StoredLines>>> StoredPart::line_directory(std::size_t block) const {
  CHECK(block < tables_.index.blocks.size());
  base::StatusOr<std::shared_ptr<const StoredLines>> lines = co_await lines_tables_.get(block);
  co_return lines;
}

base::Task<base::StatusOr<std::shared_ptr<const Rollup>>> StoredPart::rollup() const {
  if (tables_.rollup.encoding == pages::Encoding::kAbsent) co_return std::shared_ptr<const Rollup>();
  {
    base::MutexLock lock(mutex_);
    if (rollup_ != nullptr) co_return rollup_;
  }
  const pages::PagePlace place{source_->name(), "rollup", tables_.rollup_offset()};
  std::string section = place.section;
  base::StatusOr<std::string> bytes =
      co_await read_exactly(source_, place.offset, tables_.rollup.stored_bytes, std::move(section));
  if (!bytes.ok()) co_return bytes.status();
  CO_ASSIGN_OR_RETURN(const pages::PageBytes page, pages::open_page(tables_.rollup, *bytes, place));
  base::StatusOr<Rollup> read = read_rollup(page.bytes, tables_.common.streams);
  if (!read.ok()) co_return pages::page_error(place, read.status());
  base::MutexLock lock(mutex_);
  if (rollup_ == nullptr) rollup_ = std::make_shared<const Rollup>(*std::move(read));
  co_return rollup_;
}

std::size_t StoredPart::kept_bytes() const {
  // Templates and directories are about five times as large in memory as they are stored.
  return Part::kept_bytes() + 5 * tables_.index.lines_tables_bytes + 8 * tables_.rollup.raw_bytes;
}

base::Task<base::StatusOr<std::shared_ptr<const BlockRows>>> StoredPart::read_block(std::size_t index,
                                                                                    Columns columns) const {
  CHECK(index < tables_.index.blocks.size());
  const BlockEntry& block = tables_.index.blocks[index];
  std::shared_ptr<StoredLines> lines;
  if (columns.lines) {
    base::StatusOr<std::shared_ptr<const StoredLines>> directory = co_await lines_tables_.get(index);
    if (!directory.ok()) co_return directory.status();
    lines = std::make_shared<StoredLines>();
    lines->object = (*directory)->object;
    lines->templates = (*directory)->templates;
    lines->directory = (*directory)->directory;
    lines->filter = (*directory)->filter;
    lines->buffers = (*directory)->buffers;
  }
  const pages::PageSet wanted = pages::PageSet::of(columns, columns.lengths);
  pages::RangeList list;
  list.add(block.columns, wanted);
  if (columns.lines) list.add(block.lines_offset(), block.line_bytes);
  std::vector<std::shared_ptr<const std::string>> fetched;
  pages::StoredPages stored;
  for (const pages::ByteRange& range : list.ranges()) {
    std::string section = fmt::format("block {}", index);
    base::StatusOr<std::string> bytes = co_await read_exactly(source_, range.offset, range.length, std::move(section));
    if (!bytes.ok()) co_return bytes.status();
    fetched.push_back(std::make_shared<const std::string>(*std::move(bytes)));
    stored.add(block.columns, range.offset, *fetched.back());
  }
  auto rows = std::make_shared<BlockRows>();
  std::vector<std::uint64_t> lengths;
  const auto sources = static_cast<std::uint32_t>(tables_.common.sources.size());
  const pages::ColumnDecoder decoder(source_->name(), index, block.columns, sources);
  CO_RETURN_IF_ERROR(decoder.decode(stored, wanted, *rows, lengths));
  if (columns.lines) {
    // The pages of lines are the end of the last range.
    lines->pages = std::string_view(*fetched.back()).substr(fetched.back()->size() - block.line_bytes);
    lines->buffers.push_back(fetched.back());
    if (columns.encoded_lines) {
      rows->encoded = std::move(lines);
    } else {
      CO_RETURN_IF_ERROR(decode_lines(*lines, lengths, *rows));
    }
  }
  if (columns.lengths) rows->lengths = std::move(lengths);
  std::shared_ptr<const BlockRows> done = std::move(rows);
  co_return done;
}

}  // namespace cordwood::segment::v2

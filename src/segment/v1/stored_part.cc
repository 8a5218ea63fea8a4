#include "segment/v1/stored_part.h"

#include <utility>

#include "base/check.h"
#include "segment/format.h"
#include "segment/pages/column_decoder.h"
#include "segment/pages/ranges.h"

namespace cordwood::segment::v1 {

base::Status decode_text(std::string_view text, const std::vector<std::uint64_t>& lengths,
                         std::vector<std::string_view>& lines) {
  lines.reserve(lengths.size());
  std::size_t at = 0;
  bool separated = true;
  for (const std::uint64_t length : lengths) {
    lines.push_back(text.substr(at, length));
    at += length;
    separated = separated && text[at] == '\n';
    ++at;
  }
  if (!separated) return base::data_loss_error("wanted=LF after each line, found=another byte");
  return base::ok_status();
}

StoredPart::StoredPart(std::shared_ptr<ByteSource> source, Tables tables)
    : source_(std::move(source)), tables_(std::move(tables)) {
  infos_.reserve(tables_.blocks.size());
  for (const BlockEntry& block : tables_.blocks) infos_.push_back(block.columns.info);
}

base::Task<base::StatusOr<std::shared_ptr<const BlockRows>>> StoredPart::read_block(std::size_t index,
                                                                                    Columns columns) const {
  CHECK(index < tables_.blocks.size());
  const BlockEntry& block = tables_.blocks[index];
  const pages::PageSet wanted = pages::PageSet::of(columns, columns.lines || columns.lengths);
  pages::RangeList list;
  list.add(block.columns, wanted);
  if (columns.lines) list.add(block.text_offset(), block.text.stored_bytes);
  std::vector<std::string> fetched;
  pages::StoredPages stored;
  pages::Window last;
  fetched.reserve(list.ranges().size());
  for (const pages::ByteRange& range : list.ranges()) {
    std::string section = fmt::format("block {}", index);
    base::StatusOr<std::string> bytes = co_await read_exactly(source_, range.offset, range.length, std::move(section));
    if (!bytes.ok()) co_return bytes.status();
    fetched.push_back(*std::move(bytes));
    last = {range.offset, fetched.back()};
    stored.add(block.columns, range.offset, fetched.back());
  }
  auto rows = std::make_shared<BlockRows>();
  std::vector<std::uint64_t> lengths;
  const auto sources = static_cast<std::uint32_t>(tables_.common.sources.size());
  const pages::ColumnDecoder decoder(source_->name(), index, block.columns, sources);
  CO_RETURN_IF_ERROR(decoder.decode(stored, wanted, *rows, lengths));
  if (columns.lines) {
    const pages::PagePlace place{source_->name(), fmt::format("block {} text", index), block.text_offset()};
    CO_ASSIGN_OR_RETURN(const pages::PageBytes text,
                        pages::open_page(block.text, last.at(place.offset, block.text.stored_bytes), place));
    const base::Status status = decode_text(text.bytes, lengths, rows->lines);
    if (!status.ok()) co_return pages::page_error(place, status);
    rows->buffers.push_back(text.owner);
  }
  if (columns.lengths) rows->lengths = std::move(lengths);
  std::shared_ptr<const BlockRows> done = std::move(rows);
  co_return done;
}

}  // namespace cordwood::segment::v1

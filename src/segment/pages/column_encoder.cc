#include "segment/pages/column_encoder.h"

#include "base/check.h"
#include "codec/int_columns.h"
#include "segment/format.h"

namespace cordwood::segment::pages {

std::uint64_t weight_of(const SegmentRow& row) {
  std::uint64_t weight = row.line.size() + 1;
  for (const core::MetadataPair& pair : row.metadata) {
    weight += pair.name.size() + pair.value.size() + kMetadataPairWeight;
  }
  return weight;
}

void ColumnEncoder::add(const SegmentRow& row, std::uint32_t stream, std::uint32_t source) {
  times_.push_back(row.time);
  streams_.push_back(stream);
  lengths_.push_back(row.line.size());
  positions_.sources.push_back(source);
  positions_.flags.push_back(row.flags);
  positions_.offsets.push_back(row.offset);
  positions_.line_numbers.push_back(row.line_number);
  metadata_.add_row(row.metadata);
  weight_ += weight_of(row);
}

void ColumnEncoder::append(PageKind kind, std::string_view raw, BlockPages& block, std::string& out) {
  block.pages[static_cast<std::size_t>(kind)] = append_page(raw, compressor_, out);
}

void ColumnEncoder::append_pages(BlockPages& block, std::string& out) {
  column_.clear();
  times_encoder_.append(times_, column_);
  append(PageKind::kTimes, column_, block, out);

  for (std::uint32_t& stream : streams_) stream -= block.info.first_stream;
  column_.clear();
  codec::append_runs(streams_, column_);
  append(PageKind::kStreams, column_, block, out);

  column_.clear();
  codec::append_varints(lengths_, column_);
  append(PageKind::kLengths, column_, block, out);

  column_.clear();
  positions_encoder_.append(positions_, lengths_, column_);
  append(PageKind::kPositions, column_, block, out);

  if (!metadata_.empty()) {
    column_.clear();
    metadata_.append(column_);
    append(PageKind::kMetadata, column_, block, out);
  }
}

BlockPages ColumnEncoder::finish(std::string& out) {
  CHECK(!times_.empty());
  BlockPages block;
  block.info.rows = rows();
  for (const std::uint64_t length : lengths_) block.info.line_bytes += length;
  block.info.first_stream = streams_.front();
  block.info.last_stream = streams_.back();
  for (const base::UnixNanos time : times_) block.info.times.include(time);
  append_pages(block, out);
  clear();
  return block;
}

void ColumnEncoder::clear() {
  times_.clear();
  streams_.clear();
  lengths_.clear();
  positions_.clear();
  metadata_.clear();
  weight_ = 0;
}

}  // namespace cordwood::segment::pages

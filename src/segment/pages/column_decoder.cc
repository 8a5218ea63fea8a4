#include "segment/pages/column_decoder.h"

#include <algorithm>
#include <utility>

#include "codec/int_columns.h"
#include "segment/format.h"
#include "segment/pages/metadata_page.h"
#include "segment/pages/positions_page.h"
#include "segment/pages/times_page.h"

namespace cordwood::segment::pages {

PageSet PageSet::of(Columns columns, bool lengths) {
  PageSet set;
  set.add(PageKind::kTimes);
  set.add(PageKind::kStreams);
  // Offsets are stored relative to what the lengths predict.
  if (lengths || columns.positions) set.add(PageKind::kLengths);
  if (columns.positions) set.add(PageKind::kPositions);
  if (columns.metadata) set.add(PageKind::kMetadata);
  return set;
}

void StoredPages::add(const BlockPages& block, std::uint64_t offset, std::string_view bytes) {
  for (std::size_t i = 0; i < kPagesPerBlock; ++i) {
    const std::uint64_t begin = block.page_offset(static_cast<PageKind>(i));
    const std::uint64_t length = block.pages[i].stored_bytes;
    if (begin < offset || begin + length > offset + bytes.size()) continue;
    pages_[i] = bytes.substr(begin - offset, length);
  }
}

PagePlace ColumnDecoder::place(PageKind kind) const {
  return {object_, fmt::format("block {} {}", index_, kPageNames[static_cast<std::size_t>(kind)]),
          block_.page_offset(kind)};
}

base::StatusOr<PageBytes> ColumnDecoder::open(const StoredPages& pages, PageKind kind) const {
  return open_page(block_.page(kind), pages.page(kind), place(kind));
}

base::Status ColumnDecoder::decode_times(const StoredPages& pages, BlockRows& rows) const {
  ASSIGN_OR_RETURN(const PageBytes page, open(pages, PageKind::kTimes));
  base::StatusOr<std::vector<base::UnixNanos>> times = read_times(page.bytes, block_.info.rows);
  if (!times.ok()) return page_error(place(PageKind::kTimes), times.status());
  const auto [first, last] = std::minmax_element(times->begin(), times->end());
  // Blocks are left out by these times, so a row outside them would be found by some queries only.
  if (*first != block_.info.times.first || *last != block_.info.times.last) {
    return page_error(place(PageKind::kTimes),
                      base::data_loss_error("times: wanted={} to {}, found={} to {}", block_.info.times.first.value,
                                            block_.info.times.last.value, first->value, last->value));
  }
  rows.times = *std::move(times);
  return base::ok_status();
}

base::Status ColumnDecoder::decode_streams(const StoredPages& pages, BlockRows& rows) const {
  ASSIGN_OR_RETURN(const PageBytes page, open(pages, PageKind::kStreams));
  const std::uint32_t last = block_.info.last_stream - block_.info.first_stream;
  rows.streams.resize(block_.info.rows);
  const base::Status status = codec::read_runs(page.bytes, last, rows.streams);
  if (!status.ok()) return page_error(place(PageKind::kStreams), status);
  if (rows.streams.front() != 0 || rows.streams.back() != last ||
      !std::is_sorted(rows.streams.begin(), rows.streams.end())) {
    return page_error(place(PageKind::kStreams),
                      base::data_loss_error("streams: wanted=0 to {} ascending, found={} to {}", last,
                                            rows.streams.front(), rows.streams.back()));
  }
  for (std::uint32_t& stream : rows.streams) stream += block_.info.first_stream;
  return base::ok_status();
}

base::Status ColumnDecoder::decode_lengths(const StoredPages& pages, std::vector<std::uint64_t>& lengths) const {
  ASSIGN_OR_RETURN(const PageBytes page, open(pages, PageKind::kLengths));
  lengths.resize(block_.info.rows);
  const base::Status status = codec::read_varints(page.bytes, lengths);
  if (!status.ok()) return page_error(place(PageKind::kLengths), status);
  std::uint64_t left = block_.info.line_bytes;
  bool fits = true;
  for (const std::uint64_t length : lengths) {
    fits = fits && length <= left;
    left -= length;
  }
  if (!fits || left != 0) {
    return page_error(place(PageKind::kLengths),
                      base::data_loss_error("sum of lengths: wanted={}, found=another", block_.info.line_bytes));
  }
  return base::ok_status();
}

base::Status ColumnDecoder::decode_positions(const StoredPages& pages, const std::vector<std::uint64_t>& lengths,
                                             BlockRows& rows) const {
  ASSIGN_OR_RETURN(const PageBytes page, open(pages, PageKind::kPositions));
  base::StatusOr<Positions> positions = read_positions(page.bytes, lengths, sources_);
  if (!positions.ok()) return page_error(place(PageKind::kPositions), positions.status());
  rows.sources = std::move(positions->sources);
  rows.flags = std::move(positions->flags);
  rows.offsets = std::move(positions->offsets);
  rows.line_numbers = std::move(positions->line_numbers);
  return base::ok_status();
}

base::Status ColumnDecoder::decode_metadata(const StoredPages& pages, BlockRows& rows) const {
  if (block_.page(PageKind::kMetadata).encoding == Encoding::kAbsent) return base::ok_status();
  ASSIGN_OR_RETURN(const PageBytes page, open(pages, PageKind::kMetadata));
  const std::uint64_t weight_max = block_.info.rows == 1 ? kRowWeightMax : kBlockWeightMax;
  base::StatusOr<Metadata> metadata = read_metadata(page.bytes, block_.info.rows, weight_max / kMetadataPairWeight);
  if (!metadata.ok()) return page_error(place(PageKind::kMetadata), metadata.status());
  rows.metadata_begin = std::move(metadata->begin);
  rows.metadata = std::move(metadata->pairs);
  rows.buffers.push_back(page.owner);
  return base::ok_status();
}

base::Status ColumnDecoder::decode(const StoredPages& pages, PageSet wanted, BlockRows& rows,
                                   std::vector<std::uint64_t>& lengths) const {
  RETURN_IF_ERROR(decode_times(pages, rows));
  RETURN_IF_ERROR(decode_streams(pages, rows));
  if (wanted.has(PageKind::kLengths)) RETURN_IF_ERROR(decode_lengths(pages, lengths));
  if (wanted.has(PageKind::kPositions)) RETURN_IF_ERROR(decode_positions(pages, lengths, rows));
  if (wanted.has(PageKind::kMetadata)) RETURN_IF_ERROR(decode_metadata(pages, rows));
  return base::ok_status();
}

}  // namespace cordwood::segment::pages

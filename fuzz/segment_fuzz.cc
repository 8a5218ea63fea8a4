// Segments made of any bytes. Checksums would stop nearly every input, so that besides opening the bytes as they are
// each decoder behind a checksum is given them directly, and whole blocks are put together from them with right
// checksums.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/hash.h"
#include "base/sim_executor.h"
#include "codec/gram_filter.h"
#include "codec/little_endian.h"
#include "segment/dump.h"
#include "segment/format.h"
#include "segment/mem_part.h"
#include "segment/pages/column_decoder.h"
#include "segment/pages/metadata_page.h"
#include "segment/pages/positions_page.h"
#include "segment/pages/times_page.h"
#include "segment/reader.h"
#include "segment/v1/stored_part.h"
#include "segment/v2/rollup.h"
#include "segment/v2/tables.h"

namespace {

namespace segment = cordwood::segment;
namespace base = cordwood::base;
namespace pages = cordwood::segment::pages;
namespace v1 = cordwood::segment::v1;
namespace v2 = cordwood::segment::v2;

void open_as_it_is(std::string bytes) {
  base::SimExecutor executor(1);
  auto source = std::make_shared<segment::MemoryByteSource>("fuzz", std::make_shared<const std::string>(bytes));
  const auto part = base::sync_wait(executor, segment::open_segment(source));
  (void)base::sync_wait(executor, segment::dump_segment(source, {20, true}));
  if (part.ok()) (void)base::sync_wait(executor, segment::read_all_rows(*part));
}

void read_tables(FuzzedDataProvider& data) {
  pages::Summary summary;
  summary.records = data.ConsumeIntegral<std::uint64_t>();
  summary.line_bytes = data.ConsumeIntegral<std::uint64_t>();
  summary.times.include(base::UnixNanos{data.ConsumeIntegral<std::int64_t>()});
  summary.times.include(base::UnixNanos{data.ConsumeIntegral<std::int64_t>()});
  const auto end = data.ConsumeIntegral<std::uint64_t>();
  const auto streams = data.ConsumeIntegralInRange<std::size_t>(1, 1000);
  const std::string bytes = data.ConsumeRemainingBytesAsString();
  v1::Tables first;
  first.common.footer_offset = 1000;
  (void)v1::read_footer(bytes, "fuzz", first);
  v2::Tables second;
  second.common.footer_offset = 1000;
  (void)v2::read_footer(bytes, "fuzz", second);
  const auto stream_table = pages::read_streams(bytes, summary);
  if (stream_table.ok()) (void)v2::read_rollup(bytes, *stream_table);
  std::vector<segment::PartStream> one(1);
  one[0].records = summary.records;
  one[0].line_bytes = summary.line_bytes;
  one[0].times = summary.times;
  (void)v2::read_rollup(bytes, one);
  std::string filter_bytes = bytes;
  cordwood::codec::append_le(filter_bytes, base::hash64(bytes));
  const auto filter = cordwood::codec::GramFilter::open(filter_bytes);
  if (filter.ok()) (void)filter->may_contain("0123456789abcdef 4bf92f3577b34da6", summary.records % 2 == 0);
  (void)pages::read_sources(bytes);
  (void)v1::read_blocks(bytes, summary, end, streams);
  const auto index = v2::read_index(bytes, summary, end, streams);
  if (!index.ok()) return;
  for (const v2::BlockEntry& block : index->blocks) CHECK(block.directory_offset + block.directory_bytes <= end);
}

void read_pages(FuzzedDataProvider& data) {
  const auto rows = data.ConsumeIntegralInRange<std::size_t>(1, 100);
  const std::vector<std::uint64_t> lengths(rows, data.ConsumeIntegral<std::uint8_t>());
  const std::string bytes = data.ConsumeRemainingBytesAsString();
  const auto times = pages::read_times(bytes, rows);
  if (times.ok()) {
    std::string again;
    pages::TimesEncoder().append(*times, again);
    CHECK(pages::read_times(again, rows).value() == *times);
  }
  const auto positions = pages::read_positions(bytes, lengths, 3);
  if (positions.ok()) {
    std::string again;
    pages::PositionsEncoder().append(*positions, lengths, again);
    const auto twice = pages::read_positions(again, lengths, 3);
    CHECK(twice.ok() && twice->offsets == positions->offsets && twice->line_numbers == positions->line_numbers &&
          twice->sources == positions->sources && twice->flags == positions->flags);
  }
  (void)pages::read_metadata(bytes, rows, 1000);
}

void read_block(FuzzedDataProvider& data) {
  pages::BlockPages block;
  block.info.rows = data.ConsumeIntegralInRange<std::uint32_t>(1, 20);
  block.info.line_bytes = data.ConsumeIntegralInRange<std::uint64_t>(0, 100);
  block.info.last_stream = data.ConsumeIntegralInRange<std::uint32_t>(0, 2);
  block.info.times.include(base::UnixNanos{data.ConsumeIntegral<std::int32_t>()});
  block.info.times.include(base::UnixNanos{data.ConsumeIntegral<std::int32_t>()});
  std::string stored;
  for (pages::PageEntry& page : block.pages) {
    page.encoding = data.ConsumeBool() ? pages::Encoding::kZstd : pages::Encoding::kPlain;
    const std::string bytes = data.ConsumeRandomLengthString();
    page.stored_bytes = bytes.size();
    page.raw_bytes =
        page.encoding == pages::Encoding::kPlain ? bytes.size() : data.ConsumeIntegralInRange<std::uint64_t>(0, 1000);
    page.checksum = base::hash64(bytes);
    stored += bytes;
  }
  pages::StoredPages fetched;
  fetched.add(block, 0, stored);
  const segment::Columns columns{data.ConsumeBool(), data.ConsumeBool(), data.ConsumeBool()};
  segment::BlockRows rows;
  std::vector<std::uint64_t> lengths;
  const pages::PageSet wanted = pages::PageSet::of(columns, columns.lines);
  if (!pages::ColumnDecoder("fuzz", 0, block, 2).decode(fetched, wanted, rows, lengths).ok()) return;
  CHECK(rows.size() == block.info.rows);
  std::uint64_t touched = 0;
  for (const auto& pair : rows.metadata) touched += base::hash64(pair.name) + base::hash64(pair.value);
  if (columns.lines) {
    std::string text = data.ConsumeRemainingBytesAsString();
    text.resize(block.info.line_bytes + block.info.rows, '\n');
    std::vector<std::string_view> lines;
    (void)v1::decode_text(text, lengths, lines);
    for (const std::string_view line : lines) touched += base::hash64(line);
  }
  CHECK(touched + 1 != 0 || touched == ~std::uint64_t{0});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider provider(data, size);
  switch (provider.ConsumeIntegralInRange<int>(0, 3)) {
    case 0:
      open_as_it_is(provider.ConsumeRemainingBytesAsString());
      break;
    case 1:
      read_tables(provider);
      break;
    case 2:
      read_pages(provider);
      break;
    default:
      read_block(provider);
  }
  return 0;
}

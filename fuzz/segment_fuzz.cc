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
#include "segment/dump.h"
#include "segment/format.h"
#include "segment/mem_part.h"
#include "segment/reader.h"
#include "segment/v1/block_decoder.h"
#include "segment/v1/metadata_page.h"
#include "segment/v1/positions_page.h"
#include "segment/v1/tables.h"
#include "segment/v1/times_page.h"

namespace {

namespace segment = cordwood::segment;
namespace base = cordwood::base;
namespace v1 = cordwood::segment::v1;

void open_as_it_is(std::string bytes) {
  base::SimExecutor executor(1);
  auto source = std::make_shared<segment::MemoryByteSource>("fuzz", std::make_shared<const std::string>(bytes));
  const auto part = base::sync_wait(executor, segment::open_segment(source));
  (void)base::sync_wait(executor, segment::dump_segment(source, {20, true}));
  if (part.ok()) (void)base::sync_wait(executor, segment::read_all_rows(*part));
}

void read_tables(FuzzedDataProvider& data) {
  v1::Summary summary;
  summary.records = data.ConsumeIntegral<std::uint64_t>();
  summary.line_bytes = data.ConsumeIntegral<std::uint64_t>();
  summary.times.include(base::UnixNanos{data.ConsumeIntegral<std::int64_t>()});
  summary.times.include(base::UnixNanos{data.ConsumeIntegral<std::int64_t>()});
  const auto blocks_end = data.ConsumeIntegral<std::uint64_t>();
  const auto streams = data.ConsumeIntegralInRange<std::size_t>(1, 1000);
  const std::string bytes = data.ConsumeRemainingBytesAsString();
  (void)v1::read_footer(bytes, "fuzz", 0);
  (void)v1::read_streams(bytes, summary);
  (void)v1::read_sources(bytes);
  (void)v1::read_blocks(bytes, summary, blocks_end, streams);
}

void read_pages(FuzzedDataProvider& data) {
  const auto rows = data.ConsumeIntegralInRange<std::size_t>(1, 100);
  const std::vector<std::uint64_t> lengths(rows, data.ConsumeIntegral<std::uint8_t>());
  const std::string bytes = data.ConsumeRemainingBytesAsString();
  const auto times = v1::read_times(bytes, rows);
  if (times.ok()) {
    std::string again;
    v1::TimesEncoder().append(*times, again);
    CHECK(v1::read_times(again, rows).value() == *times);
  }
  const auto positions = v1::read_positions(bytes, lengths, 3);
  if (positions.ok()) {
    std::string again;
    v1::PositionsEncoder().append(*positions, lengths, again);
    const auto twice = v1::read_positions(again, lengths, 3);
    CHECK(twice.ok() && twice->offsets == positions->offsets && twice->line_numbers == positions->line_numbers &&
          twice->sources == positions->sources && twice->flags == positions->flags);
  }
  (void)v1::read_metadata(bytes, rows, 1000);
}

void read_block(FuzzedDataProvider& data) {
  v1::BlockEntry block;
  block.info.rows = data.ConsumeIntegralInRange<std::uint32_t>(1, 20);
  block.info.line_bytes = data.ConsumeIntegralInRange<std::uint64_t>(0, 100);
  block.info.last_stream = data.ConsumeIntegralInRange<std::uint32_t>(0, 2);
  block.info.times.include(base::UnixNanos{data.ConsumeIntegral<std::int32_t>()});
  block.info.times.include(base::UnixNanos{data.ConsumeIntegral<std::int32_t>()});
  std::string stored;
  for (std::size_t i = 0; i < v1::kPagesPerBlock; ++i) {
    v1::PageEntry& page = block.pages[i];
    page.encoding = data.ConsumeBool() ? v1::Encoding::kZstd : v1::Encoding::kPlain;
    std::string bytes = data.ConsumeRandomLengthString();
    const std::uint64_t text_bytes = block.info.line_bytes + block.info.rows;
    const bool text = i == static_cast<std::size_t>(v1::PageKind::kText);
    if (text && page.encoding == v1::Encoding::kPlain) bytes.resize(text_bytes, '\n');
    page.stored_bytes = bytes.size();
    page.raw_bytes = page.encoding == v1::Encoding::kPlain ? bytes.size()
                     : text                                ? text_bytes
                                                           : data.ConsumeIntegralInRange<std::uint64_t>(0, 1000);
    page.checksum = base::hash64(bytes);
    stored += bytes;
  }
  v1::StoredPages pages;
  pages.add(block, 0, stored);
  const segment::Columns columns{data.ConsumeBool(), data.ConsumeBool(), data.ConsumeBool()};
  const auto rows = v1::BlockDecoder("fuzz", 0, block, 2).decode(pages, v1::PageSet::of(columns));
  if (!rows.ok()) return;
  CHECK((*rows)->size() == block.info.rows);
  std::uint64_t touched = 0;
  for (const std::string_view line : (*rows)->lines) touched += base::hash64(line);
  for (const auto& pair : (*rows)->metadata) touched += base::hash64(pair.name) + base::hash64(pair.value);
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

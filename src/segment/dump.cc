#include "segment/dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "segment/format.h"
#include "segment/reader.h"
#include "segment/trailer.h"
#include "segment/v1/dump.h"
#include "segment/v1/format.h"
#include "segment/v2/dump.h"
#include "segment/v2/format.h"

namespace cordwood::segment {
namespace {

void append_rows(const Part& part, const BlockRows& rows, std::size_t entries_max, std::string& out) {
  const std::size_t shown = std::min(rows.size(), entries_max);
  for (std::size_t i = 0; i < shown; ++i) {
    const RowSource& source = part.sources()[rows.sources[i]];
    fmt::format_to(std::back_inserter(out), "  row {} stream={} time={} source={}{} offset={} number={} flags={} ", i,
                   rows.streams[i], rows.times[i].value, base::to_hex(source.generation.value),
                   source.named ? "" : " (unnamed)", rows.offsets[i], rows.line_numbers[i], rows.flags[i].bits);
    for (const core::MetadataPair& pair : rows.metadata_of(i)) {
      out += pair.name;
      out += '=';
      core::append_go_quoted(out, pair.value);
      out += ' ';
    }
    core::append_go_quoted(out, rows.lines[i]);
    out += '\n';
  }
  if (shown < rows.size()) fmt::format_to(std::back_inserter(out), "  {} more rows\n", rows.size() - shown);
}

base::Task<base::Status> dump_rows(std::shared_ptr<ByteSource> source, std::size_t entries_max, std::string* out) {
  base::StatusOr<std::shared_ptr<const Part>> part = co_await open_segment(std::move(source));
  if (!part.ok()) co_return part.status();
  const std::size_t blocks = std::min((*part)->blocks().size(), entries_max);
  for (std::size_t i = 0; i < blocks; ++i) {
    fmt::format_to(std::back_inserter(*out), "rows of block {}\n", i);
    const Columns all;
    base::StatusOr<std::shared_ptr<const BlockRows>> rows = co_await (*part)->read_block(i, all);
    if (rows.ok()) {
      append_rows(**part, **rows, entries_max, *out);
    } else {
      // The other blocks may still be readable.
      fmt::format_to(std::back_inserter(*out), "  {}\n", base::message_of(rows.status()));
    }
  }
  co_return base::ok_status();
}

}  // namespace

base::Task<base::StatusOr<std::string>> dump_segment(std::shared_ptr<ByteSource> source, DumpOptions options) {
  base::StatusOr<Tail> tail = co_await read_tail(source);
  if (!tail.ok()) co_return tail.status();
  std::string out = fmt::format("segment {} version={} bytes={}\n", source->name(), tail->trailer.version,
                                tail->trailer.segment_bytes);
  if (tail->trailer.version == v1::kVersion) {
    base::StatusOr<v1::Tables> tables = co_await v1::read_tables(source, tail->trailer, std::move(tail->bytes));
    if (!tables.ok()) co_return tables.status();
    v1::append_dump(*tables, options.entries_max, out);
  } else if (tail->trailer.version == v2::kVersion) {
    base::StatusOr<v2::Tables> tables = co_await v2::read_tables(source, tail->trailer, tail->bytes);
    if (!tables.ok()) co_return tables.status();
    v2::append_dump(*tables, options.entries_max, out);
  } else {
    co_return unknown_version(source->name(), tail->trailer);
  }
  if (options.rows) {
    base::Status status = co_await dump_rows(std::move(source), options.entries_max, &out);
    if (!status.ok()) co_return status;
  }
  co_return out;
}

}  // namespace cordwood::segment

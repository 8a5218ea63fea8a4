// The directory of a block: what is stored in its pages and where.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "codec/line_column.h"
#include "codec/lines/format.h"
#include "codec/lines/timestamps.h"
#include "codec/template_table.h"

namespace cordwood::codec::lines {

// A run of bytes within a page's raw contents. Streams of one page follow each other in the order in which the
// directory names them.
struct StreamEntry {
  std::uint32_t page = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t offset = 0;  // within the page; not stored
};

struct PageEntry {
  std::uint8_t encoding = kPlain;
  std::uint64_t stored_bytes = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t hash = 0;    // of the stored bytes
  std::uint64_t offset = 0;  // in the pages section; not stored
};

struct ColumnEntry {
  ColumnInfo info;
  Encoding encoding = Encoding::kNone;  // of repeats: that of the distinct values
  // Only the distinct values are stored, in the order in which they come first; the first stream says which value
  // stands where. Integers and strings only.
  bool repeats = false;
  std::uint32_t distinct = 0;
  std::uint32_t stored_count() const { return repeats ? distinct : info.count; }
  std::uint8_t method = 0;  // of integers and times
  TimestampFormat time;     // of times
  std::array<StreamEntry, kStreamsMax> streams;
};

struct TextEntry {
  std::uint32_t rows = 0;
  std::vector<std::uint32_t> rows_of_templates;
  StreamEntry ids;  // only if more than one template has rows
  bool has_ids() const;
};

struct Directory {
  std::uint64_t line_bytes = 0;
  std::vector<TextEntry> texts;      // one for each text of the table
  std::vector<ColumnEntry> columns;  // one for each column of the table
  std::vector<PageEntry> pages;
  std::uint64_t page_bytes = 0;  // sum of stored_bytes; not stored
};

// How many streams a column has.
std::uint32_t stream_count(const ColumnEntry& column);
// Bytes of an id that is below `count`: 1 or 2.
std::uint32_t id_bytes(std::uint64_t count);

void write_directory(const Directory& directory, std::string& raw);
// Constants are views into `raw`.
base::StatusOr<Directory> read_directory(std::string_view raw, const TemplateTable& table, std::string_view object);

}  // namespace cordwood::codec::lines

// The tables of a segment that all versions have: streams and sources, and what a footer says of the whole.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "codec/byte_reader.h"
#include "core/time_range.h"
#include "segment/pages/format.h"
#include "segment/pages/page.h"
#include "segment/part.h"

namespace cordwood::segment::pages {

// What is true of the whole segment.
struct Summary {
  std::uint64_t records = 0;
  std::uint64_t line_bytes = 0;
  core::TimeSpan times;
};
void append_summary(const Summary& summary, std::string& out);
base::StatusOr<Summary> read_summary(codec::ByteReader& reader);

// Of the streams, the sources and the block index; they stand one after another before the footer.
using TableEntries = std::array<PageEntry, kTables>;
base::StatusOr<TableEntries> read_table_entries(codec::ByteReader& reader);
std::uint64_t stored_bytes(const TableEntries& tables);

// Appending takes what the writer has checked; reading verifies everything that grammar and order promise and answers
// DataLoss with the place within the table.
void append_streams(const std::vector<PartStream>& streams, const Summary& summary, std::string& out);
base::StatusOr<std::vector<PartStream>> read_streams(std::string_view bytes, const Summary& summary);

void append_sources(const std::vector<RowSource>& sources, std::string& out);
base::StatusOr<std::vector<RowSource>> read_sources(std::string_view bytes);

}  // namespace cordwood::segment::pages

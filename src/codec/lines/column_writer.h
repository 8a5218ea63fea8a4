// The values of one column -> the smallest encoding.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/lines/cutter.h"
#include "codec/lines/directory.h"
#include "codec/lines/page_writer.h"

namespace cordwood::codec::lines {

// A column with its streams, before they have places in pages.
struct PendingColumn {
  ColumnEntry entry;
  std::string constant;  // entry.info.constant points here once it has its place
  std::array<std::string, kStreamsMax> streams;

  PageWriter::Kin kin(std::uint32_t stream) const;
};

// Keeps its memory between columns.
class ColumnWriter {
 public:
  // At least one value.
  void write(const char* buffer, std::span<const Span> values, PendingColumn& out);
  // The same as strings, whatever they are.
  void write_strings(const char* buffer, std::span<const Span> values, PendingColumn& out);
  // Whether the strings of a column that was written seem to have structure.
  static bool may_nest(const ColumnEntry& entry);

 private:
  bool constant(PendingColumn& out);
  bool integers(PendingColumn& out);
  bool times(PendingColumn& out);
  void write_numbers(PendingColumn& out);
  bool dictionary(PendingColumn& out);
  void bytes(PendingColumn& out);
  void measure_lengths(ColumnInfo& info);
  void measure_alphabet(ColumnInfo& info);
  std::string_view value(std::size_t i) const { return {buffer_ + values_[i].begin, values_[i].size()}; }

  const char* buffer_ = nullptr;
  std::span<const Span> values_;
  std::uint64_t value_bytes_ = 0;
  std::vector<std::uint64_t> numbers_;
  std::vector<std::uint8_t> digits_;  // of the fractions of times
  // Of a dictionary: a hash table of entries, the entries, and the entry of each value.
  std::vector<std::uint32_t> slots_;
  std::vector<std::string_view> order_;
  std::vector<std::uint32_t> ids_;
};

// Ids of id_bytes(count) bytes.
void append_ids(std::span<const std::uint32_t> ids, std::uint64_t count, std::string& out);
void append_ids(std::span<const std::uint16_t> ids, std::uint64_t count, std::string& out);

}  // namespace cordwood::codec::lines

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
#include "codec/lines/stream_cost.h"

namespace cordwood::codec::lines {

// A column with its streams, before they have places in pages.
struct PendingColumn {
  ColumnEntry entry;
  std::string constant;  // entry.info.constant points here once it has its place
  std::array<std::string, kStreamsMax> streams;

  // Values of at least so many bytes are text.
  static constexpr std::uint64_t kTextBytesOfValue = 24;
  PageWriter::Kin kin(std::uint32_t stream) const;
};

// Keeps its memory between columns.
class ColumnWriter {
 public:
  // Encodings are tried, or what they take is estimated.
  explicit ColumnWriter(bool tries) : cost_(tries) {}

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
  void choose_planes(std::span<const std::uint64_t> stored, PendingColumn& out);
  void try_repeated_numbers(PendingColumn& out);
  // Fills order_ and ids_; false if there are more than `distinct_max`.
  bool find_distinct(std::size_t distinct_max);
  bool dictionary(PendingColumn& out);
  void write_dictionary(PendingColumn& out);
  void write_repeats(PendingColumn& out);
  void bytes(PendingColumn& out);
  void measure_lengths(ColumnInfo& info);
  void measure_alphabet(ColumnInfo& info);
  std::string_view value(std::size_t i) const { return {buffer_ + values_[i].begin, values_[i].size()}; }

  StreamCost cost_;
  const char* buffer_ = nullptr;
  std::span<const Span> values_;
  std::uint64_t value_bytes_ = 0;
  std::vector<std::uint64_t> numbers_;
  std::vector<std::uint64_t> stored_;  // numbers as they are stored: differences, or less the smallest
  std::string scratch_;
  std::vector<std::uint8_t> digits_;  // of the fractions of times
  // Distinct values: a hash table of them, themselves in the order in which they come first, and which each value is.
  std::vector<std::uint32_t> slots_;
  std::vector<std::string_view> order_;
  std::vector<std::uint32_t> ids_;
};

// Ids of id_bytes(count) bytes.
void append_ids(std::span<const std::uint32_t> ids, std::uint64_t count, std::string& out);
void append_ids(std::span<const std::uint16_t> ids, std::uint64_t count, std::string& out);

}  // namespace cordwood::codec::lines

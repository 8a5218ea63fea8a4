// Offsets and line numbers are stored as differences to a prediction that is right for consecutive lines of a file, so
// that they cost next to nothing.
#include "segment/pages/positions_page.h"

#include <limits>

#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "codec/int_columns.h"
#include "codec/varint.h"
#include "segment/pages/format.h"

namespace cordwood::segment::pages {
namespace {

std::uint64_t line_end_bytes(core::RecordFlags flags) {
  switch (flags.line_end()) {
    case core::LineEnd::kLf:
      return 1;
    case core::LineEnd::kCrlf:
      return 2;
    case core::LineEnd::kNone:
    case core::LineEnd::kCut:
      return 0;
  }
  return 0;
}

std::uint64_t predicted_offset(OffsetsForm form, const Positions& rows, std::span<const std::uint64_t> lengths,
                               std::size_t i) {
  if (i == 0 || rows.sources[i] != rows.sources[i - 1]) return 0;
  if (form == OffsetsForm::kCounting) return rows.offsets[i - 1] + 1;
  return rows.offsets[i - 1] + lengths[i - 1] + line_end_bytes(rows.flags[i - 1]);
}

std::uint64_t predicted_line_number(const Positions& rows, std::size_t i) {
  if (i == 0 || rows.sources[i] != rows.sources[i - 1] || rows.line_numbers[i - 1] == 0) return 0;
  return rows.line_numbers[i - 1] + 1;
}

std::uint64_t residual(std::uint64_t value, std::uint64_t prediction) {
  return codec::zigzag(static_cast<std::int64_t>(value - prediction));
}
std::uint64_t restore(std::uint64_t stored, std::uint64_t prediction) {
  return prediction + static_cast<std::uint64_t>(codec::unzigzag(stored));
}

base::StatusOr<std::string_view> column(codec::ByteReader& reader, std::string_view name) {
  return reader.sized_bytes(reader.left(), name);
}

// Names the column in front of an error that counts offsets from the column's begin.
base::Status in_column(std::string_view name, const base::Status& status) {
  return base::annotate(status, name);
}

}  // namespace

void PositionsEncoder::append(const Positions& rows, std::span<const std::uint64_t> lengths, std::string& out) {
  const auto append_offsets = [&](OffsetsForm form, std::string& to) {
    residuals_.clear();
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      residuals_.push_back(residual(rows.offsets[i], predicted_offset(form, rows, lengths, i)));
    }
    to.clear();
    codec::append_varints(residuals_, to);
  };
  codec::ByteWriter writer(out);
  append_offsets(OffsetsForm::kAfterLine, other_column_);
  append_offsets(OffsetsForm::kCounting, column_);
  // On a tie the lower form, so that the same rows give the same bytes.
  const bool after_line = other_column_.size() < column_.size();
  if (after_line) column_.swap(other_column_);
  writer.u8(static_cast<std::uint8_t>(after_line ? OffsetsForm::kAfterLine : OffsetsForm::kCounting));
  other_column_.clear();
  codec::append_runs(rows.sources, other_column_);
  writer.sized_bytes(other_column_);
  other_column_.clear();
  flags_.clear();
  for (const core::RecordFlags flags : rows.flags) flags_.push_back(flags.bits);
  codec::append_runs(flags_, other_column_);
  writer.sized_bytes(other_column_);
  writer.sized_bytes(column_);
  residuals_.clear();
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    residuals_.push_back(residual(rows.line_numbers[i], predicted_line_number(rows, i)));
  }
  column_.clear();
  codec::append_varints(residuals_, column_);
  writer.sized_bytes(column_);
}

base::StatusOr<Positions> read_positions(std::string_view bytes, std::span<const std::uint64_t> lengths,
                                         std::uint32_t sources) {
  const std::size_t rows = lengths.size();
  codec::ByteReader reader(bytes, "positions");
  ASSIGN_OR_RETURN(const std::uint8_t form, reader.u8("form"));
  if (form > static_cast<std::uint8_t>(OffsetsForm::kAfterLine)) return reader.wrong("form", 1, form);
  ASSIGN_OR_RETURN(const std::string_view source_column, column(reader, "sources"));
  ASSIGN_OR_RETURN(const std::string_view flag_column, column(reader, "flags"));
  ASSIGN_OR_RETURN(const std::string_view offset_column, column(reader, "offsets"));
  ASSIGN_OR_RETURN(const std::string_view number_column, column(reader, "line numbers"));
  RETURN_IF_ERROR(reader.expect_end());

  Positions out;
  out.sources.resize(rows);
  RETURN_IF_ERROR(in_column("sources", codec::read_runs(source_column, sources - 1, out.sources)));
  std::vector<std::uint32_t> flags(rows);
  RETURN_IF_ERROR(in_column("flags", codec::read_runs(flag_column, std::numeric_limits<std::uint8_t>::max(), flags)));
  out.flags.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) out.flags[i].bits = static_cast<std::uint8_t>(flags[i]);
  out.offsets.resize(rows);
  RETURN_IF_ERROR(in_column("offsets", codec::read_varints(offset_column, out.offsets)));
  out.line_numbers.resize(rows);
  RETURN_IF_ERROR(in_column("line numbers", codec::read_varints(number_column, out.line_numbers)));
  for (std::size_t i = 0; i < rows; ++i) {
    out.offsets[i] = restore(out.offsets[i], predicted_offset(static_cast<OffsetsForm>(form), out, lengths, i));
    out.line_numbers[i] = restore(out.line_numbers[i], predicted_line_number(out, i));
  }
  return out;
}

}  // namespace cordwood::segment::pages

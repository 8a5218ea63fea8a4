// A text's rows, each with a template and the values of its variables.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/lines/cutter.h"
#include "codec/lines/table_builder.h"

namespace cordwood::codec::lines {

// Finds the templates of a text's rows. Shapes (what stays of a row without its variables) that enough rows have become
// templates. Other rows share the longest beginning that enough of them have, and the rest of the row is one variable.
//
// Memory: 24 bytes a row and 16 bytes a variable.
class TextCut {
 public:
  // Spans are into `buffer`; both must outlive what columns() gives. False, and nothing done, if the rows of text 0
  // have so little in common that templates would cost more time than they save bytes.
  bool run(const LineBuffer& buffer, std::span<const Span> rows, std::uint32_t text, TableBuilder& table);

  // The template of each row, within the text.
  std::span<const std::uint16_t> ids() const { return ids_; }
  std::span<const std::uint32_t> rows_of_templates() const { return rows_of_templates_; }
  std::uint64_t raw_rows() const { return raw_rows_; }

  struct ColumnValues {
    std::uint32_t column = 0;
    bool rest = false;  // rests of rows
    std::span<const Span> values;
  };
  // Ascending by column.
  std::span<const ColumnValues> columns() const { return columns_; }

 private:
  struct Shape {
    std::uint64_t hash = 0;
    std::uint32_t row = 0;  // the first with this shape
    std::uint32_t rows = 0;
    std::uint32_t variables = 0;
    std::uint32_t kept = 0;  // variables before the rest; more than `variables`: there is no rest
    std::uint32_t number = 0;
  };

  bool is_hopeless();
  void find_shapes(std::uint32_t variables_left);
  std::uint32_t shape_of(std::size_t row, std::uint64_t hash);
  bool same_shape(std::size_t a, std::size_t b) const;
  void choose_templates(std::uint32_t text, TableBuilder& table);
  void share_beginnings(std::span<Shape*> orphans, std::uint32_t rows_min);
  bool add_template(Shape& shape, bool whole, std::uint32_t text, TableBuilder& table);
  void fill_columns(std::uint32_t text, const TableBuilder& table);
  const char* bytes() const { return buffer_->bytes.data(); }
  std::string_view text_before(std::size_t row, std::uint32_t variable) const;
  std::span<const Span> variables(std::size_t row) const {
    return std::span(variables_).subspan(first_[row], first_[row + 1] - first_[row]);
  }

  const LineBuffer* buffer_ = nullptr;
  std::span<const Span> rows_;
  Cutter cutter_;
  std::vector<Span> variables_;
  std::vector<std::uint32_t> first_;  // variable of each row, and the end
  std::vector<std::uint32_t> shape_of_row_;
  std::vector<Shape> shapes_;
  std::vector<std::uint32_t> shape_slots_;
  std::vector<std::uint16_t> ids_;
  std::vector<std::uint32_t> rows_of_templates_;
  std::vector<Span> values_;
  std::vector<ColumnValues> columns_;
  std::uint64_t raw_rows_ = 0;
};

}  // namespace cordwood::codec::lines

// One block of lines as templates and typed columns, opened over its bytes: everything is checked and decoded when it
// is first asked for. The counterpart of line_encoder.h; bytes: docs/formats/lines.md.
//
// Corrupt bytes give DataLoss that names section and offset. What a call gives out has been checked whole: views,
// ids and positions taken from it need no more checks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "codec/line_column.h"
#include "codec/template_table.h"

namespace cordwood::codec {

namespace lines {
struct JoinedText;
}

// A text of this block: text 0 is the lines. Known without pages.
struct TextInfo {
  std::uint32_t rows = 0;
  TemplateRange templates;                           // numbers in TemplateTable::templates()
  std::span<const std::uint32_t> rows_of_templates;  // one a template of the range
};

// Lines put together again: each followed by one LF, so that the whole buffer can be searched at once. Lines may hold
// LF themselves; only `lines` says where one ends. Views into `buffer`.
struct DecodedLines {
  std::string buffer;
  std::vector<std::string_view> lines;
};

// One thread at a time (it decodes lazily); different LineBlocks, also over the same bytes, are independent.
class LineBlock {
 public:
  // `directory` and `pages` must outlive the block; `pages` may be empty as long as nothing is called that is said to
  // read pages. `object` names the bytes in errors. Offsets in errors are relative to the section named.
  static base::StatusOr<LineBlock> open(std::shared_ptr<const TemplateTable> table, std::string_view directory,
                                        std::string_view pages, std::string_view object);
  ~LineBlock();
  LineBlock(LineBlock&&) noexcept;
  LineBlock& operator=(LineBlock&&) noexcept;

  // Known from the directory alone.
  std::uint32_t rows() const;
  std::uint64_t line_bytes() const;
  // What `pages` must have: for ranged reads.
  std::uint64_t page_bytes() const;
  const TemplateTable& table() const;
  std::size_t text_count() const;
  const TextInfo& text(std::uint32_t text) const;
  const ColumnInfo& column_info(std::uint32_t column) const;

  // Memory of what has been decoded so far and is kept.
  std::size_t kept_bytes() const;

  // Provides the pages of a block that was opened without; must outlive the block.
  void set_pages(std::string_view pages);

  // All below read pages.

  // The template (its number in the table) of each row of `text`. Decoded once, kept.
  base::StatusOr<std::span<const std::uint16_t>> template_ids(std::uint32_t text = 0);
  // The rows of its text in which a column's values stand: value i belongs to row rows_of_column()[i]; ascending.
  // Decoded once, kept.
  base::StatusOr<std::span<const std::uint32_t>> rows_of_column(std::uint32_t column);
  // Decoded once, kept.
  base::StatusOr<const Column*> column(std::uint32_t column);

  // The text of one value of a column of any form, appended to `out`.
  base::Status append_value(std::uint32_t column, std::uint32_t position, std::string& out);
  // One row of `text`, appended to `out`. For a few rows; costs a search per variable.
  base::Status append_row(std::uint32_t text, std::uint32_t row, std::string& out);
  base::Status append_line(std::uint32_t row, std::string& out) { return append_row(0, row, out); }
  // The lines of the rows given (ascending), in `out` one after another. Reads only the columns of their templates.
  base::Status lines_of(std::span<const std::uint32_t> rows, DecodedLines& out);
  // All lines at full speed. Reuses the memory of `out`.
  base::Status decode_all(DecodedLines& out);

  // The strings of a column of form kNested put together, kept: then like kBytes.
  base::StatusOr<StringList> nested_strings(std::uint32_t column);

 private:
  struct State;
  base::Status join(std::uint32_t text, std::uint32_t separator_bytes, lines::JoinedText& out);
  explicit LineBlock(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cordwood::codec

// Templates: the static text of lines, with variables between. One table serves a row group (one or more LineBlocks).
// Bytes: docs/formats/lines.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"

namespace cordwood::codec {

inline constexpr std::uint32_t kNoColumn = 0xffffffff;

// Static text and the variable after it. Only the last piece of a template may be without a variable; no two pieces
// of one template have the same column.
struct TemplatePiece {
  std::string_view text;
  std::uint32_t column = kNoColumn;
};

// A line is the concatenation of each piece's text and the next value of its column. A template of one piece with
// empty text and a column holds lines that follow no pattern ("raw").
struct Template {
  std::span<const TemplatePiece> pieces;
  std::uint64_t static_bytes = 0;
};

// A text is a column of strings cut by templates. Text 0 is the lines; the others are columns of variables that have
// structure of their own (a message inside JSON): ColumnInfo::nested_text names them. Texts own consecutive templates.
struct TemplateRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

// Immutable and thread-safe. Views live as long as the table.
class TemplateTable {
 public:
  // Copies what it needs. `object` names the bytes in errors. DataLoss names section and offset.
  static base::StatusOr<std::shared_ptr<const TemplateTable>> parse(std::string_view bytes, std::string_view object,
                                                                    std::uint64_t base_offset = 0);

  // Of all texts. A template's index here is its number everywhere.
  std::span<const Template> templates() const { return templates_; }
  // At least one.
  std::span<const TemplateRange> texts() const { return texts_; }
  std::uint32_t column_count() const { return static_cast<std::uint32_t>(text_of_column_.size()); }
  // The text whose templates mention the column.
  std::uint32_t text_of_column(std::uint32_t column) const { return text_of_column_[column]; }
  // Text that pages of several blocks have in common, so that each block need not store it. Decompressed when first
  // asked for, and kept: at most 1 MiB. `object` names the bytes in errors.
  bool has_shared_text() const { return shared_raw_bytes_ != 0; }
  base::StatusOr<std::string_view> shared_text(std::string_view object) const;

 private:
  TemplateTable() = default;
  base::Status read(std::string_view raw, std::string_view object);

  std::string raw_;
  std::vector<TemplatePiece> pieces_;
  std::vector<Template> templates_;
  std::vector<TemplateRange> texts_;
  std::vector<std::uint32_t> text_of_column_;
  std::uint64_t shared_raw_bytes_ = 0;
  std::string_view shared_frame_;  // in raw_
  mutable base::Mutex mutex_;
  mutable std::string shared_text_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::codec

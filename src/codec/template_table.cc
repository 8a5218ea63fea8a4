#include "codec/template_table.h"

#include <algorithm>

#include "codec/byte_reader.h"
#include "codec/lines/format.h"
#include "codec/lines/section.h"
#include "codec/zstd.h"

namespace cordwood::codec {

base::StatusOr<std::shared_ptr<const TemplateTable>> TemplateTable::parse(std::string_view bytes,
                                                                          std::string_view object,
                                                                          std::uint64_t base_offset) {
  std::shared_ptr<TemplateTable> table(new TemplateTable);
  std::string name = fmt::format("{}: templates", object);
  ASSIGN_OR_RETURN(std::string raw, lines::read_section(bytes, name, base_offset));
  table->raw_ = std::move(raw);
  RETURN_IF_ERROR(table->read(table->raw_, name));
  return std::shared_ptr<const TemplateTable>(std::move(table));
}

base::Status TemplateTable::read(std::string_view raw, std::string_view object) {
  ByteReader reader(raw, object);
  ASSIGN_OR_RETURN(std::uint64_t columns, reader.varint_up_to(lines::kColumnsMax, "columns"));
  ASSIGN_OR_RETURN(std::uint64_t texts, reader.varint_up_to(lines::kTextsMax, "texts"));
  if (texts == 0) return reader.wrong("texts", 1, 0);
  text_of_column_.assign(columns, kNoColumn);
  std::vector<std::size_t> piece_ends;
  // The template that mentioned a column last.
  std::vector<std::uint32_t> mentioned(columns, kNoColumn);
  for (std::uint32_t t = 0; t < texts; ++t) {
    std::uint64_t left = lines::kTemplatesMax - templates_.size();
    ASSIGN_OR_RETURN(std::uint64_t count, reader.varint_up_to(left, "templates"));
    texts_.push_back({static_cast<std::uint32_t>(templates_.size()), static_cast<std::uint32_t>(count)});
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint32_t number = static_cast<std::uint32_t>(templates_.size());
      Template& made = templates_.emplace_back();
      ASSIGN_OR_RETURN(std::uint64_t pieces, reader.varint_up_to(lines::kVariablesMax + 1, "pieces"));
      for (std::uint64_t p = 0; p < pieces; ++p) {
        TemplatePiece& piece = pieces_.emplace_back();
        ASSIGN_OR_RETURN(piece.text, reader.sized_bytes(lines::kStaticBytesMax, "text of piece"));
        made.static_bytes += piece.text.size();
        ASSIGN_OR_RETURN(std::uint64_t column, reader.varint_up_to(columns, "column of piece"));
        if (column == 0) {
          if (p + 1 != pieces) return reader.wrong("pieces", p + 1, pieces);
          continue;
        }
        piece.column = static_cast<std::uint32_t>(column - 1);
        if (mentioned[piece.column] == number) return reader.wrong("mentions of column", 1, 2);
        mentioned[piece.column] = number;
        std::uint32_t& text = text_of_column_[piece.column];
        if (text != kNoColumn && text != t) return reader.wrong("text of column", text, t);
        text = t;
      }
      piece_ends.push_back(pieces_.size());
    }
  }
  if (reader.left() != 0) {
    ASSIGN_OR_RETURN(shared_raw_bytes_, reader.varint_up_to(lines::kSharedTextMax, "bytes of shared text"));
    if (shared_raw_bytes_ == 0) return reader.wrong("bytes of shared text", 1, 0);
    ASSIGN_OR_RETURN(shared_frame_, reader.bytes(reader.left(), "shared text"));
    if (shared_raw_bytes_ > lines::kRatioMax * shared_frame_.size()) {
      return reader.wrong("bytes of shared text", lines::kRatioMax * shared_frame_.size(), shared_raw_bytes_);
    }
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i < templates_.size(); ++i) {
    templates_[i].pieces = std::span(pieces_).subspan(begin, piece_ends[i] - begin);
    begin = piece_ends[i];
  }
  auto unused = std::ranges::find(text_of_column_, kNoColumn);
  if (unused != text_of_column_.end()) {
    return base::data_loss_error("{}: column {} belongs to no template", object, unused - text_of_column_.begin());
  }
  return base::ok_status();
}

base::StatusOr<std::string_view> TemplateTable::shared_text(std::string_view object) const {
  base::MutexLock lock(mutex_);
  if (shared_text_.empty() && shared_raw_bytes_ != 0) {
    std::string text(shared_raw_bytes_, '\0');
    if (base::Status status = zstd_decompress_exact(shared_frame_, text); !status.ok()) {
      return base::annotate(status, fmt::format("{}: templates: shared text", object));
    }
    shared_text_ = std::move(text);
  }
  return std::string_view(shared_text_);
}

}  // namespace cordwood::codec

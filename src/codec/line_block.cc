#include "codec/line_block.h"

#include <algorithm>
#include <optional>

#include "codec/lines/column_decoder.h"
#include "codec/lines/directory.h"
#include "codec/lines/page_store.h"
#include "codec/lines/section.h"
#include "codec/lines/text_joiner.h"

namespace cordwood::codec {

namespace {

struct DecodedText {
  bool ids_ready = false;
  std::vector<std::uint16_t> ids;
  bool rows_ready = false;  // of rows_of_column of all columns of the text
};

// Where `row` stands in `rows`, which has it. Rows mostly come in order, so it is looked for behind `last` first, in
// growing steps.
std::size_t position_of(std::span<const std::uint32_t> rows, std::uint32_t row, std::size_t last) {
  std::size_t low = last < rows.size() && rows[last] <= row ? last : 0;
  std::size_t step = 1;
  while (low + step < rows.size() && rows[low + step] <= row) {
    low += step;
    step *= 2;
  }
  const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(low);
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(low + step, rows.size()));
  return static_cast<std::size_t>(std::lower_bound(begin, end, row) - rows.begin());
}

struct DecodedColumn {
  bool ready = false;
  Column column;
  std::vector<std::uint32_t> rows;
  std::size_t last_position = 0;  // that append_row found
  bool strings_ready = false;     // nested only
  std::string nested_data;
  std::vector<std::uint32_t> nested_ends;
};

}  // namespace

struct LineBlock::State {
  std::shared_ptr<const TemplateTable> table;
  std::string object;
  std::string raw_directory;
  lines::Directory directory;
  std::vector<TextInfo> texts;
  std::vector<DecodedText> decoded_texts;
  std::vector<DecodedColumn> columns;
  std::optional<lines::PageStore> pages;
  std::optional<std::size_t> kept_bytes;  // until something else is decoded
};

LineBlock::LineBlock(std::unique_ptr<State> state) : state_(std::move(state)) {}
LineBlock::~LineBlock() = default;
LineBlock::LineBlock(LineBlock&&) noexcept = default;
LineBlock& LineBlock::operator=(LineBlock&&) noexcept = default;

base::StatusOr<LineBlock> LineBlock::open(std::shared_ptr<const TemplateTable> table, std::string_view directory,
                                          std::string_view pages, std::string_view object) {
  auto state = std::make_unique<State>();
  state->table = std::move(table);
  state->object = object;
  std::string name = fmt::format("{}: directory", object);
  ASSIGN_OR_RETURN(state->raw_directory, lines::read_section(directory, name, 0));
  ASSIGN_OR_RETURN(state->directory, lines::read_directory(state->raw_directory, *state->table, name));
  const lines::Directory& read = state->directory;
  for (std::size_t i = 0; i < read.texts.size(); ++i) {
    state->texts.push_back({read.texts[i].rows, state->table->texts()[i], read.texts[i].rows_of_templates});
  }
  state->decoded_texts.resize(read.texts.size());
  state->columns.resize(read.columns.size());
  state->pages.emplace(read.pages, read.page_bytes, *state->table, state->object);
  state->pages->set_bytes(pages);
  return LineBlock(std::move(state));
}

std::uint32_t LineBlock::rows() const {
  return state_->texts[0].rows;
}
std::uint64_t LineBlock::line_bytes() const {
  return state_->directory.line_bytes;
}
std::uint64_t LineBlock::page_bytes() const {
  return state_->directory.page_bytes;
}
const TemplateTable& LineBlock::table() const {
  return *state_->table;
}
std::size_t LineBlock::text_count() const {
  return state_->texts.size();
}
const TextInfo& LineBlock::text(std::uint32_t text) const {
  return state_->texts[text];
}
const ColumnInfo& LineBlock::column_info(std::uint32_t column) const {
  return state_->directory.columns[column].info;
}
std::size_t LineBlock::kept_bytes() const {
  if (state_->kept_bytes.has_value()) return *state_->kept_bytes;
  std::size_t bytes = state_->raw_directory.capacity() + state_->pages->kept_bytes();
  for (const DecodedText& text : state_->decoded_texts) bytes += 2 * text.ids.capacity();
  for (const DecodedColumn& column : state_->columns) {
    bytes += sizeof column + column.column.kept_bytes() + 4 * column.rows.capacity() + column.nested_data.capacity() +
             4 * column.nested_ends.capacity();
  }
  state_->kept_bytes = bytes;
  return bytes;
}
void LineBlock::set_pages(std::string_view pages) {
  state_->pages->set_bytes(pages);
}

base::StatusOr<std::span<const std::uint16_t>> LineBlock::template_ids(std::uint32_t text) {
  DecodedText& decoded = state_->decoded_texts[text];
  if (decoded.ids_ready) return std::span<const std::uint16_t>(decoded.ids);
  state_->kept_bytes.reset();
  const lines::TextEntry& entry = state_->directory.texts[text];
  TemplateRange range = state_->texts[text].templates;
  std::vector<std::uint16_t> ids(entry.rows);
  if (entry.has_ids()) {
    ASSIGN_OR_RETURN(std::string_view stream, state_->pages->stream(entry.ids));
    if (base::Status status = lines::read_ids(stream, range.count, std::span(ids)); !status.ok()) {
      return base::annotate(status, fmt::format("{}: template ids of text {}", state_->object, text));
    }
  } else {
    auto only = std::ranges::find_if(entry.rows_of_templates, [](std::uint32_t rows) { return rows != 0; });
    std::ranges::fill(ids, static_cast<std::uint16_t>(only - entry.rows_of_templates.begin()));
  }
  std::vector<std::uint32_t> rows(range.count);
  for (std::uint16_t& id : ids) {
    ++rows[id];
    id = static_cast<std::uint16_t>(id + range.first);
  }
  for (std::uint32_t i = 0; i < range.count; ++i) {
    if (rows[i] == entry.rows_of_templates[i]) continue;
    return base::data_loss_error("{}: template ids of text {}: template {}: wanted {} rows, found {}", state_->object,
                                 text, range.first + i, entry.rows_of_templates[i], rows[i]);
  }
  decoded.ids = std::move(ids);
  decoded.ids_ready = true;
  return std::span<const std::uint16_t>(decoded.ids);
}

base::StatusOr<std::span<const std::uint32_t>> LineBlock::rows_of_column(std::uint32_t column) {
  std::uint32_t text = state_->table->text_of_column(column);
  DecodedText& decoded = state_->decoded_texts[text];
  if (!decoded.rows_ready) {
    ASSIGN_OR_RETURN(std::span<const std::uint16_t> ids, template_ids(text));
    state_->kept_bytes.reset();
    std::span<const Template> templates = state_->table->templates();
    for (std::uint32_t row = 0; row < ids.size(); ++row) {
      for (const TemplatePiece& piece : templates[ids[row]].pieces) {
        if (piece.column != kNoColumn) state_->columns[piece.column].rows.push_back(row);
      }
    }
    decoded.rows_ready = true;
  }
  return std::span<const std::uint32_t>(state_->columns[column].rows);
}

base::StatusOr<const Column*> LineBlock::column(std::uint32_t column) {
  DecodedColumn& decoded = state_->columns[column];
  if (decoded.ready) return &decoded.column;
  state_->kept_bytes.reset();
  const lines::ColumnEntry& entry = state_->directory.columns[column];
  ColumnDecoder::Streams streams;
  for (std::uint32_t i = 0; i < lines::stream_count(entry); ++i) {
    ASSIGN_OR_RETURN(streams[i], state_->pages->stream(entry.streams[i]));
  }
  if (base::Status status = ColumnDecoder::decode(entry, streams, decoded.column); !status.ok()) {
    const lines::StreamEntry& first = entry.streams[0];
    return base::annotate(status, fmt::format("{}: pages: column {} in page {} at offset {} of its raw contents",
                                              state_->object, column, first.page, first.offset));
  }
  decoded.ready = true;
  return &decoded.column;
}

base::Status LineBlock::append_value(std::uint32_t column_index, std::uint32_t position, std::string& out) {
  const ColumnInfo& info = column_info(column_index);
  if (info.form == ColumnForm::kNested) return append_row(info.nested_text, position, out);
  ASSIGN_OR_RETURN(const Column* decoded, column(column_index));
  decoded->append_value(position, out);
  return base::ok_status();
}

base::Status LineBlock::append_row(std::uint32_t text, std::uint32_t row, std::string& out) {
  ASSIGN_OR_RETURN(std::span<const std::uint16_t> ids, template_ids(text));
  for (const TemplatePiece& piece : state_->table->templates()[ids[row]].pieces) {
    out.append(piece.text);
    if (piece.column == kNoColumn) continue;
    ASSIGN_OR_RETURN(std::span<const std::uint32_t> rows, rows_of_column(piece.column));
    std::size_t& last = state_->columns[piece.column].last_position;
    last = position_of(rows, row, last);
    RETURN_IF_ERROR(append_value(piece.column, static_cast<std::uint32_t>(last), out));
  }
  return base::ok_status();
}

base::Status LineBlock::lines_of(std::span<const std::uint32_t> rows, DecodedLines& out) {
  out.buffer.clear();
  out.lines.clear();
  std::vector<std::size_t> ends;
  ends.reserve(rows.size());
  for (std::uint32_t row : rows) {
    RETURN_IF_ERROR(append_row(0, row, out.buffer));
    ends.push_back(out.buffer.size());
    out.buffer.push_back('\n');
  }
  std::size_t begin = 0;
  for (std::size_t end : ends) {
    out.lines.push_back(std::string_view(out.buffer).substr(begin, end - begin));
    begin = end + 1;
  }
  return base::ok_status();
}

base::Status LineBlock::join(std::uint32_t text, std::uint32_t separator_bytes, lines::JoinedText& out) {
  ASSIGN_OR_RETURN(std::span<const std::uint16_t> ids, template_ids(text));
  std::vector<lines::JoinSource> sources(state_->columns.size());
  for (std::uint32_t i = 0; i < sources.size(); ++i) {
    lines::JoinSource& source = sources[i];
    source.info = column_info(i);
    source.form = source.info.form;
    bool used = source.info.count != 0 && state_->table->text_of_column(i) == text;
    if (!used) {
      source = {};
    } else if (source.form == ColumnForm::kNested) {
      ASSIGN_OR_RETURN(source.strings, nested_strings(i));
    } else {
      ASSIGN_OR_RETURN(const Column* decoded, column(i));
      source.integers = decoded->integers();
      source.ids = decoded->ids();
      source.strings = decoded->strings();
    }
  }
  base::Status status = lines::join_text(state_->table->templates(), ids, sources, separator_bytes, line_bytes(), out);
  return status.ok() ? status : base::annotate(status, fmt::format("{}: text {}", state_->object, text));
}

base::Status LineBlock::decode_all(DecodedLines& out) {
  lines::JoinedText joined;
  joined.data = std::move(out.buffer);
  base::Status status = join(0, 1, joined);
  out.buffer = std::move(joined.data);
  RETURN_IF_ERROR(status);
  std::uint64_t found = out.buffer.size() - rows();
  if (found != line_bytes()) {
    return base::data_loss_error("{}: lines: wanted {} bytes, found {}", state_->object, line_bytes(), found);
  }
  out.lines.resize(rows());
  std::size_t begin = 0;
  for (std::size_t i = 0; i < out.lines.size(); ++i) {
    out.lines[i] = std::string_view(out.buffer.data() + begin, joined.ends[i] - begin);
    begin = joined.ends[i] + 1;
  }
  return base::ok_status();
}

base::StatusOr<StringList> LineBlock::nested_strings(std::uint32_t column) {
  DecodedColumn& decoded = state_->columns[column];
  if (!decoded.strings_ready) {
    state_->kept_bytes.reset();
    lines::JoinedText joined;
    RETURN_IF_ERROR(join(column_info(column).nested_text, 0, joined));
    decoded.nested_data = std::move(joined.data);
    decoded.nested_ends = std::move(joined.ends);
    decoded.strings_ready = true;
  }
  return StringList(decoded.nested_data.data(), decoded.nested_ends);
}

}  // namespace cordwood::codec

#include "codec/line_encoder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "codec/lines/column_writer.h"
#include "codec/lines/page_writer.h"
#include "codec/lines/section.h"
#include "codec/lines/table_builder.h"
#include "codec/lines/text_cut.h"
#include "codec/zstd.h"

namespace cordwood::codec {

namespace {

constexpr int kFlushZstdLevel = 3;
constexpr int kCompactionZstdLevel = 16;

// How often columns are cut into templates and columns again.
constexpr std::size_t kDepthMax = 2;

// A block that is not shortened by more than this is tried without templates.
constexpr std::uint64_t kSuspiciousRatio = 6;

// The template of rows that follow none.
constexpr lines::TableBuilder::Part kWhole[] = {{"", lines::TableBuilder::Kind::kRest, ""}};

struct PendingText {
  std::vector<std::uint32_t> rows_of_templates;
  std::uint32_t rows = 0;
  std::string ids;
};

// A block whose directory waits for the last templates of the row group.
struct PendingBlock {
  lines::Directory directory;
  std::vector<std::string> constants;
};

}  // namespace

void EncodedLines::clear() {
  templates.clear();
  blocks.clear();
  raw_rows = 0;
}

struct LineEncoder::State {
  explicit State(const LineEncoderOptions& options)
      : compressor(options.level == LineEncoderLevel::kFlush ? kFlushZstdLevel : kCompactionZstdLevel) {}

  void join_lines(std::span<const std::string_view> lines);
  void cut_text(std::span<const lines::Span> text_rows, std::uint32_t text, std::size_t depth, EncodedLines& out);
  bool nest(std::span<const lines::Span> values, std::uint32_t column, std::size_t depth, EncodedLines& out);
  // `alone`: no other block has the same table.
  PendingBlock encode_block(std::span<const std::string_view> lines, bool alone, EncodedLines& out);
  void keep_whole();
  void place_streams(PendingBlock& block, std::string& pages);
  void write_directory(PendingBlock& block, std::string& out);

  ZstdCompressor compressor;
  lines::TableBuilder table;
  std::array<lines::TextCut, kDepthMax + 1> cuts;
  lines::ColumnWriter column_writer;
  lines::LineBuffer buffer;
  std::vector<lines::Span> rows;
  std::vector<PendingText> texts;
  std::vector<lines::PendingColumn> columns;
};

LineEncoder::LineEncoder(const LineEncoderOptions& options) : state_(std::make_unique<State>(options)) {}
LineEncoder::~LineEncoder() = default;
LineEncoder::LineEncoder(LineEncoder&&) noexcept = default;
LineEncoder& LineEncoder::operator=(LineEncoder&&) noexcept = default;

void LineEncoder::State::join_lines(std::span<const std::string_view> lines) {
  std::uint64_t bytes = 0;
  for (std::string_view line : lines) bytes += line.size();
  CHECK(!lines.empty() && lines.size() <= kLineBlockRowsMax);
  CHECK(bytes <= (lines.size() == 1 ? kLineBytesMax : kLineBlockBytesMax));
  buffer.size = bytes;
  if (buffer.bytes.size() < bytes + lines::ByteClasses::kPadding) {
    buffer.bytes.resize(bytes + lines::ByteClasses::kPadding);
  }
  rows.clear();
  std::uint32_t begin = 0;
  for (std::string_view line : lines) {
    if (!line.empty()) std::memcpy(buffer.bytes.data() + begin, line.data(), line.size());
    rows.push_back({begin, static_cast<std::uint32_t>(line.size()) & 0x7fffffff, 0});
    begin = rows.back().end();
  }
  buffer.classes.classify({buffer.bytes.data(), buffer.size});
}

void LineEncoder::State::cut_text(std::span<const lines::Span> text_rows, std::uint32_t text, std::size_t depth,
                                  EncodedLines& out) {
  lines::TextCut& cut = cuts[depth];
  cut.run(buffer, text_rows, text, table);
  if (text == 0) out.raw_rows += cut.raw_rows();
  texts.resize(table.text_count());
  PendingText& pending = texts[text];
  pending.rows = static_cast<std::uint32_t>(text_rows.size());
  pending.rows_of_templates.assign(cut.rows_of_templates().begin(), cut.rows_of_templates().end());
  lines::append_ids(cut.ids(), pending.rows_of_templates.size(), pending.ids);
  columns.resize(table.column_count());
  for (const lines::TextCut::ColumnValues& column : cut.columns()) {
    column_writer.write(buffer.bytes.data(), column.values, columns[column.column]);
    if (!column.rest && depth < kDepthMax && lines::ColumnWriter::may_nest(columns[column.column].entry)) {
      nest(column.values, column.column, depth, out);
    }
  }
}

bool LineEncoder::State::nest(std::span<const lines::Span> values, std::uint32_t column, std::size_t depth,
                              EncodedLines& out) {
  std::uint32_t text = table.nested_text(column);
  if (text == 0) return false;
  cut_text(values, text, depth + 1, out);
  lines::PendingColumn& pending = columns[column];
  pending.entry.encoding = lines::Encoding::kNested;
  pending.entry.info.nested_text = text;
  for (std::string& stream : pending.streams) stream.clear();
  return true;
}

PendingBlock LineEncoder::State::encode_block(std::span<const std::string_view> lines, bool alone, EncodedLines& out) {
  join_lines(lines);
  texts.clear();
  columns.clear();
  std::uint64_t raw_before = out.raw_rows;
  cut_text(rows, 0, 0, out);
  PendingBlock block;
  block.directory.line_bytes = buffer.size;
  std::string& pages = out.blocks.emplace_back().pages;
  place_streams(block, pages);
  if (pages.size() * kSuspiciousRatio < buffer.size) return block;
  // Cutting such lines may have made them longer: whole, they are at least as short as zstd makes them.
  PendingBlock whole;
  whole.directory.line_bytes = buffer.size;
  std::string whole_pages;
  keep_whole();
  place_streams(whole, whole_pages);
  if (whole_pages.size() >= pages.size()) return block;
  pages = std::move(whole_pages);
  out.raw_rows = raw_before + rows.size();
  if (alone) {
    table.clear();
    table.add_text();
    whole.directory.texts.resize(1);
    whole.directory.texts[0].rows_of_templates = {static_cast<std::uint32_t>(rows.size())};
    whole.directory.columns = {whole.directory.columns.back()};
    whole.constants = {whole.constants.back()};
    table.intern(0, kWhole, "");
  }
  return whole;
}

void LineEncoder::State::keep_whole() {
  std::uint32_t number = table.intern(0, kWhole, "");
  CHECK(number != lines::TableBuilder::kRefused);
  std::uint32_t column = table.shapes(0)[number].columns[0];
  texts.assign(table.text_count(), {});
  texts[0].rows = static_cast<std::uint32_t>(rows.size());
  texts[0].rows_of_templates.resize(number + 1);
  texts[0].rows_of_templates[number] = texts[0].rows;
  // Nothing stands behind its column: a table of this block alone is made by leaving the others out.
  columns.clear();
  columns.resize(column + 1);
  column_writer.write_strings(buffer.bytes.data(), rows, columns[column]);
}

void LineEncoder::State::place_streams(PendingBlock& block, std::string& pages) {
  lines::PageWriter writer(compressor);
  for (PendingText& text : texts) {
    lines::TextEntry& entry = block.directory.texts.emplace_back();
    entry.rows = text.rows;
    entry.rows_of_templates = std::move(text.rows_of_templates);
    if (entry.has_ids()) entry.ids = writer.add(text.ids, lines::PageWriter::Kin::kShort);
  }
  for (lines::PendingColumn& column : columns) {
    for (std::uint32_t i = 0; i < lines::stream_count(column.entry); ++i) {
      column.entry.streams[i] = writer.add(column.streams[i], column.kin(i));
    }
    block.directory.columns.push_back(column.entry);
    block.constants.push_back(std::move(column.constant));
  }
  block.directory.pages = writer.finish(pages);
}

void LineEncoder::State::write_directory(PendingBlock& block, std::string& out) {
  lines::Directory& directory = block.directory;
  directory.texts.resize(table.text_count());
  for (std::uint32_t i = 0; i < directory.texts.size(); ++i) {
    directory.texts[i].rows_of_templates.resize(table.shapes(i).size());
  }
  for (std::size_t i = 0; i < block.constants.size(); ++i) directory.columns[i].info.constant = block.constants[i];
  directory.columns.resize(table.column_count());
  std::string raw;
  lines::write_directory(directory, raw);
  lines::append_section(raw, compressor, out);
}

void LineEncoder::encode(std::span<const std::string_view> lines, EncodedLines& out) {
  encode_group(std::span(&lines, 1), out);
}

void LineEncoder::encode_group(std::span<const std::span<const std::string_view>> blocks, EncodedLines& out) {
  out.clear();
  state_->table.clear();
  state_->table.add_text();
  std::vector<PendingBlock> pending;
  for (std::span<const std::string_view> lines : blocks) {
    pending.push_back(state_->encode_block(lines, blocks.size() == 1, out));
  }
  for (std::size_t i = 0; i < pending.size(); ++i) state_->write_directory(pending[i], out.blocks[i].directory);
  std::string raw;
  state_->table.write(raw);
  lines::append_section(raw, state_->compressor, out.templates);
  // What one huge line needed is not kept.
  if (state_->buffer.bytes.size() > 2 * kLineBlockBytesMax) state_->buffer = {};
}

}  // namespace cordwood::codec

#include "codec/line_encoder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "codec/lines/column_writer.h"
#include "codec/lines/page_writer.h"
#include "codec/lines/section.h"
#include "codec/lines/shared_text.h"
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

// A block that has been cut, before its streams have places.
struct CutBlock {
  std::vector<PendingText> texts;
  std::vector<lines::PendingColumn> columns;
  std::uint64_t line_bytes = 0;
  std::uint64_t raw_rows = 0;
  bool whole = false;  // rows without a pattern, one column
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
      : compressor(options.level == LineEncoderLevel::kFlush ? kFlushZstdLevel : kCompactionZstdLevel),
        column_writer(options.level == LineEncoderLevel::kCompaction) {}

  void join_lines(std::span<const std::string_view> lines);
  // False if the lines are better kept whole.
  bool cut_text(std::span<const lines::Span> text_rows, std::uint32_t text, std::size_t depth);
  bool nest(std::span<const lines::Span> values, std::uint32_t column, std::size_t depth);
  CutBlock cut_block(std::span<const std::string_view> lines);
  // The lines in the buffer, without a pattern.
  CutBlock keep_whole();
  void collect_shared_text(const CutBlock& block);
  // `alone`: no other block has the same table.
  PendingBlock place_block(std::span<const std::string_view> lines, CutBlock cut, bool alone, EncodedLines& out);
  PendingBlock place_streams(CutBlock cut, std::string& pages);
  void write_directory(PendingBlock& placed, std::string& out);
  void write_templates(std::string& out);

  ZstdCompressor compressor;
  lines::TableBuilder table;
  std::array<lines::TextCut, kDepthMax + 1> cuts;
  lines::ColumnWriter column_writer;
  lines::SharedText shared;
  std::string shared_text;  // of the row group, once all its blocks have been cut
  lines::LineBuffer buffer;
  std::vector<lines::Span> rows;
  CutBlock block;  // being cut
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

bool LineEncoder::State::cut_text(std::span<const lines::Span> text_rows, std::uint32_t text, std::size_t depth) {
  lines::TextCut& cut = cuts[depth];
  if (!cut.run(buffer, text_rows, text, table)) return false;
  if (text == 0) block.raw_rows = cut.raw_rows();
  block.texts.resize(table.text_count());
  PendingText& pending = block.texts[text];
  pending.rows = static_cast<std::uint32_t>(text_rows.size());
  pending.rows_of_templates.assign(cut.rows_of_templates().begin(), cut.rows_of_templates().end());
  lines::append_ids(cut.ids(), pending.rows_of_templates.size(), pending.ids);
  block.columns.resize(table.column_count());
  for (const lines::TextCut::ColumnValues& column : cut.columns()) {
    column_writer.write(buffer.bytes.data(), column.values, block.columns[column.column]);
    if (!column.rest && depth < kDepthMax && lines::ColumnWriter::may_nest(block.columns[column.column].entry)) {
      nest(column.values, column.column, depth);
    }
  }
  return true;
}

bool LineEncoder::State::nest(std::span<const lines::Span> values, std::uint32_t column, std::size_t depth) {
  std::uint32_t text = table.nested_text(column);
  if (text == 0) return false;
  cut_text(values, text, depth + 1);
  lines::PendingColumn& pending = block.columns[column];
  pending.entry.encoding = lines::Encoding::kNested;
  pending.entry.info.nested_text = text;
  for (std::string& stream : pending.streams) stream.clear();
  return true;
}

CutBlock LineEncoder::State::cut_block(std::span<const std::string_view> lines) {
  join_lines(lines);
  block = {};
  block.line_bytes = buffer.size;
  if (!cut_text(rows, 0, 0)) return keep_whole();
  return std::exchange(block, {});
}

CutBlock LineEncoder::State::keep_whole() {
  std::uint32_t number = table.intern(0, kWhole, "");
  CHECK(number != lines::TableBuilder::kRefused);
  std::uint32_t column = table.shapes(0)[number].columns[0];
  CutBlock whole;
  whole.whole = true;
  whole.line_bytes = buffer.size;
  whole.raw_rows = rows.size();
  whole.texts.resize(table.text_count());
  whole.texts[0].rows = static_cast<std::uint32_t>(rows.size());
  whole.texts[0].rows_of_templates.resize(number + 1);
  whole.texts[0].rows_of_templates[number] = whole.texts[0].rows;
  // Nothing stands behind its column: a table of this block alone is made by leaving the others out.
  whole.columns.resize(column + 1);
  column_writer.write_strings(buffer.bytes.data(), rows, whole.columns[column]);
  return whole;
}

void LineEncoder::State::collect_shared_text(const CutBlock& cut) {
  shared.begin_block();
  for (const lines::PendingColumn& column : cut.columns) {
    for (std::uint32_t i = 0; i < lines::stream_count(column.entry); ++i) {
      if (column.kin(i) == lines::PageWriter::Kin::kText) shared.add(column.streams[i]);
    }
  }
}

PendingBlock LineEncoder::State::place_block(std::span<const std::string_view> lines, CutBlock cut, bool alone,
                                             EncodedLines& out) {
  std::uint64_t line_bytes = cut.line_bytes;
  std::uint64_t raw_rows = cut.raw_rows;
  bool suspicious = !cut.whole;
  std::string& pages = out.blocks.emplace_back().pages;
  PendingBlock placed = place_streams(std::move(cut), pages);
  out.raw_rows += raw_rows;
  if (!suspicious || pages.size() * kSuspiciousRatio < line_bytes) return placed;
  // Cutting such lines may have made them longer: whole, they are at least as short as zstd makes them.
  if (!alone) join_lines(lines);
  std::string whole_pages;
  PendingBlock whole = place_streams(keep_whole(), whole_pages);
  if (whole_pages.size() >= pages.size()) return placed;
  pages = std::move(whole_pages);
  out.raw_rows += lines.size() - raw_rows;
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

PendingBlock LineEncoder::State::place_streams(CutBlock cut, std::string& pages) {
  PendingBlock placed;
  placed.directory.line_bytes = cut.line_bytes;
  lines::PageWriter writer(compressor, shared_text);
  for (PendingText& text : cut.texts) {
    lines::TextEntry& entry = placed.directory.texts.emplace_back();
    entry.rows = text.rows;
    entry.rows_of_templates = std::move(text.rows_of_templates);
    if (entry.has_ids()) entry.ids = writer.add(text.ids, lines::PageWriter::Kin::kShort);
  }
  for (lines::PendingColumn& column : cut.columns) {
    for (std::uint32_t i = 0; i < lines::stream_count(column.entry); ++i) {
      column.entry.streams[i] = writer.add(column.streams[i], column.kin(i));
    }
    placed.directory.columns.push_back(column.entry);
    placed.constants.push_back(std::move(column.constant));
  }
  placed.directory.pages = writer.finish(pages);
  return placed;
}

void LineEncoder::State::write_directory(PendingBlock& placed, std::string& out) {
  lines::Directory& directory = placed.directory;
  directory.texts.resize(table.text_count());
  for (std::uint32_t i = 0; i < directory.texts.size(); ++i) {
    directory.texts[i].rows_of_templates.resize(table.shapes(i).size());
  }
  for (std::size_t i = 0; i < placed.constants.size(); ++i) directory.columns[i].info.constant = placed.constants[i];
  directory.columns.resize(table.column_count());
  std::string raw;
  lines::write_directory(directory, raw);
  lines::append_section(raw, compressor, out);
}

void LineEncoder::State::write_templates(std::string& out) {
  std::string frame;
  if (!shared_text.empty()) compressor.append_frame(shared_text, frame);
  std::string raw;
  table.write(shared_text.size(), frame, raw);
  lines::append_section(raw, compressor, out);
}

void LineEncoder::encode(std::span<const std::string_view> lines, EncodedLines& out) {
  encode_group(std::span(&lines, 1), out);
}

void LineEncoder::encode_group(std::span<const std::span<const std::string_view>> blocks, EncodedLines& out) {
  out.clear();
  state_->table.clear();
  state_->table.add_text();
  bool alone = blocks.size() == 1;
  std::vector<CutBlock> cut;
  for (std::span<const std::string_view> lines : blocks) {
    cut.push_back(state_->cut_block(lines));
    if (!alone) state_->collect_shared_text(cut.back());
  }
  state_->shared_text = state_->shared.text();
  state_->shared.clear();
  std::vector<PendingBlock> placed;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    placed.push_back(state_->place_block(blocks[i], std::move(cut[i]), alone, out));
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) state_->write_directory(placed[i], out.blocks[i].directory);
  state_->write_templates(out.templates);
  state_->shared_text = {};
  // What one huge line needed is not kept.
  if (state_->buffer.bytes.size() > 2 * kLineBlockBytesMax) state_->buffer = {};
}

}  // namespace cordwood::codec

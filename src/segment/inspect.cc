#include "segment/inspect.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "codec/line_block.h"
#include "segment/dump.h"
#include "segment/pages/dump.h"
#include "segment/reader.h"
#include "segment/trailer.h"
#include "segment/v2/format.h"
#include "segment/v2/open.h"

namespace cordwood::segment {
namespace {

using pages::append_text_line;

// One variable, summed over the blocks of its group.
struct ColumnSum {
  std::size_t group = 0;
  std::uint32_t column = 0;
  std::uint64_t values = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t stored_bytes = 0;
  codec::ColumnForm form = codec::ColumnForm::kConstant;
  std::string example;
};

struct TemplateSum {
  std::string text;
  std::uint64_t rows = 0;
  std::string example;
};

std::string_view name_of(codec::ColumnForm form) {
  static constexpr std::string_view kNames[] = {"?", "constant", "integers", "dictionary", "strings", "nested"};
  const auto index = static_cast<std::size_t>(form);
  return index < std::size(kNames) ? kNames[index] : kNames[0];
}

std::string text_of(const codec::Template& lines) {
  std::string text;
  for (const codec::TemplatePiece& piece : lines.pieces) {
    text += piece.text;
    if (piece.column != codec::kNoColumn) text += fmt::format("<{}>", piece.column);
  }
  return text;
}

std::string quoted(std::string_view text, std::size_t bytes_max) {
  std::string out;
  core::append_go_quoted(out, text.substr(0, bytes_max));
  if (text.size() > bytes_max) out += "...";
  return out;
}

class Inspector {
 public:
  Inspector(const v2::Tables& tables, InspectOptions options) : tables_(tables), options_(options) {}

  base::Status add(std::size_t index, const BlockRows& rows) {
    ASSIGN_OR_RETURN(codec::LineBlock block, rows.encoded->open());
    const std::size_t group = tables_.index.blocks[index].group;
    RETURN_IF_ERROR(add_templates(block));
    for (std::uint32_t column = 0; column < block.table().column_count(); ++column) {
      const codec::ColumnInfo& info = block.column_info(column);
      if (info.count == 0) continue;
      ColumnSum& sum = columns_[{group, column}];
      sum.group = group;
      sum.column = column;
      sum.values += info.count;
      sum.raw_bytes += info.raw_bytes;
      sum.stored_bytes += info.stored_bytes;
      sum.form = info.form;
      if (sum.example.empty()) RETURN_IF_ERROR(block.append_value(column, info.count / 2, sum.example));
    }
    return base::ok_status();
  }

  void append(std::string& out) {
    append_sections(out);
    append_templates(out);
    append_columns(out);
  }

 private:
  base::Status add_templates(codec::LineBlock& block) {
    ASSIGN_OR_RETURN(const std::span<const std::uint16_t> ids, block.template_ids());
    std::map<std::uint16_t, std::uint32_t> first_rows;
    for (std::uint32_t row = 0; row < ids.size(); ++row) first_rows.emplace(ids[row], row);
    for (const auto& [id, row] : first_rows) {
      std::string text = text_of(block.table().templates()[id]);
      TemplateSum& sum = templates_[text];
      sum.rows += block.text(0).rows_of_templates[id - block.text(0).templates.first];
      if (!sum.example.empty()) continue;
      RETURN_IF_ERROR(block.append_line(row, sum.example));
      sum.text = std::move(text);
    }
    return base::ok_status();
  }

  void append_section(std::string_view name, std::uint64_t bytes, std::string& out) const {
    const std::uint64_t all = tables_.common.footer_offset;
    append_text_line(out, "  {:<12} {:>12} {:>6.2f} %", name, bytes,
                     100.0 * static_cast<double>(bytes) / static_cast<double>(all));
  }

  void append_sections(std::string& out) const {
    append_text_line(out, "sections {:>16} bytes, {} of lines", tables_.common.footer_offset,
                     tables_.common.summary.line_bytes);
    std::uint64_t lines = 0;
    std::uint64_t directories = 0;
    std::uint64_t filters = 0;
    std::array<std::uint64_t, pages::kPagesPerBlock> columns{};
    for (const v2::BlockEntry& block : tables_.index.blocks) {
      lines += block.line_bytes;
      directories += block.directory_bytes;
      filters += block.filter_bytes;
      for (std::size_t i = 0; i < columns.size(); ++i) columns[i] += block.columns.pages[i].stored_bytes;
    }
    std::uint64_t templates = 0;
    for (const v2::GroupEntry& group : tables_.index.groups) templates += group.templates_bytes;
    append_section("lines", lines, out);
    for (std::size_t i = 0; i < columns.size(); ++i) append_section(pages::kPageNames[i], columns[i], out);
    append_section("templates", templates, out);
    append_section("directories", directories, out);
    append_section("filters", filters, out);
    append_section("rollup", tables_.rollup.stored_bytes, out);
    for (std::size_t i = 0; i < pages::kTables; ++i) {
      append_section(pages::kTableNames[i], tables_.common.entries[i].stored_bytes, out);
    }
  }

  void append_templates(std::string& out) const {
    std::vector<const TemplateSum*> order;
    for (const auto& [text, sum] : templates_) order.push_back(&sum);
    std::stable_sort(order.begin(), order.end(),
                     [](const TemplateSum* a, const TemplateSum* b) { return a->rows > b->rows; });
    pages::append_entries("templates", order.size(), options_.templates_max, out, [&](std::size_t i) {
      append_text_line(out, "  rows={} {}", order[i]->rows, quoted(order[i]->text, options_.example_bytes_max));
      append_text_line(out, "    for example {}", quoted(order[i]->example, options_.example_bytes_max));
    });
  }

  void append_columns(std::string& out) const {
    std::vector<const ColumnSum*> order;
    for (const auto& [key, sum] : columns_) order.push_back(&sum);
    std::stable_sort(order.begin(), order.end(),
                     [](const ColumnSum* a, const ColumnSum* b) { return a->stored_bytes > b->stored_bytes; });
    pages::append_entries("columns", order.size(), options_.columns_max, out, [&](std::size_t i) {
      const ColumnSum& sum = *order[i];
      append_text_line(out, "  stored={} raw={} values={} bytes_a_value={:.2f} form={} group={} column={} example={}",
                       sum.stored_bytes, sum.raw_bytes, sum.values,
                       static_cast<double>(sum.stored_bytes) / static_cast<double>(sum.values), name_of(sum.form),
                       sum.group, sum.column, quoted(sum.example, options_.example_bytes_max));
    });
  }

  const v2::Tables& tables_;
  const InspectOptions options_;
  std::map<std::string, TemplateSum> templates_;
  std::map<std::pair<std::size_t, std::uint32_t>, ColumnSum> columns_;
};

}  // namespace

base::Task<base::StatusOr<std::string>> inspect_segment(std::shared_ptr<ByteSource> source, InspectOptions options) {
  base::StatusOr<Tail> tail = co_await read_tail(source);
  if (!tail.ok()) co_return tail.status();
  if (tail->trailer.version != v2::kVersion) {
    const DumpOptions sections;
    base::StatusOr<std::string> dump = co_await dump_segment(std::move(source), sections);
    co_return dump;
  }
  base::StatusOr<v2::Tables> tables = co_await v2::read_tables(source, tail->trailer, tail->bytes);
  if (!tables.ok()) co_return tables.status();
  base::StatusOr<std::shared_ptr<const Part>> part = co_await open_segment(source);
  if (!part.ok()) co_return part.status();
  Inspector inspector(*tables, options);
  Columns columns;
  columns.encoded_lines = true;
  for (std::size_t i = 0; i < (*part)->blocks().size(); ++i) {
    base::StatusOr<std::shared_ptr<const BlockRows>> rows = co_await (*part)->read_block(i, columns);
    if (!rows.ok()) co_return rows.status();
    base::Status status = inspector.add(i, **rows);
    if (!status.ok()) co_return status;
  }
  std::string out = fmt::format("segment {} version={} rows={} blocks={} groups={} streams={}\n", source->name(),
                                tail->trailer.version, tables->common.summary.records, tables->index.blocks.size(),
                                tables->index.groups.size(), tables->common.streams.size());
  inspector.append(out);
  co_return out;
}

}  // namespace cordwood::segment

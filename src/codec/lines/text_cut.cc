#include "codec/lines/text_cut.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/hash_map.h"
#include "codec/lines/format.h"
#include "codec/lines/word_set.h"
#include "codec/template_table.h"

namespace cordwood::codec::lines {

namespace {

// Rows that a template needs for paying its text and its columns' entries in the directory.
constexpr std::uint32_t kRowsMin = 48;
// Of all rows of a text together; bounds memory. Afterwards each row is one variable.
constexpr std::uint32_t kTextVariablesMax = 2u << 20;

}  // namespace

bool TextCut::run(const LineBuffer& buffer, std::span<const Span> rows, std::uint32_t text, TableBuilder& table) {
  buffer_ = &buffer;
  rows_ = rows;
  raw_rows_ = 0;
  cutter_.learn(buffer, rows);
  if (text == 0 && is_hopeless()) return false;
  find_shapes(kTextVariablesMax);
  choose_templates(text, table);
  fill_columns(text, table);
  return true;
}

bool TextCut::is_hopeless() {
  constexpr std::size_t kSampleRows = 512;
  constexpr std::uint32_t kBeginning = 4;  // variables
  if (rows_.size() < 2 * kSampleRows) return false;
  std::size_t step = rows_.size() / kSampleRows;
  base::IntegerSet<std::uint64_t> seen;
  std::size_t like_others = 0;
  for (std::size_t i = 0; i < kSampleRows; ++i) {
    Span row = rows_[i * step];
    variables_.clear();
    std::uint64_t shape = cutter_.cut(*buffer_, row, kVariablesMax, variables_);
    bool like = !seen.insert(shape).second;
    if (variables_.size() >= kBeginning) {
      std::uint64_t beginning = 0x51ed270b;
      std::uint32_t begin = row.begin;
      for (Span variable : std::span(variables_).first(kBeginning)) {
        beginning = next_hash(beginning, word_hash(bytes() + begin, variable.begin - begin) + variable.time);
        begin = variable.end();
      }
      like = !seen.insert(beginning).second || like;
    }
    like_others += like ? 1 : 0;
  }
  return like_others * 20 < kSampleRows;
}

std::string_view TextCut::text_before(std::size_t row, std::uint32_t variable) const {
  std::span<const Span> vars = variables(row);
  std::uint32_t begin = variable == 0 ? rows_[row].begin : vars[variable - 1].end();
  std::uint32_t end = variable == vars.size() ? rows_[row].end() : vars[variable].begin;
  return {bytes() + begin, end - begin};
}

bool TextCut::same_shape(std::size_t a, std::size_t b) const {
  std::span<const Span> x = variables(a);
  std::span<const Span> y = variables(b);
  if (x.size() != y.size()) return false;
  std::uint32_t x_begin = rows_[a].begin;
  std::uint32_t y_begin = rows_[b].begin;
  for (std::size_t i = 0; i < x.size(); ++i) {
    std::uint32_t length = x[i].begin - x_begin;
    if (length != y[i].begin - y_begin || x[i].time != y[i].time) return false;
    if (!same_bytes(bytes() + x_begin, bytes() + y_begin, length)) return false;
    x_begin = x[i].end();
    y_begin = y[i].end();
  }
  std::uint32_t length = rows_[a].end() - x_begin;
  return length == rows_[b].end() - y_begin && same_bytes(bytes() + x_begin, bytes() + y_begin, length);
}

std::uint32_t TextCut::shape_of(std::size_t row, std::uint64_t hash) {
  if (shapes_.size() * 2 >= shape_slots_.size()) {
    shape_slots_.assign(std::max<std::size_t>(1'024, shape_slots_.size() * 4), kNoColumn);
    for (std::uint32_t s = 0; s < shapes_.size(); ++s) {
      std::size_t i = shapes_[s].hash & (shape_slots_.size() - 1);
      while (shape_slots_[i] != kNoColumn) i = (i + 1) & (shape_slots_.size() - 1);
      shape_slots_[i] = s;
    }
  }
  std::size_t i = hash & (shape_slots_.size() - 1);
  for (; shape_slots_[i] != kNoColumn; i = (i + 1) & (shape_slots_.size() - 1)) {
    const Shape& shape = shapes_[shape_slots_[i]];
    if (shape.hash == hash && same_shape(shape.row, row)) return shape_slots_[i];
  }
  shape_slots_[i] = static_cast<std::uint32_t>(shapes_.size());
  shapes_.push_back({.hash = hash,
                     .row = static_cast<std::uint32_t>(row),
                     .variables = static_cast<std::uint32_t>(variables(row).size())});
  return shape_slots_[i];
}

void TextCut::find_shapes(std::uint32_t variables_left) {
  variables_.clear();
  first_.assign(1, 0);
  shape_of_row_.clear();
  shapes_.clear();
  shape_slots_.clear();
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    std::uint32_t left = variables_left - std::min(variables_left, static_cast<std::uint32_t>(variables_.size()));
    std::uint64_t hash = 0;
    if (left < kVariablesMax) {
      variables_.push_back(rows_[row]);
    } else {
      hash = cutter_.cut(*buffer_, rows_[row], kVariablesMax, variables_);
    }
    first_.push_back(static_cast<std::uint32_t>(variables_.size()));
    std::uint32_t shape = shape_of(row, hash);
    ++shapes_[shape].rows;
    shape_of_row_.push_back(shape);
  }
}

void TextCut::choose_templates(std::uint32_t text, TableBuilder& table) {
  std::vector<Shape*> order;
  for (Shape& shape : shapes_) order.push_back(&shape);
  std::ranges::stable_sort(order, [](const Shape* a, const Shape* b) { return a->rows > b->rows; });
  std::vector<Shape*> orphans;
  for (Shape* shape : order) {
    if (shape->rows < kRowsMin || !add_template(*shape, true, text, table)) orphans.push_back(shape);
  }
  share_beginnings(orphans, kRowsMin);
  for (Shape* shape : orphans) {
    while (!add_template(*shape, false, text, table)) shape->kept = 0;
  }
}

void TextCut::share_beginnings(std::span<Shape*> orphans, std::uint32_t rows_min) {
  // Rows that share their first k variables and the text before them, by a hash of these: a collision only makes the
  // choice a poor one.
  base::IntegerMap<std::uint64_t, std::uint32_t> rows;
  auto each_beginning = [this](const Shape& shape, auto&& visit) {
    std::uint64_t hash = 0x51ed270b;
    for (std::uint32_t i = 0; i < shape.variables; ++i) {
      std::string_view part = text_before(shape.row, i);
      hash = next_hash(hash, word_hash(part.data(), part.size()) + variables(shape.row)[i].time);
      if (!visit(hash, i + 1)) return;
    }
  };
  // Depth by depth, so that each only costs as long as others share it.
  for (Shape* shape : orphans) {
    each_beginning(*shape, [&](std::uint64_t hash, std::uint32_t) { return (rows[hash] += shape->rows) != 0; });
  }
  for (Shape* shape : orphans) {
    shape->kept = 0;
    each_beginning(*shape, [&](std::uint64_t hash, std::uint32_t depth) {
      if (rows[hash] < rows_min) return false;
      shape->kept = depth;
      return true;
    });
    shape->kept = std::min(shape->kept, kVariablesMax - 1);
  }
}

bool TextCut::add_template(Shape& shape, bool whole, std::uint32_t text, TableBuilder& table) {
  std::vector<TableBuilder::Part> parts;
  std::uint32_t count = whole ? shape.variables : shape.kept;
  for (std::uint32_t i = 0; i < count; ++i) {
    Span variable = variables(shape.row)[i];
    auto kind = variable.time != 0 ? TableBuilder::Kind::kTime : TableBuilder::Kind::kToken;
    parts.push_back({text_before(shape.row, i), kind, {bytes() + variable.begin, variable.size()}});
  }
  if (!whole) parts.push_back({"", TableBuilder::Kind::kRest, ""});
  std::string_view tail = whole ? text_before(shape.row, count) : "";
  std::uint32_t number = table.intern(text, parts, tail);
  if (number == TableBuilder::kRefused) return false;
  if (whole) shape.kept = shape.variables + 1;
  shape.number = number;
  return true;
}

void TextCut::fill_columns(std::uint32_t text, const TableBuilder& table) {
  std::span<const TableBuilder::Shape> made = table.shapes(text);
  rows_of_templates_.assign(made.size(), 0);
  ids_.resize(rows_.size());
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    const Shape& shape = shapes_[shape_of_row_[row]];
    ids_[row] = static_cast<std::uint16_t>(shape.number);
    ++rows_of_templates_[shape.number];
    if (shape.kept == 0) ++raw_rows_;
  }
  std::vector<std::uint32_t> next(table.column_count(), 0);
  for (std::size_t i = 0; i < made.size(); ++i) {
    for (std::uint32_t column : made[i].columns) next[column] += rows_of_templates_[i];
  }
  columns_.clear();
  std::uint32_t total = 0;
  for (std::uint32_t column = 0; column < next.size(); ++column) {
    std::uint32_t count = next[column];
    next[column] = total;
    if (count != 0) columns_.push_back({column, table.is_rest(column), {}});
    total += count;
  }
  values_.resize(total);
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    const Shape& shape = shapes_[shape_of_row_[row]];
    std::span<const std::uint32_t> columns = made[shape.number].columns;
    std::span<const Span> vars = variables(row);
    std::uint32_t whole = std::min<std::uint32_t>(shape.kept, shape.variables);
    for (std::uint32_t i = 0; i < whole; ++i) values_[next[columns[i]]++] = vars[i];
    if (shape.kept <= shape.variables) {
      std::uint32_t begin = whole == 0 ? rows_[row].begin : vars[whole - 1].end();
      values_[next[columns[whole]]++] = {begin, (rows_[row].end() - begin) & 0x7fffffff, 0};
    }
  }
  std::uint32_t begin = 0;
  for (ColumnValues& column : columns_) {
    column.values = std::span(values_).subspan(begin, next[column.column] - begin);
    begin = next[column.column];
  }
}

}  // namespace cordwood::codec::lines

#include "segment/pages/metadata_page.h"

#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "codec/int_columns.h"

namespace cordwood::segment::pages {

std::uint32_t MetadataEncoder::name_index(std::string_view name) {
  const auto found = name_indexes_.find(name);
  if (found != name_indexes_.end()) return found->second;
  const auto index = static_cast<std::uint32_t>(names_.size());
  names_.emplace_back(name);
  name_indexes_.emplace(name, index);
  if (columns_.size() <= index) columns_.emplace_back();
  return index;
}

std::uint32_t MetadataEncoder::shape_index() {
  // Consecutive rows mostly have the same names.
  if (!row_shapes_.empty() && shapes_[row_shapes_.back()] == row_names_) return row_shapes_.back();
  const std::string_view key(reinterpret_cast<const char*>(row_names_.data()),
                             row_names_.size() * sizeof(std::uint32_t));
  const auto found = shape_indexes_.find(key);
  if (found != shape_indexes_.end()) return found->second;
  const auto index = static_cast<std::uint32_t>(shapes_.size());
  shapes_.push_back(row_names_);
  shape_indexes_.emplace(key, index);
  return index;
}

void MetadataEncoder::add_row(std::span<const core::MetadataPair> pairs) {
  row_names_.clear();
  for (const core::MetadataPair& pair : pairs) {
    const std::uint32_t name = name_index(pair.name);
    row_names_.push_back(name);
    columns_[name].lengths.push_back(pair.value.size());
    columns_[name].values.append(pair.value);
  }
  row_shapes_.push_back(shape_index());
}

void MetadataEncoder::append(std::string& out) {
  codec::ByteWriter writer(out);
  std::string column;
  writer.varint(names_.size());
  for (const std::string& name : names_) writer.sized_bytes(name);
  writer.varint(shapes_.size());
  for (const std::vector<std::uint32_t>& shape : shapes_) {
    writer.varint(shape.size());
    for (const std::uint32_t name : shape) writer.varint(name);
  }
  codec::append_runs(row_shapes_, column);
  writer.sized_bytes(column);
  for (std::size_t name = 0; name < names_.size(); ++name) {
    column.clear();
    codec::append_varints(columns_[name].lengths, column);
    writer.sized_bytes(column);
    writer.bytes(columns_[name].values);
  }
}

void MetadataEncoder::clear() {
  for (std::size_t name = 0; name < names_.size(); ++name) {
    columns_[name].lengths.clear();
    columns_[name].values.clear();
  }
  names_.clear();
  name_indexes_.clear();
  shapes_.clear();
  shape_indexes_.clear();
  row_shapes_.clear();
}

namespace {

// The fields of a metadata page before the values.
struct Head {
  std::vector<std::string_view> names;
  std::vector<std::vector<std::uint32_t>> shapes;
  std::vector<std::uint32_t> row_shapes;
};

base::StatusOr<Head> read_head(codec::ByteReader& reader, std::size_t rows) {
  Head head;
  // Each name takes at least a byte, and so does each entry of a shape: counts are limited by what is left.
  ASSIGN_OR_RETURN(const std::uint64_t names, reader.varint_up_to(reader.left(), "name count"));
  if (names == 0) return reader.wrong("name count", 1, 0);
  for (std::uint64_t i = 0; i < names; ++i) {
    ASSIGN_OR_RETURN(const std::string_view name, reader.sized_bytes(reader.left(), "name"));
    head.names.push_back(name);
  }
  ASSIGN_OR_RETURN(const std::uint64_t shapes, reader.varint_up_to(rows, "shape count"));
  if (shapes == 0) return reader.wrong("shape count", 1, 0);
  for (std::uint64_t i = 0; i < shapes; ++i) {
    ASSIGN_OR_RETURN(const std::uint64_t length, reader.varint_up_to(reader.left(), "shape length"));
    std::vector<std::uint32_t>& shape = head.shapes.emplace_back();
    for (std::uint64_t k = 0; k < length; ++k) {
      ASSIGN_OR_RETURN(const std::uint64_t name, reader.varint_up_to(names - 1, "name index"));
      shape.push_back(static_cast<std::uint32_t>(name));
    }
  }
  ASSIGN_OR_RETURN(const std::string_view runs, reader.sized_bytes(reader.left(), "shapes of rows"));
  head.row_shapes.resize(rows);
  RETURN_IF_ERROR(base::annotate(codec::read_runs(runs, static_cast<std::uint32_t>(shapes - 1), head.row_shapes),
                                 "shapes of rows"));
  return head;
}

// Walks along one name's values.
struct ValueCursor {
  std::vector<std::uint64_t> lengths;
  std::string_view values;
  std::size_t next = 0;
  std::size_t at = 0;

  std::string_view take() {
    const std::string_view value = values.substr(at, lengths[next]);
    at += lengths[next++];
    return value;
  }
};

base::StatusOr<ValueCursor> read_values(codec::ByteReader& reader, std::uint64_t count) {
  ValueCursor cursor;
  ASSIGN_OR_RETURN(const std::string_view lengths, reader.sized_bytes(reader.left(), "value lengths"));
  cursor.lengths.resize(count);
  RETURN_IF_ERROR(base::annotate(codec::read_varints(lengths, cursor.lengths), "value lengths"));
  std::uint64_t sum = 0;
  for (const std::uint64_t length : cursor.lengths) {
    if (length > reader.left() - sum) return reader.wrong("value bytes", reader.left() - sum, length);
    sum += length;
  }
  ASSIGN_OR_RETURN(cursor.values, reader.bytes(sum, "values"));
  return cursor;
}

}  // namespace

base::StatusOr<Metadata> read_metadata(std::string_view bytes, std::size_t rows, std::uint64_t pairs_max) {
  codec::ByteReader reader(bytes, "metadata");
  ASSIGN_OR_RETURN(const Head head, read_head(reader, rows));
  Metadata out;
  out.begin.reserve(rows + 1);
  out.begin.push_back(0);
  std::vector<std::uint64_t> value_counts(head.names.size());
  std::uint64_t pairs = 0;
  for (const std::uint32_t shape : head.row_shapes) {
    pairs += head.shapes[shape].size();
    if (pairs > pairs_max) return reader.wrong("pairs", pairs_max, pairs);
    for (const std::uint32_t name : head.shapes[shape]) ++value_counts[name];
    out.begin.push_back(static_cast<std::uint32_t>(pairs));
  }
  std::vector<ValueCursor> columns;
  columns.reserve(head.names.size());
  for (const std::uint64_t count : value_counts) {
    ASSIGN_OR_RETURN(ValueCursor column, read_values(reader, count));
    columns.push_back(std::move(column));
  }
  RETURN_IF_ERROR(reader.expect_end());
  out.pairs.reserve(pairs);
  for (const std::uint32_t shape : head.row_shapes) {
    for (const std::uint32_t name : head.shapes[shape]) out.pairs.push_back({head.names[name], columns[name].take()});
  }
  return out;
}

}  // namespace cordwood::segment::pages

#include "codec/lines/table_builder.h"

#include "codec/byte_writer.h"
#include "codec/lines/format.h"

namespace cordwood::codec::lines {

void TableBuilder::clear() {
  texts_.clear();
  nested_.clear();
  templates_ = 0;
  static_bytes_ = 0;
}

std::uint32_t TableBuilder::add_text() {
  texts_.emplace_back();
  return static_cast<std::uint32_t>(texts_.size() - 1);
}

std::uint32_t TableBuilder::column_of(Text& text, std::uint32_t parent, std::string_view before, char kind) {
  std::string key;
  append_le(key, parent);
  key.push_back(kind);
  key.append(before);
  auto [at, added] = text.columns.try_emplace(std::move(key), column_count());
  if (added) nested_.push_back(0);
  return at->second;
}

std::uint32_t TableBuilder::intern(std::uint32_t index, std::span<const std::string_view> texts, bool rest) {
  Text& text = texts_[index];
  std::string key(1, rest ? 'r' : 'v');
  std::uint64_t bytes = 0;
  for (std::string_view part : texts) {
    append_varint(key, part.size());
    key.append(part);
    bytes += part.size();
  }
  if (auto found = text.by_key.find(key); found != text.by_key.end()) return found->second;
  // A text's last template and the table's last bytes are for the raw rows.
  bool raw = rest && texts.size() == 2 && bytes == 0;
  std::uint32_t spare = raw ? 0 : 1;
  if (text.shapes.size() + spare >= kTextTemplatesMax || templates_ + spare * kTextsMax >= kTemplatesMax ||
      column_count() + texts.size() + spare * kTextsMax > kColumnsMax || static_bytes_ + bytes > kStaticBytesMax) {
    return kRefused;
  }
  Shape shape;
  std::uint32_t parent = kTextsMax + kColumnsMax;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    shape.texts.emplace_back(texts[i]);
    if (i + 1 == texts.size()) break;
    bool is_rest = rest && i + 2 == texts.size();
    parent = column_of(text, parent, texts[i], is_rest ? 'r' : 'v');
    shape.columns.push_back(parent);
  }
  auto number = static_cast<std::uint32_t>(text.shapes.size());
  text.shapes.push_back(std::move(shape));
  text.by_key.emplace(std::move(key), number);
  ++templates_;
  static_bytes_ += bytes;
  return number;
}

std::uint32_t TableBuilder::nested_text(std::uint32_t column) {
  if (nested_[column] == 0 && texts_.size() < kTextsMax) nested_[column] = add_text();
  return nested_[column];
}

void TableBuilder::write(std::string& raw) const {
  ByteWriter writer(raw);
  writer.varint(column_count());
  writer.varint(texts_.size());
  for (const Text& text : texts_) {
    writer.varint(text.shapes.size());
    for (const Shape& shape : text.shapes) {
      bool tail = !shape.texts.back().empty();
      writer.varint(shape.columns.size() + (tail ? 1 : 0));
      for (std::size_t i = 0; i < shape.columns.size(); ++i) {
        writer.sized_bytes(shape.texts[i]);
        writer.varint(shape.columns[i] + 1);
      }
      if (!tail) continue;
      writer.sized_bytes(shape.texts.back());
      writer.varint(0);
    }
  }
}

}  // namespace cordwood::codec::lines

#include "codec/lines/table_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec/byte_writer.h"
#include "codec/line_column.h"
#include "codec/lines/format.h"
#include "codec/template_table.h"

namespace cordwood::codec::lines {

void TableBuilder::clear() {
  texts_.clear();
  nested_.clear();
  rests_.clear();
  templates_ = 0;
  static_bytes_ = 0;
}

std::uint32_t TableBuilder::add_text() {
  texts_.emplace_back();
  return static_cast<std::uint32_t>(texts_.size() - 1);
}

namespace {

// Hexadecimal digits or a mix of letters and digits, long enough that they name something.
bool is_id(std::string_view value) {
  constexpr std::size_t kLengthMin = 8;
  constexpr Alphabet kLetters = kAlphabetLowerHex | kAlphabetLowerOther | kAlphabetUpperHex | kAlphabetUpperOther;
  Alphabet alphabet = alphabet_of(value);
  return value.size() >= kLengthMin && (alphabet & ~(kLetters | kAlphabetDigits | kAlphabetDash)) == 0 &&
         (alphabet & kAlphabetDigits) != 0 && (alphabet & kLetters) != 0;
}

}  // namespace

void TableBuilder::add_shape(Text& text, std::span<const Part> parts, std::string_view tail) {
  Shape shape;
  std::uint32_t node = 0;
  auto name = [](base::StringMap<std::uint32_t>& names, std::string key, std::uint32_t next) {
    return names.try_emplace(std::move(key), next).first->second;
  };
  for (const Part& part : parts) {
    shape.texts.emplace_back(part.before);
    std::string key(1, static_cast<char>(part.kind));
    append_le(key, node);
    key.append(part.before);
    node = name(text.nodes, key, static_cast<std::uint32_t>(text.nodes.size() + 1));
    std::uint32_t column = kNoColumn;
    if (is_id(part.example) || part.kind == Kind::kTime) {
      constexpr std::size_t kContextBytes = 24;
      std::size_t context = part.before.size() - std::min(part.before.size(), kContextBytes);
      std::string id_key = fmt::format("i{}", part.before.substr(context));
      column = name(text.columns, id_key, column_count());
      if (std::ranges::find(shape.columns, column) != shape.columns.end()) column = kNoColumn;
    }
    if (column == kNoColumn) column = name(text.columns, fmt::format("n{}", node), column_count());
    if (column == column_count()) {
      nested_.push_back(0);
      rests_.push_back(part.kind == Kind::kRest);
    }
    shape.columns.push_back(column);
  }
  shape.texts.emplace_back(tail);
  text.shapes.push_back(std::move(shape));
}

std::uint32_t TableBuilder::intern(std::uint32_t index, std::span<const Part> parts, std::string_view tail) {
  Text& text = texts_[index];
  std::string key;
  std::uint64_t bytes = tail.size();
  for (const Part& part : parts) {
    key.push_back(static_cast<char>(part.kind));
    append_varint(key, part.before.size());
    key.append(part.before);
    bytes += part.before.size();
  }
  key.push_back('.');
  key.append(tail);
  if (auto found = text.by_key.find(key); found != text.by_key.end()) return found->second;
  // A text's last template and the table's last columns are for the rows that follow no pattern.
  bool raw = parts.size() == 1 && parts[0].kind == Kind::kRest && bytes == 0;
  std::uint32_t spare = raw ? 0 : 1;
  if (text.shapes.size() + spare >= kTextTemplatesMax || templates_ + spare * kTextsMax >= kTemplatesMax ||
      column_count() + parts.size() + spare * kTextsMax > kColumnsMax || static_bytes_ + bytes > kStaticBytesMax) {
    return kRefused;
  }
  auto number = static_cast<std::uint32_t>(text.shapes.size());
  add_shape(text, parts, tail);
  text.by_key.emplace(std::move(key), number);
  ++templates_;
  static_bytes_ += bytes;
  return number;
}

std::uint32_t TableBuilder::nested_text(std::uint32_t column) {
  if (nested_[column] == 0 && texts_.size() < kTextsMax) nested_[column] = add_text();
  return nested_[column];
}

void TableBuilder::write(std::uint64_t shared_raw_bytes, std::string_view shared_frame, std::string& raw) const {
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
  if (shared_raw_bytes == 0) return;
  writer.varint(shared_raw_bytes);
  writer.bytes(shared_frame);
}

}  // namespace cordwood::codec::lines

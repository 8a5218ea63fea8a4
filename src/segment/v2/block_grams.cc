#include "segment/v2/block_grams.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

namespace cordwood::segment::v2 {
namespace {

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view word_suffix(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_word_byte(text[begin - 1])) --begin;
  return text.substr(begin);
}

std::string_view word_prefix(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_word_byte(text[end])) ++end;
  return text.substr(0, end);
}

}  // namespace

base::Status BlockGrams::add() {
  return add_text(0);
}

base::Status BlockGrams::add_text(std::uint32_t text) {
  const codec::TextInfo& info = block_.text(text);
  for (std::uint32_t i = 0; i < info.templates.count && !grams_.is_full(); ++i) {
    if (info.rows_of_templates[i] == 0) continue;
    RETURN_IF_ERROR(add_template(text, info.templates.first + i));
  }
  return base::ok_status();
}

base::Status BlockGrams::add_template(std::uint32_t text, std::uint32_t number) {
  const std::span<const codec::TemplatePiece> pieces = block_.table().templates()[number].pieces;
  for (const codec::TemplatePiece& piece : pieces) grams_.add_words(piece.text);
  std::size_t at = 0;
  while (at < pieces.size() && pieces[at].column != codec::kNoColumn) {
    Chain chain;
    chain.left = word_suffix(pieces[at].text);
    chain.bytes_max = chain.left.size();
    while (true) {
      const std::string_view after = at + 1 < pieces.size() ? pieces[at + 1].text : std::string_view();
      const std::string_view prefix = word_prefix(after);
      chain.columns.emplace_back(pieces[at].column, after);
      chain.bytes_max += block_.column_info(pieces[at].column).length_max + prefix.size();
      ++at;
      const bool joined = prefix.size() == after.size() && at < pieces.size() && pieces[at].column != codec::kNoColumn;
      if (joined) continue;
      chain.right = prefix;
      break;
    }
    if (chain.bytes_max >= codec::kGramWordBytesMin) RETURN_IF_ERROR(add_chain(text, number, chain));
  }
  return base::ok_status();
}

base::Status BlockGrams::add_chain(std::uint32_t text, std::uint32_t number, const Chain& chain) {
  if (chain.columns.size() > 1) return add_rows(text, number, chain);
  const std::uint32_t column = chain.columns[0].first;
  std::string key = fmt::format("{} {} {}", column, chain.left, chain.right);
  if (!done_.insert(std::move(key)).second) return base::ok_status();
  return add_column(column, chain.left, chain.right);
}

void BlockGrams::add_value(std::string_view left, std::string_view value, std::string_view right) {
  if (left.empty() && right.empty()) return grams_.add_words(value);
  word_.assign(left);
  word_ += value;
  word_ += right;
  grams_.add_words(word_);
}

base::Status BlockGrams::add_column(std::uint32_t index, std::string_view left, std::string_view right) {
  const codec::ColumnInfo& info = block_.column_info(index);
  if (info.form == codec::ColumnForm::kConstant) {
    add_value(left, info.constant, right);
    return base::ok_status();
  }
  if (info.form == codec::ColumnForm::kNested) {
    // With nothing around it the text is like a line.
    if (left.empty() && right.empty()) return add_text(info.nested_text);
    ASSIGN_OR_RETURN(const codec::StringList strings, block_.nested_strings(index));
    for (std::size_t i = 0; i < strings.size(); ++i) add_value(left, strings[i], right);
    return base::ok_status();
  }
  ASSIGN_OR_RETURN(const codec::Column* column, block_.column(index));
  if (info.form == codec::ColumnForm::kIntegers) {
    std::string digits;
    std::uint64_t last = ~column->integers()[0];
    for (const std::uint64_t value : column->integers()) {
      if (value == last) continue;
      last = value;
      digits.clear();
      codec::append_number(info, value, digits);
      add_value(left, digits, right);
    }
    return base::ok_status();
  }
  const codec::StringList& strings =
      info.form == codec::ColumnForm::kDictionary ? column->entries() : column->strings();
  for (std::size_t i = 0; i < strings.size(); ++i) add_value(left, strings[i], right);
  return base::ok_status();
}

base::Status BlockGrams::add_rows(std::uint32_t text, std::uint32_t number, const Chain& chain) {
  ASSIGN_OR_RETURN(const std::span<const std::uint16_t> ids, block_.template_ids(text));
  std::vector<std::span<const std::uint32_t>> rows_of;
  std::vector<std::uint32_t> positions(chain.columns.size());
  for (const auto& [column, after] : chain.columns) {
    ASSIGN_OR_RETURN(const std::span<const std::uint32_t> rows, block_.rows_of_column(column));
    rows_of.push_back(rows);
  }
  std::string chain_text;
  std::string last;
  for (std::uint32_t row = 0; row < ids.size(); ++row) {
    if (ids[row] != number) continue;
    chain_text.assign(chain.left);
    for (std::size_t i = 0; i < chain.columns.size(); ++i) {
      while (rows_of[i][positions[i]] < row) ++positions[i];
      RETURN_IF_ERROR(block_.append_value(chain.columns[i].first, positions[i], chain_text));
      if (i + 1 < chain.columns.size()) chain_text += chain.columns[i].second;
    }
    chain_text += chain.right;
    if (chain_text == last) continue;
    grams_.add_words(chain_text);
    last.swap(chain_text);
  }
  return base::ok_status();
}

}  // namespace cordwood::segment::v2

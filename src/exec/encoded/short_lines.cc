#include "exec/encoded/short_lines.h"

#include <algorithm>
#include <map>

#include "exec/encoded/json_template.h"
#include "exec/encoded/logfmt_template.h"
#include "exec/encoded/needle_search.h"
#include "pipeline/text/label_name.h"

namespace cordwood::exec {
namespace {

bool begins_number(char c) {
  return (c >= '0' && c <= '9') || c == '-';
}

bool begin_numbers(const codec::StringList& strings) {
  for (std::size_t i = 0; i < strings.size(); ++i) {
    if (strings[i].empty() || !begins_number(strings[i][0])) return false;
  }
  return true;
}

// Whether every value of the column begins with a digit or a minus sign. Looks at values where the directory does not
// tell; a column that cannot be read proves nothing.
bool begins_number(codec::LineBlock& block, std::uint32_t column, int depth) {
  const codec::ColumnInfo& info = block.column_info(column);
  constexpr codec::Alphabet kOfNumbers = codec::kAlphabetDigits | codec::kAlphabetDash | codec::kAlphabetDot;
  if (info.length_min == 0) return false;
  if ((info.alphabet & ~(codec::kAlphabetDigits | codec::kAlphabetDash)) == 0) return true;
  if (info.form == codec::ColumnForm::kConstant) return begins_number(info.constant[0]);
  if (info.form == codec::ColumnForm::kIntegers) return true;
  if ((info.alphabet & ~(kOfNumbers | codec::kAlphabetLowerHex)) != 0) return false;
  if (info.form != codec::ColumnForm::kNested) {
    const auto values = block.column(column);
    if (!values.ok()) return false;
    return begin_numbers(info.form == codec::ColumnForm::kBytes ? (*values)->strings() : (*values)->entries());
  }
  if (depth == 0) return false;
  const codec::TextInfo& text = block.text(info.nested_text);
  for (std::uint32_t i = 0; i < text.templates.count; ++i) {
    if (text.rows_of_templates[i] == 0) continue;
    const codec::TemplatePiece& first = block.table().templates()[text.templates.first + i].pieces[0];
    const bool number = !first.text.empty()
                            ? begins_number(first.text[0])
                            : first.column != codec::kNoColumn && begins_number(block, first.column, depth - 1);
    if (!number) return false;
  }
  return true;
}

// `numbers`: where known columns of numbers are kept; null when that is of no use.
std::vector<FlatPiece> flatten(codec::LineBlock& block, const codec::Template& whole,
                               std::map<std::uint32_t, bool>* numbers) {
  constexpr int kDepthMax = 4;
  std::vector<FlatPiece> flat;
  for (const codec::TemplatePiece& piece : whole.pieces) {
    flat.emplace_back().text = piece.text;
    if (piece.column == codec::kNoColumn) continue;
    const codec::ColumnInfo& info = block.column_info(piece.column);
    if (info.form == codec::ColumnForm::kConstant) {
      flat.emplace_back().text = info.constant;
      continue;
    }
    if (numbers == nullptr) {
      flat.push_back({{}, &info, piece.column, false});
      continue;
    }
    const auto [found, fresh] = numbers->try_emplace(piece.column, false);
    // Behind a quote it is a string, whatever it begins with.
    if (fresh && !piece.text.ends_with('"')) found->second = begins_number(block, piece.column, kDepthMax);
    flat.push_back({{}, &info, piece.column, found->second});
  }
  return flat;
}

// What is in every key that becomes the name: its longest run of what stands for itself in a name.
std::string_view demanded_of(std::string_view name) {
  if (name.ends_with(pipeline::kDuplicateSuffix)) name.remove_suffix(pipeline::kDuplicateSuffix.size());
  std::string_view longest;
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('_', begin), name.size());
    if (end - begin > longest.size()) longest = name.substr(begin, end - begin);
    begin = end + 1;
  }
  return longest;
}

}  // namespace

bool ShortLines::wants(std::string_view key, bool is_object) const {
  const std::string name = pipeline::sanitize_label_name(key);
  return std::any_of(needs_.names.begin(), needs_.names.end(), [&](const std::string& wanted) {
    if (wanted == name || (is_object && wanted.starts_with(name))) return true;
    return wanted.size() == name.size() + pipeline::kDuplicateSuffix.size() && wanted.starts_with(name) &&
           wanted.ends_with(pipeline::kDuplicateSuffix);
  });
}

std::optional<std::vector<ShortLines::Piece>> ShortLines::cut(const std::vector<FlatPiece>& flat) const {
  return needs_.format == FieldFormat::kJson ? cut_json(flat) : cut_logfmt(flat);
}

void ShortLines::append_range(const std::vector<FlatPiece>& flat, FlatPlace begin, FlatPlace end,
                              std::vector<Piece>& pieces) {
  for (std::size_t i = begin.piece; i <= end.piece && i < flat.size(); ++i) {
    if (flat[i].column != nullptr) {
      if (i == end.piece) break;
      pieces.back().column = flat[i].column_number;
      pieces.emplace_back();
      continue;
    }
    const std::size_t from = i == begin.piece ? begin.offset : 0;
    const std::size_t to = i == end.piece ? end.offset : flat[i].text.size();
    pieces.back().text.append(flat[i].text, from, to - from);
  }
}

std::optional<std::vector<ShortLines::Piece>> ShortLines::cut_json(const std::vector<FlatPiece>& flat) const {
  const std::optional<std::vector<JsonMember>> members = members_of_template(flat);
  if (!members.has_value()) return std::nullopt;
  std::vector<Piece> pieces(1);
  pieces[0].text = "{";
  bool first = true;
  for (const JsonMember& member : *members) {
    // A key without a name gives a label whatever is asked for.
    if (pipeline::sanitize_label_name(member.key).empty()) return std::nullopt;
    if (!wants(member.key, member.is_object)) continue;
    if (!first) pieces.back().text += ',';
    first = false;
    append_range(flat, member.begin, member.end, pieces);
  }
  pieces.back().text += '}';
  return pieces;
}

std::optional<std::vector<ShortLines::Piece>> ShortLines::cut_logfmt(const std::vector<FlatPiece>& flat) const {
  const std::optional<std::vector<LogfmtPair>> pairs = pairs_of_template(flat);
  if (!pairs.has_value()) return std::nullopt;
  std::vector<Piece> pieces(1);
  for (const LogfmtPair& pair : *pairs) {
    if (pair.key_known && !wants(pair.key, false)) continue;
    append_range(flat, pair.begin, pair.end, pieces);
    pieces.back().text += ' ';
  }
  return pieces;
}

base::Status ShortLines::use(codec::LineBlock& block) {
  std::map<std::uint32_t, bool> numbers;
  const codec::TextInfo& info = block.text(0);
  first_template_ = info.templates.first;
  templates_.assign(info.templates.count, std::nullopt);
  sources_.assign(block.table().column_count(), {});
  useful_ = false;
  for (std::uint32_t i = 0; i < info.templates.count; ++i) {
    if (info.rows_of_templates[i] == 0) continue;
    templates_[i] = cut(flatten(block, block.table().templates()[first_template_ + i],
                                needs_.format == FieldFormat::kJson ? &numbers : nullptr));
    useful_ = useful_ || templates_[i].has_value();
  }
  mentioned_.reset();
  if (needs_.format == FieldFormat::kLogfmt) return find_mentions(block);
  return base::ok_status();
}

base::Status ShortLines::find_mentions(codec::LineBlock& block) {
  RowBitmap mentioned(block.rows());
  for (const std::string& name : needs_.names) {
    const std::string_view demanded = demanded_of(name);
    if (demanded.empty()) return base::ok_status();
    const Needle needle{SubstringFinder(std::string(demanded))};
    NeedleSearch search(block, needle);
    ASSIGN_OR_RETURN(const RowBitmap found, search.find());
    mentioned |= found;
  }
  if (mentioned.count() == block.rows()) return base::ok_status();
  mentioned_ = std::move(mentioned);
  useful_ = true;
  return base::ok_status();
}

base::Status ShortLines::lines_of(codec::LineBlock& block, std::span<const std::uint32_t> rows,
                                  std::vector<std::string_view>& out, std::vector<std::uint32_t>& whole) {
  ASSIGN_OR_RETURN(const auto ids, block.template_ids());
  buffer_.clear();
  whole.clear();
  std::vector<std::size_t> ends;
  ends.reserve(rows.size());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    if (!mentioned_.has_value() || mentioned_->test(rows[i])) {
      const std::optional<std::vector<Piece>>& pieces = templates_[ids[rows[i]] - first_template_];
      if (!pieces.has_value()) {
        whole.push_back(i);
      } else {
        for (const Piece& piece : *pieces) {
          buffer_.append(piece.text);
          if (piece.column != codec::kNoColumn) RETURN_IF_ERROR(append(block, piece.column, rows[i]));
        }
      }
    }
    ends.push_back(buffer_.size());
  }
  out.clear();
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    out.push_back(std::string_view(buffer_).substr(begin, end - begin));
    begin = end;
  }
  return base::ok_status();
}

base::Status ShortLines::append(codec::LineBlock& block, std::uint32_t column, std::uint32_t row) {
  Source& source = sources_[column];
  if (!source.ready) RETURN_IF_ERROR(prepare(block, column, source));
  std::size_t position = row;
  if (!source.of_all_rows) {
    // Rows come in order, so it is mostly the next value.
    if (source.next < source.rows.size() && source.rows[source.next] < row) ++source.next;
    if (source.next >= source.rows.size() || source.rows[source.next] != row) {
      const auto found = std::lower_bound(source.rows.begin(), source.rows.end(), row);
      source.next = static_cast<std::size_t>(found - source.rows.begin());
    }
    position = source.next;
  }
  if (source.column != nullptr) {
    source.column->append_value(static_cast<std::uint32_t>(position), buffer_);
  } else {
    buffer_.append(source.nested[position]);
  }
  return base::ok_status();
}

base::Status ShortLines::prepare(codec::LineBlock& block, std::uint32_t column, Source& source) {
  const codec::ColumnInfo& info = block.column_info(column);
  if (info.form == codec::ColumnForm::kNested) {
    ASSIGN_OR_RETURN(source.nested, block.nested_strings(column));
  } else {
    ASSIGN_OR_RETURN(source.column, block.column(column));
  }
  source.of_all_rows = info.count == block.rows();
  if (!source.of_all_rows) {
    ASSIGN_OR_RETURN(source.rows, block.rows_of_column(column));
  }
  source.ready = true;
  return base::ok_status();
}

}  // namespace cordwood::exec

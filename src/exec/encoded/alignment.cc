#include "exec/encoded/alignment.h"

#include <algorithm>
#include <string>

#include "exec/encoded/decimal_match.h"

namespace cordwood::exec {
namespace {

// Of one template. Needles like "aaaa" over neighbouring variables can stand in very many ways.
constexpr std::uint32_t kStepsMax = 2048;
constexpr std::uint32_t kAlignmentsMax = 64;

std::uint64_t low_bits(std::uint32_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}
std::uint64_t bits_of(Slice slice) {
  return low_bits(slice.size()) << slice.from;
}
Slice slice_of(std::uint32_t from, std::uint32_t to) {
  return {static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to)};
}

}  // namespace

bool holds(const Needle& needle, Place place, Slice slice, std::string_view text) {
  const std::size_t size = slice.size();
  if (text.size() < size) return false;
  switch (place) {
    case Place::kInside:
      return needle.finder().in(text);
    case Place::kStart:
      return needle.equals(slice, text.substr(0, size));
    case Place::kEnd:
      return needle.equals(slice, text.substr(text.size() - size));
    case Place::kWhole:
      return text.size() == size && needle.equals(slice, text);
  }
  return false;
}

const TextMatch& Aligner::match(std::uint32_t text, Place place, Slice slice) {
  const auto [found, fresh] = matches_.try_emplace({text, place, slice.from, slice.to});
  TextMatch& result = found->second;
  if (!fresh) return result;
  const codec::TextInfo& info = block_.text(text);
  result.verdicts.assign(info.templates.count, Verdict::kNever);
  for (std::uint32_t i = 0; i < info.templates.count; ++i) {
    if (info.rows_of_templates[i] == 0) continue;
    const Verdict verdict = match_template(info.templates.first + i, place, slice, result);
    result.verdicts[i] = verdict;
    if (verdict != Verdict::kNever) result.never = false;
    if (verdict != Verdict::kAlways) result.always = false;
  }
  return result;
}

Aligner::Outlook Aligner::outlook() {
  Outlook outlook;
  const codec::TextInfo& info = block_.text(0);
  TextMatch scratch;
  for (std::uint32_t i = 0; i < info.templates.count && (outlook.never || outlook.always); ++i) {
    if (info.rows_of_templates[i] == 0) continue;
    const Verdict verdict = match_template(info.templates.first + i, Place::kInside, needle_.all(), scratch);
    if (verdict != Verdict::kNever) outlook.never = false;
    if (verdict != Verdict::kAlways) outlook.always = false;
  }
  return outlook;
}

Verdict Aligner::match_template(std::uint32_t number, Place place, Slice slice, TextMatch& out) {
  Walk walk;
  walk.pieces = block_.table().templates()[number].pieces;
  walk.to_end = place == Place::kEnd || place == Place::kWhole;
  walk.to = slice.to;
  walk.template_number = number;
  walk.out = &out;
  const std::size_t alignments = out.alignments.size();
  const std::size_t conditions = out.conditions.size();
  if (place == Place::kStart || place == Place::kWhole) {
    pass_static(walk, 0, slice.from);
  } else {
    start_anywhere(walk, place, slice);
  }
  if (walk.always || walk.too_many) {
    out.alignments.resize(alignments);
    out.conditions.resize(conditions);
    return walk.always ? Verdict::kAlways : Verdict::kText;
  }
  return out.alignments.size() == alignments ? Verdict::kNever : Verdict::kDepends;
}

void Aligner::start_anywhere(Walk& walk, Place place, Slice slice) {
  for (std::size_t piece = 0; piece < walk.pieces.size(); ++piece) {
    start_in_static(walk, piece, place, slice);
    if (walk.always || walk.too_many) return;
    if (walk.pieces[piece].column != codec::kNoColumn) start_in_variable(walk, piece, place, slice);
    if (walk.always || walk.too_many) return;
  }
}

// The needle begins in the static text of a piece.
void Aligner::start_in_static(Walk& walk, std::size_t piece, Place place, Slice slice) {
  const std::string_view text = walk.pieces[piece].text;
  if (text.empty()) return;
  std::uint32_t longest = slice.size();
  if (place == Place::kInside) {
    if (text.size() >= slice.size() && needle_.finder().in(text)) return accept(walk);
    --longest;
  }
  if ((needle_.positions_of(text.back()) & bits_of(slice)) == 0) return;
  // Bit i: the last i + 1 bytes seen are the first of the slice (Shift-And of Baeza-Yates and Gonnet, 1992).
  std::uint64_t starts = 0;
  for (const char byte : text.substr(text.size() - std::min<std::size_t>(text.size(), longest))) {
    starts = (starts << 1 | 1) & needle_.positions_of(byte) >> slice.from & low_bits(slice.size());
  }
  for (; starts != 0; starts &= starts - 1) {
    const auto matched = static_cast<std::uint32_t>(std::countr_zero(starts)) + 1;
    pass_variable(walk, piece, slice.from + matched);
  }
}

// The needle begins in the variable of a piece.
void Aligner::start_in_variable(Walk& walk, std::size_t piece, Place place, Slice slice) {
  const std::uint32_t column = walk.pieces[piece].column;
  const codec::ColumnInfo& info = block_.column_info(column);
  const std::uint64_t inside = needle_.positions_in(info.alphabet) >> slice.from & low_bits(slice.size());
  if ((inside & 1) == 0) return;
  const auto run = static_cast<std::uint32_t>(std::countr_one(inside));
  std::uint32_t longest = static_cast<std::uint32_t>(std::min<std::uint64_t>(run, info.length_max));
  if (place == Place::kInside) {
    if (longest == slice.size()) require(walk, {column, Place::kInside, slice}, piece, slice.to);
    if (walk.always || walk.too_many) return;
    longest = std::min(longest, slice.size() - 1);
  }
  for (std::uint32_t size = 1; size <= longest; ++size) {
    const std::uint32_t at = slice.from + size;
    if (!may_continue(walk, piece + 1, at)) continue;
    require(walk, {column, Place::kEnd, slice_of(slice.from, at)}, piece + 1, at);
    if (walk.always || walk.too_many) return;
  }
}

// Whether what follows a variable can begin with the needle from `at` on. Cheap, and mostly false.
bool Aligner::may_continue(const Walk& walk, std::size_t next_piece, std::uint32_t at) const {
  if (next_piece == walk.pieces.size()) return at == walk.to;
  const std::string_view text = walk.pieces[next_piece].text;
  if (text.empty()) return true;
  if (at == walk.to) return !walk.to_end;
  return (needle_.positions_of(text[0]) >> at & 1) != 0;
}

// The needle from `at` on lies at the beginning of the static text of a piece.
void Aligner::pass_static(Walk& walk, std::size_t piece, std::uint32_t at) {
  if (++walk.steps > kStepsMax) walk.too_many = true;
  if (walk.always || walk.too_many) return;
  if (piece == walk.pieces.size()) {
    if (at == walk.to) accept(walk);
    return;
  }
  const std::string_view text = walk.pieces[piece].text;
  const std::uint32_t rest = walk.to - at;
  if (text.size() >= rest && !walk.to_end) {
    if (needle_.equals(slice_of(at, walk.to), text.substr(0, rest))) accept(walk);
    return;
  }
  if (text.size() > rest) return;
  const std::uint32_t next = at + static_cast<std::uint32_t>(text.size());
  if (needle_.equals(slice_of(at, next), text)) pass_variable(walk, piece, next);
}

// The needle from `at` on lies at the beginning of the variable of a piece.
void Aligner::pass_variable(Walk& walk, std::size_t piece, std::uint32_t at) {
  if (walk.always || walk.too_many) return;
  if (at == walk.to && !walk.to_end) return accept(walk);
  const std::uint32_t column = walk.pieces[piece].column;
  if (column == codec::kNoColumn) {
    if (at == walk.to) accept(walk);
    return;
  }
  const codec::ColumnInfo& info = block_.column_info(column);
  const std::uint32_t rest = walk.to - at;
  const std::uint64_t inside = needle_.positions_in(info.alphabet) >> at;
  const auto run = std::min(static_cast<std::uint32_t>(std::countr_one(inside)), rest);
  auto longest = static_cast<std::uint32_t>(std::min<std::uint64_t>(run, info.length_max));
  if (!walk.to_end) {
    if (longest == rest) require(walk, {column, Place::kStart, slice_of(at, walk.to)}, piece, walk.to);
    longest = std::min(longest, rest - 1);
  }
  for (auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(info.length_min, rest + 1)); size <= longest;
       ++size) {
    if (walk.always || walk.too_many) return;
    if (!may_continue(walk, piece + 1, at + size)) continue;
    require(walk, {column, Place::kWhole, slice_of(at, at + size)}, piece + 1, at + size);
  }
}

// Goes on under a condition. A needle that may end anywhere is at its end already when `at` says so.
void Aligner::require(Walk& walk, Condition condition, std::size_t next_piece, std::uint32_t at) {
  const Chance possible = chance(condition.column, condition.place, condition.slice);
  if (possible == Chance::kNo) return;
  if (possible == Chance::kMaybe) walk.path.push_back(condition);
  if (at == walk.to && !walk.to_end) {
    accept(walk);
  } else {
    pass_static(walk, next_piece, at);
  }
  if (possible == Chance::kMaybe) walk.path.pop_back();
}

void Aligner::accept(Walk& walk) {
  if (walk.path.empty()) {
    walk.always = true;
    return;
  }
  if (++walk.found > kAlignmentsMax) {
    walk.too_many = true;
    return;
  }
  TextMatch& out = *walk.out;
  const auto begin = static_cast<std::uint32_t>(out.conditions.size());
  out.conditions.insert(out.conditions.end(), walk.path.begin(), walk.path.end());
  out.alignments.push_back({walk.template_number, begin, static_cast<std::uint32_t>(out.conditions.size())});
}

Aligner::Chance Aligner::chance(std::uint32_t column, Place place, Slice slice) {
  const codec::ColumnInfo& info = block_.column_info(column);
  const std::uint32_t size = slice.size();
  if (info.count == 0 || size > info.length_max) return Chance::kNo;
  if (place == Place::kWhole && size < info.length_min) return Chance::kNo;
  if ((bits_of(slice) & ~needle_.positions_in(info.alphabet)) != 0) return Chance::kNo;
  if (info.form == codec::ColumnForm::kConstant) {
    return holds(needle_, place, slice, info.constant) ? Chance::kYes : Chance::kNo;
  }
  if (size == 0) return place == Place::kWhole && info.length_max > 0 ? Chance::kMaybe : Chance::kYes;
  if (info.form == codec::ColumnForm::kIntegers) {
    return DecimalMatch(info, place, needle_.text(slice)).possible() ? Chance::kMaybe : Chance::kNo;
  }
  if (info.form == codec::ColumnForm::kNested) {
    const TextMatch& nested = match(info.nested_text, place, slice);
    if (nested.never) return Chance::kNo;
    return nested.always ? Chance::kYes : Chance::kMaybe;
  }
  return Chance::kMaybe;
}

}  // namespace cordwood::exec

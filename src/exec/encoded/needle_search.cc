#include "exec/encoded/needle_search.h"

#include <algorithm>
#include <string>

#include "exec/encoded/decimal_match.h"

namespace cordwood::exec {

base::StatusOr<RowBitmap> NeedleSearch::find() {
  return rows_of(0, Place::kInside, needle_.all());
}

base::StatusOr<RowBitmap> NeedleSearch::rows_of(std::uint32_t text, Place place, Slice slice) {
  const TextMatch& match = aligner_.match(text, place, slice);
  RowBitmap rows(block_.text(text).rows, match.always);
  if (match.always || match.never) return rows;
  RETURN_IF_ERROR(add_by_template(text, place, slice, match, rows));
  for (const Alignment& alignment : match.alignments) RETURN_IF_ERROR(add_alignment(text, match, alignment, rows));
  return rows;
}

// Rows whose template decides, and those that must be put together.
base::Status NeedleSearch::add_by_template(std::uint32_t text, Place place, Slice slice, const TextMatch& match,
                                           RowBitmap& rows) {
  const auto has = [&](Verdict verdict) {
    return std::find(match.verdicts.begin(), match.verdicts.end(), verdict) != match.verdicts.end();
  };
  const bool by_text = has(Verdict::kText);
  if (!by_text && !has(Verdict::kAlways)) return base::ok_status();
  ASSIGN_OR_RETURN(const auto ids, block_.template_ids(text));
  const std::uint32_t first = block_.text(text).templates.first;
  std::vector<std::uint8_t> always(match.verdicts.size());
  for (std::size_t i = 0; i < always.size(); ++i) always[i] = match.verdicts[i] == Verdict::kAlways ? 1 : 0;
  const std::span<std::uint64_t> words = rows.words();
  for (std::size_t begin = 0; begin < ids.size(); begin += 64) {
    std::uint64_t word = 0;
    const std::size_t count = std::min<std::size_t>(64, ids.size() - begin);
    for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{always[ids[begin + i] - first]} << i;
    words[begin / 64] |= word;
  }
  if (!by_text) return base::ok_status();
  std::vector<std::uint32_t> candidates;
  for (std::uint32_t row = 0; row < ids.size(); ++row) {
    if (match.verdicts[ids[row] - first] == Verdict::kText) candidates.push_back(row);
  }
  return test_text(text, place, slice, candidates, rows);
}

base::Status NeedleSearch::test_text(std::uint32_t text, Place place, Slice slice,
                                     const std::vector<std::uint32_t>& candidates, RowBitmap& rows) {
  std::string row_text;
  for (const std::uint32_t row : candidates) {
    row_text.clear();
    RETURN_IF_ERROR(block_.append_row(text, row, row_text));
    if (holds(needle_, place, slice, row_text)) rows.set(row);
  }
  return base::ok_status();
}

base::Status NeedleSearch::add_alignment(std::uint32_t text, const TextMatch& match, const Alignment& alignment,
                                         RowBitmap& rows) {
  const auto conditions = std::span(match.conditions).subspan(alignment.begin, alignment.end - alignment.begin);
  const codec::TextInfo& info = block_.text(text);
  const std::uint32_t rows_of_template = info.rows_of_templates[alignment.template_number - info.templates.first];
  // The needle inside a value is a hit whatever the template; otherwise only rows of this template are meant, which a
  // column of theirs alone says by itself.
  bool of_template = conditions[0].place == Place::kInside;
  std::vector<const RowBitmap*> sets;
  for (const Condition& condition : conditions) {
    ASSIGN_OR_RETURN(const RowBitmap* set, rows_meeting(condition));
    if (!set->any()) return base::ok_status();
    of_template = of_template || block_.column_info(condition.column).count == rows_of_template;
    sets.push_back(set);
  }
  RowBitmap hits = *sets[0];
  for (std::size_t i = 1; i < sets.size(); ++i) hits &= *sets[i];
  if (!of_template && hits.any()) {
    ASSIGN_OR_RETURN(const auto ids, block_.template_ids(text));
    RowBitmap others = hits;
    others.for_each(0, others.rows(), [&](std::uint32_t row) {
      if (ids[row] != alignment.template_number) hits.reset(row);
    });
  }
  rows |= hits;
  return base::ok_status();
}

base::StatusOr<const RowBitmap*> NeedleSearch::rows_meeting(const Condition& condition) {
  const auto [found, fresh] =
      met_.try_emplace({condition.column, condition.place, condition.slice.from, condition.slice.to});
  if (!fresh) return &found->second;
  const std::uint32_t rows = block_.text(block_.table().text_of_column(condition.column)).rows;
  RowBitmap met(rows);
  std::vector<std::uint32_t> positions;
  RETURN_IF_ERROR(find_positions(condition, positions));
  if (!positions.empty()) {
    if (block_.column_info(condition.column).count == rows) {
      for (const std::uint32_t position : positions) met.set(position);
    } else {
      ASSIGN_OR_RETURN(const auto rows_of_column, block_.rows_of_column(condition.column));
      for (const std::uint32_t position : positions) met.set(rows_of_column[position]);
    }
  }
  found->second = std::move(met);
  return &found->second;
}

base::Status NeedleSearch::find_positions(const Condition& condition, std::vector<std::uint32_t>& positions) {
  const codec::ColumnInfo& info = block_.column_info(condition.column);
  if (info.form == codec::ColumnForm::kNested) {
    ASSIGN_OR_RETURN(const RowBitmap rows, rows_of(info.nested_text, condition.place, condition.slice));
    rows.append(0, rows.rows(), positions);
    return base::ok_status();
  }
  ASSIGN_OR_RETURN(const codec::Column* column, block_.column(condition.column));
  switch (info.form) {
    case codec::ColumnForm::kIntegers:
      DecimalMatch(info, condition.place, needle_.text(condition.slice)).run(column->integers(), [&](std::size_t i) {
        positions.push_back(static_cast<std::uint32_t>(i));
      });
      break;
    case codec::ColumnForm::kDictionary:
      find_in_dictionary(*column, condition, positions);
      break;
    case codec::ColumnForm::kBytes:
      find_in_strings(column->strings(), condition, positions);
      break;
    case codec::ColumnForm::kConstant:
    case codec::ColumnForm::kNested:
      break;
  }
  return base::ok_status();
}

void NeedleSearch::find_in_strings(const codec::StringList& strings, const Condition& condition,
                                   std::vector<std::uint32_t>& positions) const {
  if (condition.place != Place::kInside) {
    for (std::uint32_t i = 0; i < strings.size(); ++i) {
      if (holds(needle_, condition.place, condition.slice, strings[i])) positions.push_back(i);
    }
    return;
  }
  const std::string_view joined = strings.joined();
  const std::span<const std::uint32_t> ends = strings.ends();
  std::size_t string = 0;
  std::size_t at = needle_.finder().find(joined);
  while (at != SubstringFinder::kNotFound) {
    string = static_cast<std::size_t>(
        std::upper_bound(ends.begin() + static_cast<std::ptrdiff_t>(string), ends.end(), at) - ends.begin());
    if (at + condition.slice.size() > ends[string]) {
      // It reaches into the next string.
      at = needle_.finder().find(joined, at + 1);
      continue;
    }
    positions.push_back(static_cast<std::uint32_t>(string));
    at = needle_.finder().find(joined, ends[string]);
  }
}

void NeedleSearch::find_in_dictionary(const codec::Column& column, const Condition& condition,
                                      std::vector<std::uint32_t>& positions) const {
  std::vector<std::uint32_t> entries;
  find_in_strings(column.entries(), condition, entries);
  if (entries.empty()) return;
  const std::span<const std::uint32_t> ids = column.ids();
  std::vector<std::uint8_t> wanted(column.entries().size());
  for (const std::uint32_t entry : entries) wanted[entry] = 1;
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    if (wanted[ids[i]] != 0) positions.push_back(i);
  }
}

}  // namespace cordwood::exec

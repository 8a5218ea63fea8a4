#include "exec/encoded/encoded_filters.h"

#include <fmt/format.h>

#include <algorithm>

#include "exec/encoded/needle_search.h"

namespace cordwood::exec {
namespace {

// So few rows are sooner put together than a column is searched.
constexpr std::uint32_t kFewRows = 32;

}  // namespace

EncodedFilters::EncodedFilters(const LiteralFilters& filters) {
  for (const LiteralFilters::Filter& filter : filters.filters()) {
    Filter& added = filters_.emplace_back();
    added.negated = filter.negated;
    added.finders = filter.any_of;
    key_ += filter.negated ? '-' : '+';
    for (const SubstringFinder& finder : filter.any_of) {
      added.any_of.emplace_back(finder);
      key_ += fmt::format("{}{}:{}", finder.folding() == Case::kFoldAscii ? 'i' : 'x', finder.needle().size(),
                          finder.needle());
    }
  }
}

BlockVerdict EncodedFilters::judge(const codec::LineBlock& block, const codec::GramFilter& grams) const {
  BlockVerdict all = BlockVerdict::kAllRows;
  for (const Filter& filter : filters_) {
    const BlockVerdict verdict = judge_filter(filter, block, grams);
    if (verdict == BlockVerdict::kNoRow) return verdict;
    if (verdict == BlockVerdict::kSomeRows) all = verdict;
  }
  return all;
}

BlockVerdict EncodedFilters::judge_filter(const Filter& filter, const codec::LineBlock& block,
                                          const codec::GramFilter& grams) {
  bool never = true;
  for (std::size_t i = 0; i < filter.any_of.size(); ++i) {
    const Needle& needle = filter.any_of[i];
    if (!grams.may_contain(filter.finders[i].needle(), needle.folds())) continue;
    const Aligner::Outlook outlook = Aligner(block, needle).outlook();
    if (outlook.always && needle.is_whole()) return filter.negated ? BlockVerdict::kNoRow : BlockVerdict::kAllRows;
    never = never && outlook.never;
  }
  if (!never) return BlockVerdict::kSomeRows;
  return filter.negated ? BlockVerdict::kAllRows : BlockVerdict::kNoRow;
}

base::StatusOr<RowBitmap> EncodedFilters::select(codec::LineBlock& block) const {
  RowBitmap rows(block.rows(), true);
  for (const Filter& filter : filters_) {
    const std::uint32_t left = &filter == filters_.data() ? block.rows() : rows.count();
    if (left == 0) break;
    if (left <= kFewRows) {
      RETURN_IF_ERROR(test_lines(filter, block, rows));
    } else {
      RETURN_IF_ERROR(select_filter(filter, block, rows));
    }
  }
  return rows;
}

base::Status EncodedFilters::select_filter(const Filter& filter, codec::LineBlock& block, RowBitmap& rows) {
  RowBitmap hits(block.rows());
  bool exact = true;
  for (const Needle& needle : filter.any_of) {
    NeedleSearch search(block, needle);
    ASSIGN_OR_RETURN(const RowBitmap found, search.find());
    hits |= found;
    exact = exact && needle.is_whole();
  }
  if (!exact) {
    hits &= rows;
    RowBitmap certain = hits;
    Filter positive{false, {}, filter.finders};
    RETURN_IF_ERROR(test_lines(positive, block, certain));
    hits = std::move(certain);
  }
  if (filter.negated) hits.flip();
  rows &= hits;
  return base::ok_status();
}

base::Status EncodedFilters::test_lines(const Filter& filter, codec::LineBlock& block, RowBitmap& rows) {
  constexpr std::size_t kLotRows = 512;
  std::vector<std::uint32_t> wanted;
  rows.append(0, rows.rows(), wanted);
  codec::DecodedLines lines;
  for (std::size_t begin = 0; begin < wanted.size(); begin += kLotRows) {
    const auto lot = std::span(wanted).subspan(begin, std::min(kLotRows, wanted.size() - begin));
    RETURN_IF_ERROR(block.lines_of(lot, lines));
    for (std::size_t i = 0; i < lot.size(); ++i) {
      const bool hit = std::any_of(filter.finders.begin(), filter.finders.end(),
                                   [&](const SubstringFinder& finder) { return finder.in(lines.lines[i]); });
      if (hit == filter.negated) rows.reset(lot[i]);
    }
  }
  return base::ok_status();
}

}  // namespace cordwood::exec

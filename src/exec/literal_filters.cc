#include "exec/literal_filters.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "exec/regex_literal.h"

namespace cordwood::exec {
namespace {

bool changes_line(const logql::Stage& stage) {
  return std::holds_alternative<logql::LineFormat>(stage) || std::holds_alternative<logql::UnpackParser>(stage) ||
         std::holds_alternative<logql::Decolorize>(stage);
}

// What a line filter says in substrings.
struct Literals {
  std::vector<SubstringFinder> any_of;
  bool exact = false;  // that is all it says
};

std::optional<Literals> literals_of_contains(const logql::LineFilter& filter) {
  Literals result{{}, true};
  for (const logql::LineFilterTerm& term : filter.terms) {
    // U+FFFD also stands for invalid bytes of a line, which only the pipeline's filter knows about.
    if (term.is_ip || term.text.empty() || term.text.find("\uFFFD") != std::string::npos) return std::nullopt;
    result.any_of.emplace_back(term.text);
  }
  return result;
}

std::optional<Literals> literals_of_regexes(const logql::LineFilter& filter) {
  Literals result{{}, true};
  for (const logql::LineFilterTerm& term : filter.terms) {
    const std::optional<RegexLiterals> literals = literals_of_regex(term.text);
    if (!literals.has_value()) return std::nullopt;
    result.exact = result.exact && literals->exact;
    for (const std::string& text : literals->any_of) {
      result.any_of.emplace_back(text, literals->fold_case ? Case::kFoldAscii : Case::kExact);
    }
  }
  return result;
}

std::optional<Literals> literals_of(const logql::LineFilter& filter) {
  switch (filter.op) {
    case logql::LineFilterOp::kContains:
    case logql::LineFilterOp::kNotContains:
      return literals_of_contains(filter);
    case logql::LineFilterOp::kRegex:
    case logql::LineFilterOp::kNotRegex:
      return literals_of_regexes(filter);
    case logql::LineFilterOp::kPattern:
    case logql::LineFilterOp::kNotPattern:
      break;
  }
  return std::nullopt;
}

void keep_listed(std::vector<std::uint32_t>& rows, const std::vector<std::uint32_t>& listed, bool wanted) {
  std::size_t at = 0;
  std::erase_if(rows, [&](std::uint32_t row) {
    while (at < listed.size() && listed[at] < row) ++at;
    return (at < listed.size() && listed[at] == row) != wanted;
  });
}

}  // namespace

LiteralFilters LiteralFilters::take(std::vector<logql::Stage>& stages) {
  LiteralFilters result;
  std::vector<logql::Stage> rest;
  bool line_as_stored = true;
  for (logql::Stage& stage : stages) {
    line_as_stored = line_as_stored && !changes_line(stage);
    const auto* filter = std::get_if<logql::LineFilter>(&stage);
    std::optional<Literals> literals;
    if (line_as_stored && filter != nullptr) literals = literals_of(*filter);
    const bool negated = filter != nullptr && is_negated(filter->op);
    // A line without the literals of a negated regex passes, but one with them may pass too.
    const bool useful = literals.has_value() && (literals->exact || !negated);
    if (useful) result.filters_.push_back({negated, std::move(literals->any_of)});
    if (!useful || !literals->exact) rest.push_back(std::move(stage));
  }
  stages = std::move(rest);
  // What needs to be there is looked for first: it leaves the fewest lines.
  std::stable_partition(result.filters_.begin(), result.filters_.end(),
                        [](const Filter& filter) { return !filter.negated; });
  return result;
}

void LiteralFilters::select(std::span<const std::string_view> lines, std::uint32_t base,
                            std::vector<std::uint32_t>& rows) const {
  rows.clear();
  bool started = false;
  std::vector<std::uint32_t> hits;
  for (const Filter& filter : filters_) {
    hits.clear();
    if (started && rows.size() * 16 < lines.size()) {
      // Few are left: line by line.
      std::erase_if(rows, [&](std::uint32_t row) {
        const bool hit = std::any_of(filter.any_of.begin(), filter.any_of.end(),
                                     [&](const SubstringFinder& finder) { return finder.in(lines[row - base]); });
        return hit == filter.negated;
      });
      continue;
    }
    for (const SubstringFinder& finder : filter.any_of) append_rows_with(finder, lines, base, hits);
    if (filter.any_of.size() > 1) {
      std::sort(hits.begin(), hits.end());
      hits.erase(std::unique(hits.begin(), hits.end()), hits.end());
    }
    if (!started && !filter.negated) {
      rows.swap(hits);
    } else {
      if (!started) {
        rows.resize(lines.size());
        std::iota(rows.begin(), rows.end(), base);
      }
      keep_listed(rows, hits, !filter.negated);
    }
    started = true;
  }
  if (!started) {
    rows.resize(lines.size());
    std::iota(rows.begin(), rows.end(), base);
  }
}

}  // namespace cordwood::exec

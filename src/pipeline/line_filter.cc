#include "pipeline/line_filter.h"

#include <optional>
#include <string>
#include <utility>

#include "logql/ip_pattern.h"
#include "logql/parse.h"
#include "logql/pattern.h"
#include "pipeline/parse/ip_scan.h"
#include "pipeline/parse/pattern_match.h"
#include "pipeline/text/regex.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline {
namespace {

using logql::LineFilterOp;
using PredicatePtr = std::unique_ptr<const LinePredicate>;

class Contains final : public LinePredicate {
 public:
  explicit Contains(std::string text) : text_(std::move(text)) {}
  bool matches(std::string_view line) const override { return line.find(text_) != std::string_view::npos; }

 private:
  const std::string text_;
};

class ContainsFolded final : public LinePredicate {
 public:
  explicit ContainsFolded(std::string_view text) : lower_(to_lower(text)) {}
  bool matches(std::string_view line) const override { return contains_folded(line, lower_); }

 private:
  const std::string lower_;
};

class RegexMatches final : public LinePredicate {
 public:
  explicit RegexMatches(Regex regex) : regex_(std::move(regex)) {}
  bool matches(std::string_view line) const override { return regex_.matches(line); }

 private:
  const Regex regex_;
};

class PatternMatches final : public LinePredicate {
 public:
  explicit PatternMatches(logql::Pattern pattern) : pattern_(std::move(pattern)) {}
  bool matches(std::string_view line) const override { return pattern_matches_line(pattern_, line); }

 private:
  const logql::Pattern pattern_;
};

class HoldsIp final : public LinePredicate {
 public:
  explicit HoldsIp(logql::IpPattern pattern) : pattern_(pattern) {}
  bool matches(std::string_view line) const override { return holds_ip(line, pattern_); }

 private:
  const logql::IpPattern pattern_;
};

class Not final : public LinePredicate {
 public:
  explicit Not(PredicatePtr inner) : inner_(std::move(inner)) {}
  bool matches(std::string_view line) const override { return !inner_->matches(line); }

 private:
  const PredicatePtr inner_;
};

class AnyOf final : public LinePredicate {
 public:
  explicit AnyOf(std::vector<PredicatePtr> inner) : inner_(std::move(inner)) {}
  bool matches(std::string_view line) const override {
    for (const PredicatePtr& predicate : inner_) {
      if (predicate->matches(line)) return true;
    }
    return false;
  }

 private:
  const std::vector<PredicatePtr> inner_;
};

// The literal of `(?i)literal`, when the expression is no more than that. Loki compares those by lower case, which is
// also much faster than an automaton that knows all foldings.
std::optional<std::string_view> folded_literal(std::string_view regex) {
  constexpr std::string_view kFlag = "(?i)";
  if (!regex.starts_with(kFlag)) return std::nullopt;
  regex.remove_prefix(kFlag.size());
  if (regex.empty() || regex.find_first_of("\\.+*?()|[]{}^$") != std::string_view::npos) return std::nullopt;
  return regex;
}

base::StatusOr<PredicatePtr> build_regex(const std::string& text) {
  ASSIGN_OR_RETURN(Regex regex, Regex::compile(text));
  if (const auto literal = folded_literal(text)) return std::make_unique<ContainsFolded>(*literal);
  return std::make_unique<RegexMatches>(std::move(regex));
}

base::StatusOr<PredicatePtr> build_term(LineFilterOp op, const logql::LineFilterTerm& term) {
  if (term.is_ip) {
    if (op != LineFilterOp::kContains && op != LineFilterOp::kNotContains) {
      return base::invalid_argument_error("ip: invalid operation");
    }
    ASSIGN_OR_RETURN(const logql::IpPattern pattern, logql::parse_ip_pattern(term.text));
    return std::make_unique<HoldsIp>(pattern);
  }
  switch (op) {
    case LineFilterOp::kContains:
    case LineFilterOp::kNotContains:
      return std::make_unique<Contains>(term.text);
    case LineFilterOp::kRegex:
    case LineFilterOp::kNotRegex:
      return build_regex(term.text);
    case LineFilterOp::kPattern:
    case LineFilterOp::kNotPattern:
      break;
  }
  ASSIGN_OR_RETURN(logql::Pattern pattern, logql::parse_filter_pattern(term.text));
  return std::make_unique<PatternMatches>(std::move(pattern));
}

}  // namespace

base::StatusOr<PredicatePtr> build_line_filter(const logql::LineFilter& filter) {
  std::vector<PredicatePtr> terms;
  for (const logql::LineFilterTerm& term : filter.terms) {
    ASSIGN_OR_RETURN(PredicatePtr predicate, build_term(filter.op, term));
    terms.push_back(std::move(predicate));
  }
  PredicatePtr out = terms.size() == 1 ? std::move(terms[0]) : std::make_unique<AnyOf>(std::move(terms));
  if (logql::is_negated(filter.op)) return std::make_unique<Not>(std::move(out));
  return out;
}

base::StatusOr<LineFilters> LineFilters::build(const std::vector<const logql::LineFilter*>& filters) {
  LineFilters out;
  for (const logql::LineFilter* filter : filters) {
    ASSIGN_OR_RETURN(PredicatePtr predicate, build_line_filter(*filter));
    if (!logql::is_noop(*filter)) out.add(std::move(predicate));
  }
  return out;
}

}  // namespace cordwood::pipeline

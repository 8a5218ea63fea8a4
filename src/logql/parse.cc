#include "logql/parse.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "logql/parser.h"
#include "logql/regex.h"
#include "logql/walk.h"

namespace cordwood::logql {
namespace {

constexpr std::string_view kSelectorTooWide =
    "queries require at least one regexp or equality matcher that does not have an empty-compatible value. For "
    "instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will";

base::Status check_size(std::string_view text) {
  if (text.size() < kMaxQueryBytes) return base::ok_status();
  return meaning_error(fmt::format("input size too long ({} > {})", text.size(), kMaxQueryBytes));
}

base::Status check_selector(const std::vector<Matcher>& matchers) {
  const bool narrows =
      std::any_of(matchers.begin(), matchers.end(), [](const Matcher& matcher) { return !matches(matcher, ""); });
  return narrows ? base::ok_status() : meaning_error(kSelectorTooWide);
}

}  // namespace

bool matches(const Matcher& matcher, std::string_view value) {
  switch (matcher.op) {
    case MatchOp::kEqual:
      return value == matcher.value;
    case MatchOp::kNotEqual:
      return value != matcher.value;
    case MatchOp::kRegex:
    case MatchOp::kNotRegex:
      break;
  }
  const auto regex = compile_regex(matcher.value, RegexUse::kMatcher);
  const bool found = regex.ok() && re2::RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), **regex);
  return found == (matcher.op == MatchOp::kRegex);
}

base::StatusOr<Query> parse(std::string_view text, SelectorCheck check) {
  RETURN_IF_ERROR(check_size(text));
  ASSIGN_OR_RETURN(Query query, Parser(text).query());
  if (check == SelectorCheck::kOff) return query;
  base::Status status = base::ok_status();
  for_each_log(query, [&](const LogExpr& log) {
    if (status.ok()) status = check_selector(log.matchers);
  });
  if (!status.ok()) return status;
  return query;
}

base::StatusOr<LogExpr> parse_log_query(std::string_view text, SelectorCheck check) {
  ASSIGN_OR_RETURN(Query query, parse(text, check));
  if (!query.is_log()) return base::invalid_argument_error("only log selector is supported");
  return std::get<LogExpr>(std::move(query.root));
}

base::StatusOr<std::vector<Matcher>> parse_matchers(std::string_view text, SelectorCheck check) {
  ASSIGN_OR_RETURN(Query query, parse(text, check));
  if (!query.is_log() || !query.log().stages.empty()) {
    return base::invalid_argument_error("only label matchers are supported");
  }
  return std::get<LogExpr>(std::move(query.root)).matchers;
}

base::StatusOr<std::vector<Stage>> parse_stages(std::string_view text) {
  RETURN_IF_ERROR(check_size(text));
  return Parser(text).stages();
}

}  // namespace cordwood::logql

// A label matcher compiled for rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "logql/ast.h"
#include "pipeline/text/regex.h"

namespace cordwood::pipeline {

// Regexes are anchored and `.` matches newlines, as Prometheus compiles them.
class CompiledMatcher {
 public:
  static base::StatusOr<CompiledMatcher> compile(const logql::Matcher& matcher) {
    CompiledMatcher out;
    out.op_ = matcher.op;
    out.value_ = matcher.value;
    if (matcher.op == logql::MatchOp::kRegex || matcher.op == logql::MatchOp::kNotRegex) {
      ASSIGN_OR_RETURN(out.regex_, Regex::compile(matcher.value, logql::RegexUse::kMatcher));
    }
    return out;
  }

  bool matches(std::string_view value) const {
    switch (op_) {
      case logql::MatchOp::kEqual:
        return value == value_;
      case logql::MatchOp::kNotEqual:
        return value != value_;
      case logql::MatchOp::kRegex:
        return regex_->matches(value);
      case logql::MatchOp::kNotRegex:
        return !regex_->matches(value);
    }
    return false;
  }

 private:
  logql::MatchOp op_ = logql::MatchOp::kEqual;
  std::string value_;
  std::optional<Regex> regex_;
};

}  // namespace cordwood::pipeline

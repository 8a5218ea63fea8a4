// Line filters, parsers and formatters: everything behind a selector.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/hash_map.h"
#include "core/labels.h"
#include "logql/parser.h"
#include "logql/regex.h"

namespace cordwood::logql {
namespace {

std::optional<LineFilterOp> line_filter_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPipeExact:
      return LineFilterOp::kContains;
    case TokenKind::kNeq:
      return LineFilterOp::kNotContains;
    case TokenKind::kPipeMatch:
      return LineFilterOp::kRegex;
    case TokenKind::kNre:
      return LineFilterOp::kNotRegex;
    case TokenKind::kPipePattern:
      return LineFilterOp::kPattern;
    case TokenKind::kNotPattern:
      return LineFilterOp::kNotPattern;
    default:
      return std::nullopt;
  }
}

// What Loki's regexp parser asks of its expression.
base::Status check_regexp_parser(std::string_view regex) {
  ASSIGN_OR_RETURN(const auto compiled, compile_regex(regex, RegexUse::kLine));
  base::StringSet seen;
  for (const auto& [index, name] : compiled->CapturingGroupNames()) {
    if (!core::is_valid_label_name(name)) {
      return base::invalid_argument_error("invalid extracted label name '{}'", name);
    }
    if (!seen.insert(name).second) return base::invalid_argument_error("duplicate extracted label name '{}'", name);
  }
  if (seen.empty()) return base::invalid_argument_error("at least one named capture must be supplied");
  return base::ok_status();
}

constexpr std::string_view kErrorLabel = "__error__";

base::Status check_label_format(const LabelFormat& format) {
  base::StringSet targets;
  for (const LabelAssignment& assignment : format.assignments) {
    if (assignment.target == kErrorLabel) return meaning_error(fmt::format("{} cannot be formatted", kErrorLabel));
    if (!targets.insert(assignment.target).second) {
      return meaning_error(
          fmt::format("multiple label name '{}' not allowed in a single format operation", assignment.target));
    }
  }
  return base::ok_status();
}

}  // namespace

base::Status Parser::parse_stages(std::vector<Stage>& stages, std::optional<Unwrap>* unwrap) {
  while (true) {
    if (line_filter_op(token_.kind).has_value()) {
      RETURN_IF_ERROR(parse_line_filter(stages));
    } else if (is(TokenKind::kPipe)) {
      const TextOffset at = take().at;
      if (unwrap != nullptr && is(TokenKind::kUnwrap)) {
        ASSIGN_OR_RETURN(*unwrap, parse_unwrap(at));
        return base::ok_status();
      }
      ASSIGN_OR_RETURN(Stage stage, parse_stage_after_pipe(at));
      stages.push_back(std::move(stage));
    } else {
      return base::ok_status();
    }
  }
}

base::Status Parser::parse_line_filter(std::vector<Stage>& stages) {
  const Token op = take();
  LineFilter filter{op.at, *line_filter_op(op.kind), {}};
  do {
    ASSIGN_OR_RETURN(LineFilterTerm term, parse_line_filter_term());
    filter.terms.push_back(std::move(term));
  } while (accept(TokenKind::kOr));
  if (!is_negated(filter.op)) {
    stages.emplace_back(std::move(filter));
    return base::ok_status();
  }
  // None of them may match: one filter each.
  for (LineFilterTerm& term : filter.terms) {
    LineFilter one{filter.at, filter.op, {}};
    one.terms.push_back(std::move(term));
    stages.emplace_back(std::move(one));
  }
  return base::ok_status();
}

base::StatusOr<LineFilterTerm> Parser::parse_line_filter_term() {
  LineFilterTerm term{token_.at, {}, is(TokenKind::kIp)};
  if (term.is_ip) {
    ASSIGN_OR_RETURN(term.text, parse_ip_argument());
  } else if (is(TokenKind::kString)) {
    term.text = take().text;
  } else {
    return unexpected({TokenKind::kString, TokenKind::kIp});
  }
  return term;
}

base::StatusOr<std::string> Parser::parse_ip_argument() {
  RETURN_IF_ERROR(expect(TokenKind::kIp));
  RETURN_IF_ERROR(expect(TokenKind::kOpenParenthesis));
  ASSIGN_OR_RETURN(std::string pattern, expect_text(TokenKind::kString));
  RETURN_IF_ERROR(expect(TokenKind::kCloseParenthesis));
  return pattern;
}

base::StatusOr<Stage> Parser::parse_stage_after_pipe(TextOffset at) {
  switch (token_.kind) {
    case TokenKind::kJson:
      return parse_json(at);
    case TokenKind::kLogfmt:
      return parse_logfmt(at);
    case TokenKind::kRegexp:
      return parse_regexp(at);
    case TokenKind::kPattern:
      return parse_pattern_stage(at);
    case TokenKind::kUnpack:
      take();
      return Stage(UnpackParser{at});
    case TokenKind::kDecolorize:
      take();
      return Stage(Decolorize{at});
    case TokenKind::kLabelFormat:
      return parse_label_format(at);
    case TokenKind::kLineFormat: {
      take();
      ASSIGN_OR_RETURN(std::string text, expect_text(TokenKind::kString));
      return Stage(LineFormat{at, std::move(text)});
    }
    case TokenKind::kDrop: {
      take();
      ASSIGN_OR_RETURN(std::vector<LabelChoice> choices, parse_label_choices());
      return Stage(DropLabels{at, std::move(choices)});
    }
    case TokenKind::kKeep: {
      take();
      ASSIGN_OR_RETURN(std::vector<LabelChoice> choices, parse_label_choices());
      return Stage(KeepLabels{at, std::move(choices)});
    }
    case TokenKind::kIdentifier:
    case TokenKind::kOpenParenthesis: {
      ASSIGN_OR_RETURN(LabelFilterPtr filter, parse_label_filter());
      return Stage(LabelFilterStage{at, std::move(filter)});
    }
    default:
      return unexpected();
  }
}

base::StatusOr<Stage> Parser::parse_json(TextOffset at) {
  take();
  JsonParser stage{at, {}};
  if (!is(TokenKind::kIdentifier)) return Stage(std::move(stage));
  do {
    const TextOffset label_at = token_.at;
    ASSIGN_OR_RETURN(std::string label, expect_text(TokenKind::kIdentifier));
    std::string expression = label;
    if (accept(TokenKind::kEq)) {
      ASSIGN_OR_RETURN(expression, expect_text(TokenKind::kString));
    }
    base::StatusOr<JsonPath> path = parse_json_path(expression);
    stage.extractions.push_back({label_at, std::move(label), std::move(expression), std::move(path)});
  } while (accept(TokenKind::kComma));
  return Stage(std::move(stage));
}

base::StatusOr<Stage> Parser::parse_logfmt(TextOffset at) {
  take();
  LogfmtParser stage{at, false, false, {}};
  while (is(TokenKind::kFlag)) {
    const std::string flag = take().text;
    (flag == "--strict" ? stage.strict : stage.keep_empty) = true;
  }
  if (!is(TokenKind::kIdentifier)) return Stage(std::move(stage));
  do {
    const TextOffset label_at = token_.at;
    ASSIGN_OR_RETURN(std::string label, expect_text(TokenKind::kIdentifier));
    std::string expression = label;
    if (accept(TokenKind::kEq)) {
      ASSIGN_OR_RETURN(expression, expect_text(TokenKind::kString));
    }
    base::StatusOr<std::string> key = parse_logfmt_key(expression);
    stage.extractions.push_back({label_at, std::move(label), std::move(expression), std::move(key)});
  } while (accept(TokenKind::kComma));
  return Stage(std::move(stage));
}

base::StatusOr<Stage> Parser::parse_regexp(TextOffset at) {
  take();
  ASSIGN_OR_RETURN(std::string regex, expect_text(TokenKind::kString));
  if (const base::Status status = check_regexp_parser(regex); !status.ok()) {
    return meaning_error(fmt::format("invalid regexp parser: {}", base::message_of(status)));
  }
  return Stage(RegexpParser{at, std::move(regex)});
}

base::StatusOr<Stage> Parser::parse_pattern_stage(TextOffset at) {
  take();
  ASSIGN_OR_RETURN(std::string text, expect_text(TokenKind::kString));
  base::StatusOr<Pattern> pattern = parse_pattern(text);
  if (!pattern.ok()) {
    return meaning_error(fmt::format("invalid pattern parser: {}", base::message_of(pattern.status())));
  }
  return Stage(PatternParser{at, std::move(text), std::move(*pattern)});
}

base::StatusOr<Stage> Parser::parse_label_format(TextOffset at) {
  take();
  LabelFormat stage{at, {}};
  do {
    LabelAssignment assignment{token_.at, {}, false, {}};
    ASSIGN_OR_RETURN(assignment.target, expect_text(TokenKind::kIdentifier));
    RETURN_IF_ERROR(expect(TokenKind::kEq));
    assignment.is_rename = is(TokenKind::kIdentifier);
    if (!assignment.is_rename && !is(TokenKind::kString)) {
      return unexpected({TokenKind::kIdentifier, TokenKind::kString});
    }
    assignment.value = take().text;
    stage.assignments.push_back(std::move(assignment));
  } while (accept(TokenKind::kComma));
  RETURN_IF_ERROR(check_label_format(stage));
  return Stage(std::move(stage));
}

base::StatusOr<std::vector<LabelChoice>> Parser::parse_label_choices() {
  std::vector<LabelChoice> choices;
  do {
    if (!is(TokenKind::kIdentifier)) return unexpected({TokenKind::kIdentifier});
    Token name = take();
    LabelChoice choice{name.at, name.text, std::nullopt};
    if (is(TokenKind::kEq) || is(TokenKind::kNeq) || is(TokenKind::kRe) || is(TokenKind::kNre)) {
      ASSIGN_OR_RETURN(choice.matcher, parse_matcher_tail(std::move(name)));
    }
    choices.push_back(std::move(choice));
  } while (accept(TokenKind::kComma));
  return choices;
}

// After the pipe, at `unwrap`; takes the label filters behind it as well.
base::StatusOr<Unwrap> Parser::parse_unwrap(TextOffset at) {
  take();
  Unwrap unwrap{at, UnwrapConversion::kNone, {}, {}};
  switch (token_.kind) {
    case TokenKind::kBytesConversion:
      unwrap.conversion = UnwrapConversion::kBytes;
      break;
    case TokenKind::kDurationConversion:
      unwrap.conversion = UnwrapConversion::kDuration;
      break;
    case TokenKind::kDurationSecondsConversion:
      unwrap.conversion = UnwrapConversion::kDurationSeconds;
      break;
    case TokenKind::kIdentifier:
      break;
    default:
      return unexpected({TokenKind::kIdentifier, TokenKind::kBytesConversion, TokenKind::kDurationConversion,
                         TokenKind::kDurationSecondsConversion});
  }
  if (unwrap.conversion == UnwrapConversion::kNone) {
    unwrap.label = take().text;
  } else {
    take();
    RETURN_IF_ERROR(expect(TokenKind::kOpenParenthesis));
    ASSIGN_OR_RETURN(unwrap.label, expect_text(TokenKind::kIdentifier));
    RETURN_IF_ERROR(expect(TokenKind::kCloseParenthesis));
  }
  while (accept(TokenKind::kPipe)) {
    if (!is(TokenKind::kIdentifier) && !is(TokenKind::kOpenParenthesis)) {
      return unexpected({TokenKind::kIdentifier, TokenKind::kOpenParenthesis});
    }
    ASSIGN_OR_RETURN(LabelFilterPtr filter, parse_label_filter());
    unwrap.filters.push_back(std::move(filter));
  }
  return unwrap;
}

}  // namespace cordwood::logql

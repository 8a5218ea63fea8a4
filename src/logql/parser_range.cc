// `rate({...} | stages [5m] offset 1h) by (x)`: log ranges and the aggregations over them.
#include <fmt/format.h>

#include "logql/parser.h"
#include "logql/print.h"
#include "logql/units.h"

namespace cordwood::logql {
namespace {

bool may_group(RangeOp op) {
  switch (op) {
    case RangeOp::kAvgOverTime:
    case RangeOp::kStddevOverTime:
    case RangeOp::kStdvarOverTime:
    case RangeOp::kQuantileOverTime:
    case RangeOp::kMaxOverTime:
    case RangeOp::kMinOverTime:
    case RangeOp::kFirstOverTime:
    case RangeOp::kLastOverTime:
      return true;
    default:
      return false;
  }
}

bool may_unwrap(RangeOp op) {
  return op != RangeOp::kCountOverTime && op != RangeOp::kBytesRate && op != RangeOp::kBytesOverTime;
}

bool needs_unwrap(RangeOp op) {
  switch (op) {
    case RangeOp::kRate:
    case RangeOp::kCountOverTime:
    case RangeOp::kBytesRate:
    case RangeOp::kBytesOverTime:
    case RangeOp::kAbsentOverTime:
      return false;
    default:
      return true;
  }
}

base::Status check_range_aggregation(const RangeAggregation& aggregation) {
  const std::string_view name = name_of(aggregation.op);
  if (aggregation.grouping.has_value() && !may_group(aggregation.op)) {
    return meaning_error(fmt::format("grouping not allowed for {} aggregation", name));
  }
  const bool unwraps = aggregation.range.unwrap.has_value();
  if (unwraps && !may_unwrap(aggregation.op)) {
    return meaning_error(fmt::format("invalid aggregation {} with unwrap", name));
  }
  if (!unwraps && needs_unwrap(aggregation.op)) {
    return meaning_error(fmt::format("invalid aggregation {} without unwrap", name));
  }
  return base::ok_status();
}

base::Status set_parameter(RangeAggregation& aggregation, const std::optional<std::string>& text) {
  const std::string_view name = name_of(aggregation.op);
  if (aggregation.op != RangeOp::kQuantileOverTime) {
    if (!text.has_value()) return base::ok_status();
    return meaning_error(fmt::format("parameter {} not supported for operation {}", *text, name));
  }
  if (!text.has_value()) return meaning_error(fmt::format("parameter required for operation {}", name));
  const base::StatusOr<double> value = parse_go_float(*text);
  if (!value.ok()) {
    return meaning_error(fmt::format("invalid parameter for operation {}: {}", name, base::message_of(value.status())));
  }
  aggregation.quantile = *value;
  return base::ok_status();
}

}  // namespace

// A selector with what follows it; inside of parentheses the brackets may still come after them.
struct Parser::RangeText {
  LogRange range;
  bool complete = false;
};

base::StatusOr<MetricPtr> Parser::parse_range_aggregation(RangeOp op) {
  const TextOffset at = take().at;
  const Nested nested(*this);
  RETURN_IF_ERROR(nested.check());
  RETURN_IF_ERROR(expect(TokenKind::kOpenParenthesis));
  std::optional<std::string> parameter;
  if (is(TokenKind::kNumber)) {
    parameter = take().text;
    RETURN_IF_ERROR(expect(TokenKind::kComma));
  } else if (!is(TokenKind::kOpenBrace) && !is(TokenKind::kOpenParenthesis)) {
    return unexpected({TokenKind::kNumber, TokenKind::kOpenBrace, TokenKind::kOpenParenthesis});
  }
  ASSIGN_OR_RETURN(RangeText text, parse_range(false));
  RETURN_IF_ERROR(expect(TokenKind::kCloseParenthesis));
  RangeAggregation aggregation{op, 0, std::nullopt, std::move(text.range)};
  ASSIGN_OR_RETURN(aggregation.grouping, parse_grouping());
  RETURN_IF_ERROR(set_parameter(aggregation, parameter));
  RETURN_IF_ERROR(check_range_aggregation(aggregation));
  return std::make_shared<const MetricExpr>(MetricExpr{at, std::move(aggregation)});
}

base::StatusOr<Parser::RangeText> Parser::parse_range(bool in_parentheses) {
  if (is(TokenKind::kOpenParenthesis)) return parse_range_in_parentheses();
  if (!is(TokenKind::kOpenBrace)) return unexpected({TokenKind::kOpenBrace, TokenKind::kOpenParenthesis});
  RangeText text;
  LogRange& range = text.range;
  range.log.at = token_.at;
  ASSIGN_OR_RETURN(range.log.matchers, parse_selector());
  if (is(TokenKind::kRange)) {
    RETURN_IF_ERROR(parse_range_and_offset(range));
    RETURN_IF_ERROR(parse_stages(range.log.stages, &range.unwrap));
    text.complete = true;
    return text;
  }
  RETURN_IF_ERROR(parse_stages(range.log.stages, &range.unwrap));
  if (is(TokenKind::kRange)) {
    RETURN_IF_ERROR(parse_range_and_offset(range));
    text.complete = true;
  } else if (!in_parentheses || !is(TokenKind::kCloseParenthesis)) {
    return unexpected();
  }
  return text;
}

base::StatusOr<Parser::RangeText> Parser::parse_range_in_parentheses() {
  const Nested nested(*this);
  RETURN_IF_ERROR(nested.check());
  take();
  ASSIGN_OR_RETURN(RangeText text, parse_range(true));
  RETURN_IF_ERROR(expect(TokenKind::kCloseParenthesis));
  if (text.complete) return text;
  if (!is(TokenKind::kRange)) return unexpected({TokenKind::kRange});
  RETURN_IF_ERROR(parse_range_and_offset(text.range));
  text.complete = true;
  // Behind parentheses only a bare selector may still be unwrapped.
  if (!text.range.log.stages.empty() || text.range.unwrap.has_value() || !is(TokenKind::kPipe)) return text;
  const TextOffset at = take().at;
  if (!is(TokenKind::kUnwrap)) return unexpected({TokenKind::kUnwrap});
  ASSIGN_OR_RETURN(text.range.unwrap, parse_unwrap(at));
  return text;
}

base::Status Parser::parse_range_and_offset(LogRange& range) {
  range.range = take().duration;
  if (!accept(TokenKind::kOffset)) return base::ok_status();
  if (!is(TokenKind::kDuration)) return unexpected({TokenKind::kDuration});
  range.offset = take().duration;
  return base::ok_status();
}

base::StatusOr<std::optional<Grouping>> Parser::parse_grouping() {
  if (!is(TokenKind::kBy) && !is(TokenKind::kWithout)) return std::optional<Grouping>();
  Grouping grouping;
  grouping.without = take().kind == TokenKind::kWithout;
  ASSIGN_OR_RETURN(grouping.labels, parse_label_list());
  return std::optional<Grouping>(std::move(grouping));
}

}  // namespace cordwood::logql

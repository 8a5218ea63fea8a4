// Operators, vector aggregations, literals and label_replace.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "logql/evaluate.h"
#include "logql/parser.h"
#include "logql/print.h"
#include "logql/printer.h"
#include "logql/regex.h"
#include "logql/units.h"

namespace cordwood::logql {
namespace {

std::optional<BinaryOp> operator_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::kOr:
      return BinaryOp::kOr;
    case TokenKind::kAnd:
      return BinaryOp::kAnd;
    case TokenKind::kUnless:
      return BinaryOp::kUnless;
    case TokenKind::kCmpEq:
      return BinaryOp::kEqual;
    case TokenKind::kNeq:
      return BinaryOp::kNotEqual;
    case TokenKind::kLt:
      return BinaryOp::kLess;
    case TokenKind::kLte:
      return BinaryOp::kLessOrEqual;
    case TokenKind::kGt:
      return BinaryOp::kGreater;
    case TokenKind::kGte:
      return BinaryOp::kGreaterOrEqual;
    case TokenKind::kAdd:
      return BinaryOp::kAdd;
    case TokenKind::kSub:
      return BinaryOp::kSub;
    case TokenKind::kMul:
      return BinaryOp::kMul;
    case TokenKind::kDiv:
      return BinaryOp::kDiv;
    case TokenKind::kMod:
      return BinaryOp::kMod;
    case TokenKind::kPow:
      return BinaryOp::kPow;
    default:
      return std::nullopt;
  }
}

std::optional<RangeOp> range_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::kRate:
      return RangeOp::kRate;
    case TokenKind::kRateCounter:
      return RangeOp::kRateCounter;
    case TokenKind::kCountOverTime:
      return RangeOp::kCountOverTime;
    case TokenKind::kBytesRate:
      return RangeOp::kBytesRate;
    case TokenKind::kBytesOverTime:
      return RangeOp::kBytesOverTime;
    case TokenKind::kAvgOverTime:
      return RangeOp::kAvgOverTime;
    case TokenKind::kSumOverTime:
      return RangeOp::kSumOverTime;
    case TokenKind::kMinOverTime:
      return RangeOp::kMinOverTime;
    case TokenKind::kMaxOverTime:
      return RangeOp::kMaxOverTime;
    case TokenKind::kStdvarOverTime:
      return RangeOp::kStdvarOverTime;
    case TokenKind::kStddevOverTime:
      return RangeOp::kStddevOverTime;
    case TokenKind::kQuantileOverTime:
      return RangeOp::kQuantileOverTime;
    case TokenKind::kFirstOverTime:
      return RangeOp::kFirstOverTime;
    case TokenKind::kLastOverTime:
      return RangeOp::kLastOverTime;
    case TokenKind::kAbsentOverTime:
      return RangeOp::kAbsentOverTime;
    default:
      return std::nullopt;
  }
}

std::optional<VectorOp> vector_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::kSum:
      return VectorOp::kSum;
    case TokenKind::kAvg:
      return VectorOp::kAvg;
    case TokenKind::kCount:
      return VectorOp::kCount;
    case TokenKind::kMax:
      return VectorOp::kMax;
    case TokenKind::kMin:
      return VectorOp::kMin;
    case TokenKind::kStddev:
      return VectorOp::kStddev;
    case TokenKind::kStdvar:
      return VectorOp::kStdvar;
    case TokenKind::kBottomk:
      return VectorOp::kBottomk;
    case TokenKind::kTopk:
      return VectorOp::kTopk;
    case TokenKind::kApproxTopk:
      return VectorOp::kApproxTopk;
    case TokenKind::kSort:
      return VectorOp::kSort;
    case TokenKind::kSortDesc:
      return VectorOp::kSortDesc;
    default:
      return std::nullopt;
  }
}

Operand make_operand(TextOffset at, int depth, MetricExpr expr) {
  return Operand{std::make_shared<const MetricExpr>(std::move(expr)), at, depth};
}

const Literal* literal_of(const Operand& operand) {
  return std::get_if<Literal>(&std::get<MetricPtr>(operand.expr)->node);
}

// Clients know these Go type names from Loki's messages.
std::string_view loki_type(const Operand& operand) {
  return std::get<LogExpr>(operand.expr).stages.empty() ? "*syntax.MatchersExpr" : "*syntax.PipelineExpr";
}

base::Status check_legs(BinaryOp op, const Operand& left, const Operand& right) {
  const std::string_view name = name_of(op);
  for (const auto& [leg, operand] : {std::pair("left", &left), std::pair("right", &right)}) {
    if (!operand->is_log()) continue;
    return meaning_error(
        fmt::format("unexpected type for {} leg of binary operation ({}): {}", leg, name, loki_type(*operand)));
  }
  if (!is_set_operator(op)) return base::ok_status();
  for (const auto& [leg, operand] : {std::pair("left", &left), std::pair("right", &right)}) {
    const Literal* literal = literal_of(*operand);
    if (literal == nullptr) continue;
    return meaning_error(fmt::format("unexpected literal for {} leg of logical/set binary operation ({}): {:f}", leg,
                                     name, literal->value));
  }
  return base::ok_status();
}

bool takes_k(VectorOp op) {
  return op == VectorOp::kTopk || op == VectorOp::kBottomk || op == VectorOp::kApproxTopk;
}

base::Status check_vector_aggregation(VectorAggregation& aggregation, const std::optional<std::string>& parameter) {
  const std::string_view name = name_of(aggregation.op);
  if (!takes_k(aggregation.op)) {
    if (parameter.has_value()) {
      return meaning_error(fmt::format("unsupported parameter for operation {}({},", name, *parameter));
    }
    const bool sorts = aggregation.op == VectorOp::kSort || aggregation.op == VectorOp::kSortDesc;
    if (sorts && aggregation.grouping.has_value()) {
      return meaning_error("sort and sort_desc doesn't allow grouping by");
    }
    return base::ok_status();
  }
  if (!parameter.has_value()) return meaning_error(fmt::format("parameter required for operation {}", name));
  const auto [end, error] = std::from_chars(parameter->data(), parameter->data() + parameter->size(), aggregation.k);
  if (error != std::errc() || end != parameter->data() + parameter->size()) {
    return meaning_error(fmt::format("invalid parameter {}({},", name, *parameter));
  }
  if (aggregation.k <= 0) {
    return meaning_error(fmt::format("invalid parameter (must be greater than 0) {}({}", name, *parameter));
  }
  if (aggregation.op == VectorOp::kApproxTopk && aggregation.grouping.has_value()) {
    return meaning_error(fmt::format("grouping not allowed for {} aggregation", name));
  }
  return base::ok_status();
}

}  // namespace

base::StatusOr<Query> Parser::query() {
  ASSIGN_OR_RETURN(Operand operand, parse_expr(1));
  if (!is(TokenKind::kEnd)) return unexpected();
  return Query{std::move(operand.expr)};
}

base::StatusOr<Operand> Parser::parse_expr(int min_precedence) {
  const Nested nested(*this);
  RETURN_IF_ERROR(nested.check());
  ASSIGN_OR_RETURN(Operand left, parse_primary());
  return parse_operators(std::move(left), min_precedence);
}

base::StatusOr<Operand> Parser::parse_operators(Operand left, int min_precedence) {
  while (true) {
    const std::optional<BinaryOp> op = operator_of(token_.kind);
    if (!op.has_value() || precedence_of(*op) < min_precedence) return left;
    const TextOffset at = take().at;
    BinaryOperation operation;
    operation.op = *op;
    RETURN_IF_ERROR(parse_binary_modifiers(operation));
    // All lean left except ^.
    const int right_precedence = *op == BinaryOp::kPow ? precedence_of(*op) : precedence_of(*op) + 1;
    ASSIGN_OR_RETURN(Operand right, parse_expr(right_precedence));
    ASSIGN_OR_RETURN(left, apply(std::move(operation), at, std::move(left), std::move(right)));
  }
}

base::StatusOr<Operand> Parser::apply(BinaryOperation operation, TextOffset at, Operand left, Operand right) const {
  RETURN_IF_ERROR(check_legs(operation.op, left, right));
  const Literal* const left_literal = literal_of(left);
  const Literal* const right_literal = literal_of(right);
  if (left_literal != nullptr && right_literal != nullptr) {
    const double value = evaluate(operation.op, left_literal->value, right_literal->value);
    return make_operand(left.at, 1, MetricExpr{left.at, Literal{value}});
  }
  const int depth = std::max(left.depth, right.depth) + 1;
  if (depth > kMaxDepth) return too_deep(kMaxDepth);
  operation.left = std::move(std::get<MetricPtr>(left.expr));
  operation.right = std::move(std::get<MetricPtr>(right.expr));
  return make_operand(left.at, depth, MetricExpr{at, std::move(operation)});
}

base::Status Parser::parse_binary_modifiers(BinaryOperation& operation) {
  operation.return_bool = accept(TokenKind::kBool);
  VectorMatching& matching = operation.matching;
  if (!is(TokenKind::kOn) && !is(TokenKind::kIgnoring)) return base::ok_status();
  matching.on = take().kind == TokenKind::kOn;
  ASSIGN_OR_RETURN(matching.labels, parse_label_list());
  if (!is(TokenKind::kGroupLeft) && !is(TokenKind::kGroupRight)) return base::ok_status();
  matching.cardinality = take().kind == TokenKind::kGroupLeft ? VectorMatching::Cardinality::kManyToOne
                                                              : VectorMatching::Cardinality::kOneToMany;
  // A parenthesis here is always the list of labels, never the right operand's.
  if (is(TokenKind::kOpenParenthesis)) {
    ASSIGN_OR_RETURN(matching.include, parse_label_list());
  }
  return base::ok_status();
}

base::StatusOr<Operand> Parser::parse_primary() {
  const TextOffset at = token_.at;
  if (const std::optional<RangeOp> op = range_op(token_.kind); op.has_value()) {
    ASSIGN_OR_RETURN(MetricPtr aggregation, parse_range_aggregation(*op));
    return Operand{std::move(aggregation), at, 1};
  }
  if (const std::optional<VectorOp> op = vector_op(token_.kind); op.has_value()) return parse_vector_aggregation(*op);
  switch (token_.kind) {
    case TokenKind::kOpenParenthesis:
      return parse_parenthesised();
    case TokenKind::kVector:
      return parse_vector_literal();
    case TokenKind::kLabelReplace:
      return parse_label_replace();
    case TokenKind::kNumber:
    case TokenKind::kAdd:
    case TokenKind::kSub:
      return parse_literal();
    case TokenKind::kOpenBrace: {
      LogExpr log{at, {}, {}};
      ASSIGN_OR_RETURN(log.matchers, parse_selector());
      RETURN_IF_ERROR(parse_stages(log.stages, nullptr));
      return Operand{std::move(log), at, 1};
    }
    default:
      return unexpected();
  }
}

base::StatusOr<Operand> Parser::parse_parenthesised() {
  take();
  ASSIGN_OR_RETURN(Operand operand, parse_expr(1));
  if (!accept(TokenKind::kCloseParenthesis)) return unexpected();
  return operand;
}

base::StatusOr<Operand> Parser::parse_metric() {
  ASSIGN_OR_RETURN(Operand operand, parse_expr(1));
  // In the grammar a log query has no place here, so whatever stands behind it is what was not expected.
  if (operand.is_log()) return unexpected();
  return operand;
}

base::StatusOr<Operand> Parser::parse_literal() {
  const TextOffset at = token_.at;
  ASSIGN_OR_RETURN(const double value, parse_signed_number());
  return make_operand(at, 1, MetricExpr{at, Literal{value}});
}

// The arguments of a vector aggregation. `topk(10, x)` and `sum(10 + x)` part only behind the number.
base::StatusOr<Operand> Parser::parse_aggregated(std::optional<std::string>& parameter) {
  if (!is(TokenKind::kNumber)) return parse_metric();
  const Token number = take();
  if (accept(TokenKind::kComma)) {
    parameter = number.text;
    return parse_metric();
  }
  ASSIGN_OR_RETURN(const double value, number_of(number.text));
  return parse_operators(make_operand(number.at, 1, MetricExpr{number.at, Literal{value}}), 1);
}

base::StatusOr<Operand> Parser::parse_vector_aggregation(VectorOp op) {
  const TextOffset at = take().at;
  VectorAggregation aggregation{op, 0, std::nullopt, nullptr};
  ASSIGN_OR_RETURN(aggregation.grouping, parse_grouping());
  if (!is(TokenKind::kOpenParenthesis)) {
    if (aggregation.grouping.has_value()) return unexpected({TokenKind::kOpenParenthesis});
    return unexpected({TokenKind::kOpenParenthesis, TokenKind::kBy, TokenKind::kWithout});
  }
  take();
  std::optional<std::string> parameter;
  base::StatusOr<Operand> inner = parse_aggregated(parameter);
  if (!inner.ok()) return inner.status();
  if (!accept(TokenKind::kCloseParenthesis)) return unexpected();
  if (!aggregation.grouping.has_value()) {
    ASSIGN_OR_RETURN(aggregation.grouping, parse_grouping());
  }
  RETURN_IF_ERROR(check_vector_aggregation(aggregation, parameter));
  if (inner->depth + 1 > kMaxDepth) return too_deep(kMaxDepth);
  aggregation.inner = std::move(std::get<MetricPtr>(inner->expr));
  return make_operand(at, inner->depth + 1, MetricExpr{at, std::move(aggregation)});
}

base::StatusOr<Operand> Parser::parse_vector_literal() {
  const TextOffset at = take().at;
  RETURN_IF_ERROR(expect(TokenKind::kOpenParenthesis));
  if (!is(TokenKind::kNumber)) return unexpected({TokenKind::kNumber});
  ASSIGN_OR_RETURN(const double value, parse_signed_number());
  RETURN_IF_ERROR(expect(TokenKind::kCloseParenthesis));
  return make_operand(at, 1, MetricExpr{at, VectorLiteral{value}});
}

base::StatusOr<Operand> Parser::parse_label_replace() {
  const TextOffset at = take().at;
  RETURN_IF_ERROR(expect(TokenKind::kOpenParenthesis));
  ASSIGN_OR_RETURN(Operand inner, parse_metric());
  LabelReplace replace;
  if (!is(TokenKind::kComma)) return unexpected();
  for (std::string* const argument : {&replace.destination, &replace.replacement, &replace.source, &replace.regex}) {
    RETURN_IF_ERROR(expect(TokenKind::kComma));
    ASSIGN_OR_RETURN(*argument, expect_text(TokenKind::kString));
  }
  RETURN_IF_ERROR(expect(TokenKind::kCloseParenthesis));
  if (const auto regex = compile_regex(replace.regex, RegexUse::kReplace); !regex.ok()) {
    return meaning_error(fmt::format("invalid regex in label_replace: {}", base::message_of(regex.status())));
  }
  if (inner.depth + 1 > kMaxDepth) return too_deep(kMaxDepth);
  replace.inner = std::move(std::get<MetricPtr>(inner.expr));
  return make_operand(at, inner.depth + 1, MetricExpr{at, std::move(replace)});
}

}  // namespace cordwood::logql

// Label filters: comparisons joined by `and`, `,`, juxtaposition and `or`.
//
// Loki's grammar gives `and` and `or` precedences and none to the comma and to juxtaposition; its generator then always
// prefers to read on after those. So `a b, c or d` is `a and (b and (c or d))`, whereas `a and b or c` is
// `(a and b) or c`. The stack below does the same.
#include <fmt/format.h>

#include "logql/parser.h"
#include "logql/units.h"

namespace cordwood::logql {
namespace {

enum class Joint : std::uint8_t { kComma, kOr, kAnd };  // kComma is juxtaposition as well

// Whether what `on_stack` joins is complete when `next` follows.
bool binds_first(Joint on_stack, Joint next) {
  return on_stack != Joint::kComma && next != Joint::kComma && on_stack >= next;
}

std::optional<CompareOp> compare_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEq:
    case TokenKind::kCmpEq:
      return CompareOp::kEqual;
    case TokenKind::kNeq:
      return CompareOp::kNotEqual;
    case TokenKind::kGt:
      return CompareOp::kGreater;
    case TokenKind::kGte:
      return CompareOp::kGreaterOrEqual;
    case TokenKind::kLt:
      return CompareOp::kLess;
    case TokenKind::kLte:
      return CompareOp::kLessOrEqual;
    default:
      return std::nullopt;
  }
}

}  // namespace

struct Parser::DeepFilter {
  LabelFilterPtr filter;
  int depth = 1;
};

base::StatusOr<LabelFilterPtr> Parser::parse_label_filter() {
  ASSIGN_OR_RETURN(DeepFilter tree, parse_filter_tree());
  return std::move(tree.filter);
}

base::StatusOr<Parser::DeepFilter> Parser::combine_filters(bool both, DeepFilter left, DeepFilter right) const {
  const int depth = std::max(left.depth, right.depth) + 1;
  if (depth > kMaxDepth) return too_deep(kMaxDepth);
  auto joined = std::make_shared<LabelFilter>();
  joined->at = left.filter->at;
  if (both) {
    joined->node = BothFilter{std::move(left.filter), std::move(right.filter)};
  } else {
    joined->node = EitherFilter{std::move(left.filter), std::move(right.filter)};
  }
  return DeepFilter{std::move(joined), depth};
}

base::StatusOr<Parser::DeepFilter> Parser::parse_filter_tree() {
  std::vector<DeepFilter> operands;
  std::vector<Joint> joints;
  const auto join_top = [&]() -> base::Status {
    DeepFilter right = std::move(operands.back());
    operands.pop_back();
    const bool both = joints.back() != Joint::kOr;
    joints.pop_back();
    ASSIGN_OR_RETURN(operands.back(), combine_filters(both, std::move(operands.back()), std::move(right)));
    return base::ok_status();
  };
  while (true) {
    ASSIGN_OR_RETURN(DeepFilter operand, parse_filter_operand());
    operands.push_back(std::move(operand));
    Joint joint = Joint::kComma;
    if (is(TokenKind::kOr)) {
      joint = Joint::kOr;
    } else if (is(TokenKind::kAnd)) {
      joint = Joint::kAnd;
    } else if (!is(TokenKind::kComma) && !is(TokenKind::kIdentifier) && !is(TokenKind::kOpenParenthesis)) {
      break;
    }
    while (!joints.empty() && binds_first(joints.back(), joint)) RETURN_IF_ERROR(join_top());
    joints.push_back(joint);
    if (!is(TokenKind::kIdentifier) && !is(TokenKind::kOpenParenthesis)) take();
  }
  while (!joints.empty()) RETURN_IF_ERROR(join_top());
  return std::move(operands.back());
}

base::StatusOr<Parser::DeepFilter> Parser::parse_filter_operand() {
  if (is(TokenKind::kIdentifier)) return parse_comparison();
  if (!is(TokenKind::kOpenParenthesis)) return unexpected({TokenKind::kIdentifier, TokenKind::kOpenParenthesis});
  const Nested nested(*this);
  RETURN_IF_ERROR(nested.check());
  take();
  ASSIGN_OR_RETURN(DeepFilter inner, parse_filter_tree());
  if (!accept(TokenKind::kCloseParenthesis)) return unexpected();
  return inner;
}

base::StatusOr<Parser::DeepFilter> Parser::parse_comparison() {
  Token name = take();
  auto filter = std::make_shared<LabelFilter>();
  filter->at = name.at;
  if (is(TokenKind::kRe) || is(TokenKind::kNre)) {
    ASSIGN_OR_RETURN(Matcher matcher, parse_matcher_tail(std::move(name)));
    filter->node = StringCompare{std::move(matcher)};
    return DeepFilter{std::move(filter)};
  }
  const std::optional<CompareOp> op = compare_op(token_.kind);
  if (!op.has_value()) return unexpected();
  // Strings and addresses know only = and !=; `==` is for numbers.
  const bool equality = is(TokenKind::kEq) || is(TokenKind::kNeq);
  take();
  if (equality && is(TokenKind::kString)) {
    const MatchOp match = *op == CompareOp::kEqual ? MatchOp::kEqual : MatchOp::kNotEqual;
    filter->node = StringCompare{Matcher{name.at, std::move(name.text), match, take().text}};
  } else if (equality && is(TokenKind::kIp)) {
    ASSIGN_OR_RETURN(std::string pattern, parse_ip_argument());
    filter->node = IpCompare{std::move(name.text), *op == CompareOp::kNotEqual, std::move(pattern)};
  } else if (is(TokenKind::kDuration)) {
    filter->node = DurationCompare{std::move(name.text), *op, take().duration};
  } else if (is(TokenKind::kBytes)) {
    filter->node = BytesCompare{std::move(name.text), *op, take().bytes};
  } else if (is(TokenKind::kNumber) || is(TokenKind::kAdd) || is(TokenKind::kSub)) {
    ASSIGN_OR_RETURN(const double value, parse_signed_number());
    filter->node = NumberCompare{std::move(name.text), *op, value};
  } else {
    return unexpected();
  }
  return DeepFilter{std::move(filter)};
}

base::StatusOr<double> number_of(std::string_view text) {
  base::StatusOr<double> value = parse_go_float(text);
  if (value.ok()) return value;
  return meaning_error(fmt::format("unable to parse literal as a float: {}", base::message_of(value.status())));
}

base::StatusOr<double> Parser::parse_signed_number() {
  const bool negative = is(TokenKind::kSub);
  if (negative || is(TokenKind::kAdd)) take();
  ASSIGN_OR_RETURN(const std::string text, expect_text(TokenKind::kNumber));
  ASSIGN_OR_RETURN(const double value, number_of(text));
  return negative ? -value : value;
}

}  // namespace cordwood::logql

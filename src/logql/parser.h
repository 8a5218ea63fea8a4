// The parser behind parse.h: recursive descent with one token of look-ahead over the grammar of Loki 3.8. Internal to
// this folder. Its parts: parser.cc (tokens, errors, selectors), parser_stage.cc, parser_label_filter.cc,
// parser_range.cc (log ranges and their aggregations) and parser_metric.cc (operators, vector aggregations).
//
// Errors come in two kinds, as in Loki: of syntax, with a position; and of meaning (`parse error : ...`, without one),
// which are raised as soon as the part that they concern is complete and therefore win over later errors of syntax.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "logql/ast.h"
#include "logql/lexer.h"
#include "logql/token.h"

namespace cordwood::logql {

// What an operator can stand between. Log queries are legal operands for the grammar, and rejected when the operator is
// applied; `depth` keeps trees walkable.
struct Operand {
  std::variant<LogExpr, MetricPtr> expr;
  TextOffset at = 0;
  int depth = 1;

  bool is_log() const { return std::holds_alternative<LogExpr>(expr); }
};

class Parser {
 public:
  // `text` must outlive the parser, which is used once.
  explicit Parser(std::string_view text);

  // Each reads the whole text.
  base::StatusOr<Query> query();
  base::StatusOr<std::vector<Stage>> stages();

 private:
  struct RangeText;
  struct DeepFilter;

  // Counts parentheses and calls; check() fails when there are too many inside each other.
  class Nested {
   public:
    explicit Nested(Parser& parser) : parser_(parser) { ++parser_.nesting_; }
    ~Nested() { --parser_.nesting_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    base::Status check() const;

   private:
    Parser& parser_;
  };

  // Tokens.
  bool is(TokenKind kind) const { return token_.kind == kind; }
  bool accept(TokenKind kind);
  Token take();
  base::Status expect(TokenKind kind);
  base::StatusOr<std::string> expect_text(TokenKind kind);
  // The syntax error at the current token. Like Loki it names what was expected only when that is at most four kinds.
  base::Status unexpected(std::initializer_list<TokenKind> expected = {}) const;
  base::Status too_deep(int limit) const;

  // Selectors.
  base::StatusOr<std::vector<Matcher>> parse_selector();
  base::StatusOr<Matcher> parse_matcher();
  // The operator and value behind a label's name.
  base::StatusOr<Matcher> parse_matcher_tail(Token name);
  base::StatusOr<std::vector<std::string>> parse_label_list();

  // Stages. Stops in front of what is no stage; with `unwrap` an `| unwrap` ends the stages and is stored there.
  base::Status parse_stages(std::vector<Stage>& stages, std::optional<Unwrap>* unwrap);
  base::Status parse_line_filter(std::vector<Stage>& stages);
  base::StatusOr<LineFilterTerm> parse_line_filter_term();
  base::StatusOr<std::string> parse_ip_argument();
  base::StatusOr<Stage> parse_stage_after_pipe(TextOffset at);
  base::StatusOr<Stage> parse_json(TextOffset at);
  base::StatusOr<Stage> parse_logfmt(TextOffset at);
  base::StatusOr<Stage> parse_regexp(TextOffset at);
  base::StatusOr<Stage> parse_pattern_stage(TextOffset at);
  base::StatusOr<Stage> parse_label_format(TextOffset at);
  base::StatusOr<std::vector<LabelChoice>> parse_label_choices();
  base::StatusOr<Unwrap> parse_unwrap(TextOffset at);

  // Label filters.
  base::StatusOr<LabelFilterPtr> parse_label_filter();
  base::StatusOr<DeepFilter> parse_filter_tree();
  base::StatusOr<DeepFilter> parse_filter_operand();
  base::StatusOr<DeepFilter> parse_comparison();
  base::StatusOr<DeepFilter> combine_filters(bool both, DeepFilter left, DeepFilter right) const;
  base::StatusOr<double> parse_signed_number();

  // Ranges.
  base::StatusOr<MetricPtr> parse_range_aggregation(RangeOp op);
  base::StatusOr<RangeText> parse_range(bool in_parentheses);
  base::StatusOr<RangeText> parse_range_in_parentheses();
  base::Status parse_range_and_offset(LogRange& range);
  base::StatusOr<std::optional<Grouping>> parse_grouping();

  // Metrics.
  base::StatusOr<Operand> parse_expr(int min_precedence);
  // What follows the left operand, as far as it binds at least that tightly.
  base::StatusOr<Operand> parse_operators(Operand left, int min_precedence);
  base::StatusOr<Operand> parse_primary();
  base::StatusOr<Operand> parse_parenthesised();
  // An expression that must be a metric.
  base::StatusOr<Operand> parse_metric();
  base::StatusOr<Operand> parse_vector_aggregation(VectorOp op);
  base::StatusOr<Operand> parse_aggregated(std::optional<std::string>& parameter);
  base::StatusOr<Operand> parse_vector_literal();
  base::StatusOr<Operand> parse_label_replace();
  base::StatusOr<Operand> parse_literal();
  base::Status parse_binary_modifiers(BinaryOperation& operation);
  base::StatusOr<Operand> apply(BinaryOperation operation, TextOffset at, Operand left, Operand right) const;

  Lexer lexer_;
  Token token_;  // the look-ahead
  int nesting_ = 0;
};

// `parse error : message`.
base::Status meaning_error(std::string_view message);

// The value of a number token.
base::StatusOr<double> number_of(std::string_view text);

}  // namespace cordwood::logql

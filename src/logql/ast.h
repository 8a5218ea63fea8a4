// The syntax tree of LogQL: what parse() (parse.h) returns, what print() (print.h) turns back into text, and what
// pipeline, exec and query walk.
//
// Shape. A Query is a LogExpr (selector + stages) or a MetricExpr (a tree whose leaves hold a LogExpr or a number).
// Alternatives are std::variant, so std::visit with one overload per kind tells at compile time when a kind is added.
// Trees are immutable after parsing and shared by pointer to const: copying a Query is cheap, and any number of threads
// may read one. No tree is deeper than kMaxDepth, so plain recursion is safe.
//
// Positions. `at` is the byte offset in the query's text where the node begins (for operators: the operator).
//
// What parse() has already checked: types of operands, aggregation parameters and groupings, selectors' regexes and
// their non-empty rule, regexes of string label filters and of label_replace, the `regexp` and `pattern` parsers,
// label_format's targets. What Loki reports only when it builds a pipeline is kept here with its error (StatusOr
// members) or as text: paths of json and logfmt expressions, ip() arguments, regexes and patterns of line filters;
// check_stages() (check.h) finds all of those at once. Templates are compiled by pipeline.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "logql/json_path.h"
#include "logql/pattern.h"

namespace cordwood::logql {

using std::chrono::nanoseconds;

// Bytes from the start of the query's text.
using TextOffset = std::uint32_t;

// Levels of any tree (metric operators, label filters); deeper queries are rejected.
inline constexpr int kMaxDepth = 1000;
// Parentheses and calls inside each other while parsing.
inline constexpr int kMaxNesting = 200;
// A query of this many bytes or more is rejected, as in Loki.
inline constexpr std::size_t kMaxQueryBytes = 131072;

// ---------------------------------------------------------------------------------------------------------------------
// Selectors

enum class MatchOp : std::uint8_t { kEqual, kNotEqual, kRegex, kNotRegex };  // =  !=  =~  !~

// `name op "value"`. Regexes are RE2, valid, and anchored at both ends by whoever runs them; `.` matches newlines
// (Prometheus' `^(?s:value)$`). A missing label is the same as the value "".
struct Matcher {
  TextOffset at = 0;
  std::string name;
  MatchOp op = MatchOp::kEqual;
  std::string value;
};

// Whether `value` satisfies the matcher. Compiles regexes anew: for planning, not for rows.
bool matches(const Matcher& matcher, std::string_view value);

// ---------------------------------------------------------------------------------------------------------------------
// Stages

enum class LineFilterOp : std::uint8_t {
  kContains,     // |=
  kNotContains,  // !=
  kRegex,        // |~
  kNotRegex,     // !~
  kPattern,      // |>
  kNotPattern,   // !>
};
constexpr bool is_negated(LineFilterOp op) {
  return op == LineFilterOp::kNotContains || op == LineFilterOp::kNotRegex || op == LineFilterOp::kNotPattern;
}

// The text to look for, or with `is_ip` the argument of ip("..."), which is valid only with |= and !=.
struct LineFilterTerm {
  TextOffset at = 0;
  std::string text;
  bool is_ip = false;
};

// One line filter; several in a row are several stages, all of which must pass. The line is kept when any term matches.
// A negated filter has exactly one term and keeps lines that do not match it: the parser splits `!= "a" or "b"` (none
// of them) into two filters. Regexes are not anchored and `.` stops at newlines.
struct LineFilter {
  TextOffset at = 0;
  LineFilterOp op = LineFilterOp::kContains;
  std::vector<LineFilterTerm> terms;  // at least one
};

// `label="expression"` of the json parser; `expression` is the label's name when none was written.
struct JsonExtraction {
  TextOffset at = 0;
  std::string label;
  std::string expression;
  base::StatusOr<JsonPath> path;  // of `expression`; an error is reported when the pipeline is built
};
struct JsonParser {
  TextOffset at = 0;
  std::vector<JsonExtraction> extractions;  // empty: extract everything
};

struct LogfmtExtraction {
  TextOffset at = 0;
  std::string label;
  std::string expression;
  base::StatusOr<std::string> key;
};
struct LogfmtParser {
  TextOffset at = 0;
  bool strict = false;
  bool keep_empty = false;
  std::vector<LogfmtExtraction> extractions;  // empty: extract everything
};

// Valid RE2 with at least one named group; names are unique and valid label names.
struct RegexpParser {
  TextOffset at = 0;
  std::string regex;
};

struct PatternParser {
  TextOffset at = 0;
  std::string text;
  Pattern pattern;
};

struct UnpackParser {
  TextOffset at = 0;
};

enum class CompareOp : std::uint8_t { kEqual, kNotEqual, kGreater, kGreaterOrEqual, kLess, kLessOrEqual };

struct StringCompare {  // foo="bar", foo=~"b.*"
  Matcher matcher;
};
struct NumberCompare {  // foo>5
  std::string label;
  CompareOp op = CompareOp::kEqual;
  double value = 0;
};
struct DurationCompare {  // foo>=250ms
  std::string label;
  CompareOp op = CompareOp::kEqual;
  nanoseconds value{0};
};
struct BytesCompare {  // foo<2.5KiB
  std::string label;
  CompareOp op = CompareOp::kEqual;
  std::uint64_t bytes = 0;
};
struct IpCompare {  // foo=ip("10.0.0.0/8")
  std::string label;
  bool negated = false;
  std::string pattern;  // see ip_pattern.h; not checked by parse()
};

struct LabelFilter;
using LabelFilterPtr = std::shared_ptr<const LabelFilter>;
struct BothFilter {  // and, `,` or juxtaposition; the left side is evaluated first
  LabelFilterPtr left;
  LabelFilterPtr right;
};
struct EitherFilter {  // or
  LabelFilterPtr left;
  LabelFilterPtr right;
};
struct LabelFilter {
  TextOffset at = 0;
  std::variant<StringCompare, NumberCompare, DurationCompare, BytesCompare, IpCompare, BothFilter, EitherFilter> node;
};
// `| filter` as a stage.
struct LabelFilterStage {
  TextOffset at = 0;
  LabelFilterPtr filter;
};

struct LineFormat {
  TextOffset at = 0;
  std::string template_text;
};

// `target=source` (rename) or `target="template"`. All assignments of a stage read one snapshot of the labels.
struct LabelAssignment {
  TextOffset at = 0;
  std::string target;
  bool is_rename = false;
  std::string value;  // the source label, or the template's text
};
struct LabelFormat {
  TextOffset at = 0;
  std::vector<LabelAssignment> assignments;  // targets are unique and never __error__
};

struct Decolorize {
  TextOffset at = 0;
};

// An entry of drop and keep: a name, or a matcher (then `name` is the matcher's name).
struct LabelChoice {
  TextOffset at = 0;
  std::string name;
  std::optional<Matcher> matcher;
};
struct DropLabels {
  TextOffset at = 0;
  std::vector<LabelChoice> choices;
};
struct KeepLabels {
  TextOffset at = 0;
  std::vector<LabelChoice> choices;
};

using Stage = std::variant<LineFilter, JsonParser, LogfmtParser, RegexpParser, PatternParser, UnpackParser,
                           LabelFilterStage, LineFormat, LabelFormat, Decolorize, DropLabels, KeepLabels>;
inline TextOffset position_of(const Stage& stage) {
  return std::visit([](const auto& s) { return s.at; }, stage);
}

// `{...} | stage | stage`, in the order written.
struct LogExpr {
  TextOffset at = 0;
  std::vector<Matcher> matchers;
  std::vector<Stage> stages;
};

// ---------------------------------------------------------------------------------------------------------------------
// Metrics

enum class UnwrapConversion : std::uint8_t { kNone, kBytes, kDuration, kDurationSeconds };

// `| unwrap label` and the label filters after it, each of which must pass.
struct Unwrap {
  TextOffset at = 0;
  UnwrapConversion conversion = UnwrapConversion::kNone;
  std::string label;
  std::vector<LabelFilterPtr> filters;
};

// `{...} | stages | unwrap x [range] offset d`, whatever the order in the text was.
struct LogRange {
  LogExpr log;
  nanoseconds range{0};
  nanoseconds offset{0};  // positive looks into the past
  std::optional<Unwrap> unwrap;
};

struct Grouping {
  bool without = false;
  std::vector<std::string> labels;  // may be empty: `by ()` is one group, `without ()` keeps all labels
};

enum class RangeOp : std::uint8_t {
  kRate,
  kRateCounter,
  kCountOverTime,
  kBytesRate,
  kBytesOverTime,
  kAvgOverTime,
  kSumOverTime,
  kMinOverTime,
  kMaxOverTime,
  kStdvarOverTime,
  kStddevOverTime,
  kQuantileOverTime,
  kFirstOverTime,
  kLastOverTime,
  kAbsentOverTime,
};

struct RangeAggregation {
  RangeOp op = RangeOp::kCountOverTime;
  double quantile = 0;               // kQuantileOverTime only
  std::optional<Grouping> grouping;  // nullopt: none written
  LogRange range;
};

enum class VectorOp : std::uint8_t {
  kSum,
  kAvg,
  kCount,
  kMax,
  kMin,
  kStddev,
  kStdvar,
  kBottomk,
  kTopk,
  kApproxTopk,
  kSort,
  kSortDesc,
};

struct MetricExpr;
using MetricPtr = std::shared_ptr<const MetricExpr>;

struct VectorAggregation {
  VectorOp op = VectorOp::kSum;
  std::int64_t k = 0;                // topk, bottomk, approx_topk only: at least 1
  std::optional<Grouping> grouping;  // nullopt: none written, which means one group
  MetricPtr inner;
};

enum class BinaryOp : std::uint8_t {
  kOr,
  kAnd,
  kUnless,
  kEqual,
  kNotEqual,
  kGreater,
  kGreaterOrEqual,
  kLess,
  kLessOrEqual,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
};
constexpr bool is_set_operator(BinaryOp op) {
  return op <= BinaryOp::kUnless;
}
constexpr bool is_comparison(BinaryOp op) {
  return op >= BinaryOp::kEqual && op <= BinaryOp::kLessOrEqual;
}

// As written; set operators match many to many whatever stands here.
struct VectorMatching {
  enum class Cardinality : std::uint8_t { kOneToOne, kManyToOne, kOneToMany };  // group_left is many to one
  Cardinality cardinality = Cardinality::kOneToOne;
  bool on = false;                   // on(labels), else ignoring(labels)
  std::vector<std::string> labels;   // empty and !on: match on all labels
  std::vector<std::string> include;  // of group_left(...) or group_right(...)
};

// Two literals never meet here: the parser folds them. Literals are never a leg of a set operator.
struct BinaryOperation {
  BinaryOp op = BinaryOp::kAdd;
  bool return_bool = false;
  VectorMatching matching;
  MetricPtr left;
  MetricPtr right;
};

struct Literal {  // a scalar
  double value = 0;
};
struct VectorLiteral {  // vector(1): one sample without labels
  double value = 0;
};

struct LabelReplace {
  MetricPtr inner;
  std::string destination;
  std::string replacement;  // $1, ${name}
  std::string source;
  std::string regex;  // valid RE2; anchored at both ends by whoever runs it
};

struct MetricExpr {
  TextOffset at = 0;
  std::variant<RangeAggregation, VectorAggregation, BinaryOperation, Literal, VectorLiteral, LabelReplace> node;
};

// ---------------------------------------------------------------------------------------------------------------------

struct Query {
  std::variant<LogExpr, MetricPtr> root;

  bool is_log() const { return std::holds_alternative<LogExpr>(root); }
  // Precondition: is_log().
  const LogExpr& log() const { return std::get<LogExpr>(root); }
  // Precondition: !is_log(). Never null.
  const MetricExpr& metric() const { return *std::get<MetricPtr>(root); }
};

// Visitor for std::visit from lambdas: std::visit(Overloaded{[](const Literal&) {..}, [](const auto&) {..}},
// expr.node).
template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace cordwood::logql

// Loki's format_query: what does not fit into a line is split, two spaces a level.
#include <fmt/format.h>

#include "core/labels.h"
#include "logql/print.h"
#include "logql/printer.h"
#include "logql/units.h"

namespace cordwood::logql {
namespace {

bool is_pow(BinaryOp op) {
  return op == BinaryOp::kPow;
}

class Formatter {
 public:
  explicit Formatter(std::size_t max_chars) : max_chars_(max_chars) {}

  std::string take() { return std::move(out_); }

  void add(const LogExpr& log, int level) {
    if (const std::string line = print(log); fits(line)) return add_line(line, level);
    indent(level);
    append_selector(out_, log.matchers);
    for (const Stage& stage : log.stages) {
      out_ += '\n';
      add_line(print(stage), level + 1);
    }
  }

  void add(const MetricExpr& expr, int level) {
    if (const std::string line = print(expr); fits(line)) return add_line(line, level);
    std::visit([&](const auto& node) { add_node(node, expr, level); }, expr.node);
  }

 private:
  bool fits(const std::string& line) const { return line.size() <= max_chars_; }
  void indent(int level) { out_.append(static_cast<std::size_t>(level) * 2, ' '); }
  void add_line(std::string_view line, int level) {
    indent(level);
    out_ += line;
  }
  void close(int level) {
    out_ += '\n';
    add_line(")", level);
  }

  // A literal is as short as it gets.
  void add_node(const Literal&, const MetricExpr& expr, int level) { add_line(print(expr), level); }
  void add_node(const VectorLiteral&, const MetricExpr& expr, int level) { add_line(print(expr), level); }

  void add_node(const RangeAggregation& aggregation, const MetricExpr&, int level) {
    add_line(name_of(aggregation.op), level);
    out_ += "(\n";
    if (aggregation.op == RangeOp::kQuantileOverTime) {
      add_line(format_float_shortest(aggregation.quantile), level + 1);
      out_ += ",\n";
    }
    add_range(aggregation.range, level + 1);
    close(level);
    append_grouping(out_, aggregation.grouping);
  }

  // The brackets stay on the line of the last stage.
  void add_range(const LogRange& range, int level) {
    add(range.log, level);
    if (range.unwrap.has_value()) {
      out_ += '\n';
      indent(level + 1);
      append_unwrap(out_, *range.unwrap);
      for (const LabelFilterPtr& filter : range.unwrap->filters) {
        out_ += '\n';
        add_line("| " + print(*filter), level + 1);
      }
    }
    out_.append(" [").append(format_prometheus_duration(range.range)).append("]");
    append_offset(out_, format_prometheus_duration(range.offset), range);
  }

  void add_node(const VectorAggregation& aggregation, const MetricExpr&, int level) {
    add_line(name_of(aggregation.op), level);
    append_vector_grouping(out_, aggregation.grouping);
    out_ += "(\n";
    if (aggregation.k > 0) {
      add_line(fmt::format("{}", aggregation.k), level + 1);
      out_ += ",\n";
    }
    add(*aggregation.inner, level + 1);
    close(level);
  }

  void add_node(const LabelReplace& replace, const MetricExpr&, int level) {
    add_line("label_replace(\n", level);
    add(*replace.inner, level + 1);
    for (const std::string* argument : {&replace.destination, &replace.replacement, &replace.source, &replace.regex}) {
      out_ += ",\n";
      indent(level + 1);
      core::append_go_quoted(out_, *argument);
    }
    close(level);
  }

  void add_node(const BinaryOperation& operation, const MetricExpr&, int level) {
    add_operand(*operation.left, operation.op, is_pow(operation.op), level + 1);
    out_ += '\n';
    indent(level);
    append_operator(out_, operation);
    out_ += '\n';
    add_operand(*operation.right, operation.op, !is_pow(operation.op), level + 1);
  }

  // Indentation alone does not survive parsing: an operand that binds less tightly than its operator, or as tightly on
  // the side where the operator does not lean to (`equal_needs`), keeps its parentheses. What is printed on one line
  // has them already.
  void add_operand(const MetricExpr& operand, BinaryOp parent, bool equal_needs, int level) {
    const auto* const inner = std::get_if<BinaryOperation>(&operand.node);
    if (inner == nullptr || fits(print(operand))) return add(operand, level);
    const int inner_precedence = precedence_of(inner->op);
    const int outer_precedence = precedence_of(parent);
    if (inner_precedence > outer_precedence || (inner_precedence == outer_precedence && !equal_needs)) {
      return add(operand, level);
    }
    add_line("(\n", level);
    add(operand, level + 1);
    close(level);
  }

  std::size_t max_chars_;
  std::string out_;
};

}  // namespace

int precedence_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::kOr:
      return 1;
    case BinaryOp::kAnd:
    case BinaryOp::kUnless:
      return 2;
    case BinaryOp::kAdd:
    case BinaryOp::kSub:
      return 4;
    case BinaryOp::kMul:
    case BinaryOp::kDiv:
    case BinaryOp::kMod:
      return 5;
    case BinaryOp::kPow:
      return 6;
    default:
      return 3;
  }
}

std::string format(const Query& query, std::size_t max_chars) {
  Formatter formatter(max_chars);
  if (query.is_log()) {
    formatter.add(query.log(), 0);
  } else {
    formatter.add(query.metric(), 0);
  }
  return formatter.take();
}

}  // namespace cordwood::logql

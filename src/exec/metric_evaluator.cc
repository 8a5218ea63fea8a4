#include "exec/metric_evaluator.h"

#include "exec/binary_operation.h"
#include "exec/label_replace.h"
#include "exec/vector_aggregation.h"
#include "logql/evaluate.h"

namespace cordwood::exec {
namespace {

class Evaluator {
 public:
  Evaluator(std::size_t steps, const RangeValues& range_values) : steps_(steps), range_values_(range_values) {}

  base::StatusOr<MetricValue> value(const logql::MetricExpr& expr) {
    return std::visit([this](const auto& node) { return of(node); }, expr.node);
  }

 private:
  base::StatusOr<MetricValue> of(const logql::RangeAggregation& node) {
    ASSIGN_OR_RETURN(Matrix matrix, range_values_(node));
    return MetricValue(std::move(matrix));
  }
  base::StatusOr<MetricValue> of(const logql::VectorAggregation& node) {
    ASSIGN_OR_RETURN(Matrix inner, vector(*node.inner));
    return MetricValue(aggregate(node, std::move(inner)));
  }
  base::StatusOr<MetricValue> of(const logql::BinaryOperation& node) {
    ASSIGN_OR_RETURN(MetricValue left, value(*node.left));
    ASSIGN_OR_RETURN(MetricValue right, value(*node.right));
    const double* left_scalar = std::get_if<double>(&left);
    const double* right_scalar = std::get_if<double>(&right);
    if (left_scalar != nullptr && right_scalar != nullptr) {
      return MetricValue(logql::evaluate(node.op, *left_scalar, *right_scalar));
    }
    if (left_scalar != nullptr) {
      return MetricValue(combine_with_scalar(node, std::get<Matrix>(std::move(right)), *left_scalar, true));
    }
    if (right_scalar != nullptr) {
      return MetricValue(combine_with_scalar(node, std::get<Matrix>(std::move(left)), *right_scalar, false));
    }
    ASSIGN_OR_RETURN(Matrix matrix,
                     combine(node, std::get<Matrix>(std::move(left)), std::get<Matrix>(std::move(right))));
    return MetricValue(std::move(matrix));
  }
  base::StatusOr<MetricValue> of(const logql::Literal& node) { return MetricValue(node.value); }
  base::StatusOr<MetricValue> of(const logql::VectorLiteral& node) { return MetricValue(constant(node.value)); }
  base::StatusOr<MetricValue> of(const logql::LabelReplace& node) {
    ASSIGN_OR_RETURN(Matrix inner, vector(*node.inner));
    ASSIGN_OR_RETURN(Matrix matrix, replace_labels(node, std::move(inner)));
    return MetricValue(std::move(matrix));
  }

  base::StatusOr<Matrix> vector(const logql::MetricExpr& expr) {
    ASSIGN_OR_RETURN(MetricValue inner, value(expr));
    if (const double* scalar = std::get_if<double>(&inner)) return constant(*scalar);
    return std::get<Matrix>(std::move(inner));
  }
  Matrix constant(double value) const { return {steps_, {{core::Labels(), std::vector<double>(steps_, value)}}}; }

  const std::size_t steps_;
  const RangeValues& range_values_;
};

}  // namespace

base::StatusOr<MetricValue> evaluate(const logql::MetricExpr& expr, std::size_t steps,
                                     const RangeValues& range_values) {
  return Evaluator(steps, range_values).value(expr);
}

bool keeps_order(const logql::MetricExpr& expr) {
  return std::visit(
      logql::Overloaded{
          [](const logql::VectorAggregation& node) {
            return node.op == logql::VectorOp::kSort || node.op == logql::VectorOp::kSortDesc ||
                   keeps_order(*node.inner);
          },
          [](const logql::BinaryOperation& node) { return keeps_order(*node.left) || keeps_order(*node.right); },
          [](const logql::LabelReplace& node) { return keeps_order(*node.inner); }, [](const auto&) { return false; }},
      expr.node);
}

}  // namespace cordwood::exec

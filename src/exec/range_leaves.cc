#include "exec/range_leaves.h"

#include "pipeline/sample_extractor.h"

namespace cordwood::exec {
namespace {

void append_leaves(const logql::MetricExpr& expr, const std::optional<logql::Grouping>& outer,
                   std::vector<RangeLeaf>& leaves) {
  std::visit(
      logql::Overloaded{[&](const logql::RangeAggregation& node) { leaves.push_back({&node, outer}); },
                        [&](const logql::VectorAggregation& node) {
                          append_leaves(*node.inner, pipeline::SampleExtractor::outer_grouping(node), leaves);
                        },
                        [&](const logql::BinaryOperation& node) {
                          append_leaves(*node.left, std::nullopt, leaves);
                          append_leaves(*node.right, std::nullopt, leaves);
                        },
                        [&](const logql::LabelReplace& node) { append_leaves(*node.inner, std::nullopt, leaves); },
                        [](const auto&) {}},
      expr.node);
}

}  // namespace

std::vector<RangeLeaf> range_leaves(const logql::MetricExpr& expr) {
  std::vector<RangeLeaf> leaves;
  append_leaves(expr, std::nullopt, leaves);
  return leaves;
}

}  // namespace cordwood::exec

#include "logql/walk.h"

namespace cordwood::logql {

void for_each_range(const MetricExpr& expr, const std::function<void(const LogRange&)>& visit) {
  std::visit(Overloaded{
                 [&](const RangeAggregation& e) { visit(e.range); },
                 [&](const VectorAggregation& e) { for_each_range(*e.inner, visit); },
                 [&](const LabelReplace& e) { for_each_range(*e.inner, visit); },
                 [&](const BinaryOperation& e) {
                   for_each_range(*e.left, visit);
                   for_each_range(*e.right, visit);
                 },
                 [](const Literal&) {},
                 [](const VectorLiteral&) {},
             },
             expr.node);
}

void for_each_range(const Query& query, const std::function<void(const LogRange&)>& visit) {
  if (!query.is_log()) for_each_range(query.metric(), visit);
}

void for_each_log(const Query& query, const std::function<void(const LogExpr&)>& visit) {
  if (query.is_log()) return visit(query.log());
  for_each_range(query.metric(), [&](const LogRange& range) { visit(range.log); });
}

void for_each_comparison(const LabelFilter& filter, const std::function<void(const LabelFilter&)>& visit) {
  const auto both = [&](const auto& node) {
    for_each_comparison(*node.left, visit);
    for_each_comparison(*node.right, visit);
  };
  std::visit(Overloaded{[&](const BothFilter& node) { both(node); }, [&](const EitherFilter& node) { both(node); },
                        [&](const auto&) { visit(filter); }},
             filter.node);
}

}  // namespace cordwood::logql

#include "query/metric_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "exec/level_column.h"
#include "exec/metric_evaluator.h"
#include "exec/range_leaves.h"
#include "logql/print.h"
#include "query/range_query.h"

namespace cordwood::query {
namespace {

base::StatusOr<exec::StepGrid> make_grid(const core::QueryRequest& request, const core::Limits& limits) {
  if (request.instant) return exec::StepGrid{request.end, base::nanoseconds(0), 1};
  if (request.end < request.start) {
    return base::invalid_argument_error("end timestamp must not be before or equal to start time");
  }
  if (request.step.count() <= 0 && request.start != request.end) {
    return base::invalid_argument_error(
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  if (request.step.count() > 0 && (request.end - request.start) / request.step > limits.points_per_series_max) {
    return base::invalid_argument_error(
        "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter");
  }
  return exec::StepGrid::make(request.start, request.end, request.step);
}

// The text of what is read and how it is grouped: equal leaves are read once.
std::string leaf_key(const exec::RangeLeaf& leaf) {
  logql::MetricExpr expr{0, *leaf.aggregation};
  std::string key = logql::print(expr);
  if (leaf.outer.has_value()) {
    key += leaf.outer->without ? " without" : " by";
    for (const std::string& label : leaf.outer->labels) key += " " + label;
  }
  return key;
}

// The times that any leaf reads.
core::TimeRange times_of(const std::vector<exec::RangeLeaf>& leaves, exec::StepGrid grid) {
  core::TimeRange all{core::UnixNanos::max(), core::UnixNanos::min()};
  for (const exec::RangeLeaf& leaf : leaves) {
    const exec::WindowPanes panes(grid, leaf.aggregation->range.range, leaf.aggregation->range.offset);
    all.begin = std::min(all.begin, panes.times().begin);
    all.end = std::max(all.end, panes.times().end);
  }
  return all;
}

// The values of all leaves, by the leaf's text.
base::Task<base::StatusOr<std::map<std::string, exec::Matrix>>> read_leaves(
    const std::vector<exec::RangeLeaf>& leaves, exec::StepGrid grid, bool levels, core::TenantId tenant,
    PartProvider& provider, QueryContext& context, base::MemoryReservation& memory) {
  std::map<std::string, exec::Matrix> values;
  if (leaves.empty()) co_return values;
  const core::TimeRange range = times_of(leaves, grid);
  auto parts = co_await provider.parts(tenant, range);
  if (!parts.ok()) co_return parts.status();
  for (std::string& text : parts->unreadable) context.add_unreadable(std::move(text));
  for (const exec::RangeLeaf& leaf : leaves) {
    std::string key = leaf_key(leaf);
    if (values.contains(key)) continue;
    auto matrix = co_await run_range(leaf, key, grid, levels, parts->parts, context, memory);
    if (!matrix.ok()) co_return matrix.status();
    values.emplace(std::move(key), *std::move(matrix));
  }
  co_return values;
}

base::Status too_many_series(std::size_t limit) {
  return base::invalid_argument_error(
      "maximum number of series ({}) reached for a single query; consider reducing query cardinality by adding more "
      "specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() "
      "or topk()",
      limit);
}

// The first series, and a warning with the words that Loki uses.
void cut_series(core::QueryResult& result, std::size_t limit) {
  if (auto* vector = std::get_if<core::VectorResult>(&result.data)) vector->series.resize(limit);
  if (auto* matrix = std::get_if<core::MatrixResult>(&result.data)) matrix->series.resize(limit);
  result.warnings.push_back(
      fmt::format("maximum number of series ({}) reached for a single query; returning partial results", limit));
}

core::VectorResult to_vector(exec::Matrix matrix, base::UnixNanos time, bool keep_order) {
  core::VectorResult result;
  for (exec::MatrixRow& row : matrix.rows) {
    if (!row.any()) continue;
    result.series.push_back({std::move(row.labels), {{time, row.values[0]}}});
  }
  if (!keep_order) {
    std::stable_sort(result.series.begin(), result.series.end(),
                     [](const core::Series& a, const core::Series& b) { return a.labels < b.labels; });
  }
  return result;
}

// Rows of equal labels become one series, as in Loki.
core::MatrixResult to_matrix(exec::Matrix matrix, const exec::StepGrid& grid) {
  std::stable_sort(matrix.rows.begin(), matrix.rows.end(),
                   [](const exec::MatrixRow& a, const exec::MatrixRow& b) { return a.labels < b.labels; });
  core::MatrixResult result;
  for (exec::MatrixRow& row : matrix.rows) {
    if (!row.any()) continue;
    const bool again = !result.series.empty() && result.series.back().labels == row.labels;
    if (!again) result.series.push_back({std::move(row.labels), {}});
    std::vector<core::Sample>& samples = result.series.back().samples;
    for (std::size_t step = 0; step < row.values.size(); ++step) {
      if (!exec::is_absent(row.values[step])) samples.push_back({grid.at(step), row.values[step]});
    }
    row.values = {};
    if (again) {
      std::stable_sort(samples.begin(), samples.end(),
                       [](const core::Sample& a, const core::Sample& b) { return a.time < b.time; });
    }
  }
  return result;
}

core::QueryResult scalar_result(double value, const core::QueryRequest& request, const exec::StepGrid& grid) {
  core::QueryResult result;
  if (request.instant) {
    result.data = core::ScalarResult{{request.end, value}};
    return result;
  }
  core::Series series;
  for (std::size_t step = 0; step < grid.count; ++step) series.samples.push_back({grid.at(step), value});
  result.data = core::MatrixResult{{std::move(series)}};
  return result;
}

base::StatusOr<core::QueryResult> make_result(exec::MetricValue value, const logql::MetricExpr& expr,
                                              const core::QueryRequest& request, const exec::StepGrid& grid,
                                              const core::Limits& limits) {
  if (const double* scalar = std::get_if<double>(&value)) return scalar_result(*scalar, request, grid);
  exec::Matrix matrix = std::get<exec::Matrix>(std::move(value));
  core::QueryResult result;
  std::size_t series = 0;
  if (request.instant) {
    core::VectorResult vector = to_vector(std::move(matrix), request.end, exec::keeps_order(expr));
    series = vector.series.size();
    result.data = std::move(vector);
  } else {
    core::MatrixResult all = to_matrix(std::move(matrix), grid);
    series = all.series.size();
    result.data = std::move(all);
  }
  if (series > limits.query_series_max) {
    if (!request.cut_series) return too_many_series(limits.query_series_max);
    cut_series(result, limits.query_series_max);
  }
  return result;
}

}  // namespace

base::Task<base::StatusOr<core::QueryResult>> run_metric_query(const logql::MetricExpr& expr,
                                                               const core::QueryRequest& request,
                                                               PartProvider& provider, QueryContext& context) {
  const core::Limits& limits = context.options().limits;
  CO_ASSIGN_OR_RETURN(const exec::StepGrid grid, make_grid(request, limits));
  const std::vector<exec::RangeLeaf> leaves = exec::range_leaves(expr);
  const bool levels = request.levels != core::LevelUse::kNever && exec::names_level(logql::print(expr));
  CO_ASSIGN_OR_RETURN(base::MemoryReservation memory, context.memory().reserve(0));
  auto values = co_await read_leaves(leaves, grid, levels, request.tenant, provider, context, memory);
  if (!values.ok()) co_return values.status();
  std::map<std::string, std::size_t> uses;
  for (const exec::RangeLeaf& leaf : leaves) ++uses[leaf_key(leaf)];
  std::size_t next = 0;
  const exec::RangeValues range_values = [&](const logql::RangeAggregation&) -> base::StatusOr<exec::Matrix> {
    const std::string key = leaf_key(leaves[next++]);
    exec::Matrix& matrix = values->at(key);
    if (--uses[key] > 0) return matrix;
    return std::move(matrix);
  };
  auto value = exec::evaluate(expr, grid.count, range_values);
  if (!value.ok()) co_return value.status();
  co_return make_result(*std::move(value), expr, request, grid, limits);
}

}  // namespace cordwood::query

#include "exec/vector_aggregation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "exec/grouping.h"
#include "exec/series_table.h"
#include "exec/window_states.h"

namespace cordwood::exec {
namespace {

using logql::VectorOp;

struct Groups {
  SeriesTable labels;
  std::vector<std::vector<std::size_t>> rows;  // of the input, by group
};

Groups group_rows(const Matrix& input, const std::optional<logql::Grouping>& grouping) {
  Groups groups;
  for (std::size_t row = 0; row < input.rows.size(); ++row) {
    const std::uint32_t group = groups.labels.intern(group_labels(input.rows[row].labels, grouping));
    if (group == groups.rows.size()) groups.rows.emplace_back();
    groups.rows[group].push_back(row);
  }
  return groups;
}

// A lone sample deviates by 0 even when it is not finite, unlike in stddev_over_time.
struct DeviationState {
  VarianceState variance;
  bool empty() const { return variance.empty(); }
  void add(const RangeSample& sample) {
    if (variance.count == 0) {
      variance = {1, sample.value, 0};
    } else {
      variance.add(sample);
    }
  }
};

template <typename State, typename Finish>
Matrix reduce(const Matrix& input, const Groups& groups, Finish finish) {
  Matrix output{input.steps, {}};
  std::vector<State> states;
  for (std::uint32_t group = 0; group < groups.rows.size(); ++group) {
    states.assign(input.steps, State{});
    for (const std::size_t row : groups.rows[group]) {
      const std::vector<double>& values = input.rows[row].values;
      for (std::size_t step = 0; step < input.steps; ++step) {
        if (!is_absent(values[step])) states[step].add({values[step], nullptr});
      }
    }
    MatrixRow result{groups.labels.labels(group), std::vector<double>(input.steps, absent())};
    for (std::size_t step = 0; step < input.steps; ++step) {
      if (!states[step].empty()) result.values[step] = finish(states[step]);
    }
    output.rows.push_back(std::move(result));
  }
  return output;
}

// Whether `a` comes before `b`; NaN comes last either way.
bool ranks_before(double a, double b, bool descending) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return descending ? a > b : a < b;
}

// Of equal values the one with the smaller labels is taken: which series came first says nothing, because it depends on
// the steps that were asked for.
Matrix take_best(Matrix input, const Groups& groups, std::int64_t k, bool descending) {
  Matrix output{input.steps, {}};
  std::vector<std::size_t> present;
  for (std::vector<std::size_t> rows : groups.rows) {
    std::sort(rows.begin(), rows.end(),
              [&](std::size_t a, std::size_t b) { return input.rows[a].labels < input.rows[b].labels; });
    std::vector<MatrixRow> taken(rows.size());
    std::vector<std::size_t> order;  // of taken rows, as first chosen
    for (std::size_t step = 0; step < input.steps; ++step) {
      present.clear();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!is_absent(input.rows[rows[i]].values[step])) present.push_back(i);
      }
      const auto wanted =
          static_cast<std::size_t>(std::min<std::int64_t>(k, static_cast<std::int64_t>(present.size())));
      const auto value_at = [&](std::size_t i) { return input.rows[rows[i]].values[step]; };
      std::partial_sort(present.begin(), present.begin() + static_cast<std::ptrdiff_t>(wanted), present.end(),
                        [&](std::size_t a, std::size_t b) {
                          if (ranks_before(value_at(a), value_at(b), descending)) return true;
                          if (ranks_before(value_at(b), value_at(a), descending)) return false;
                          return a < b;
                        });
      for (std::size_t i = 0; i < wanted; ++i) {
        MatrixRow& row = taken[present[i]];
        if (row.values.empty()) {
          row.values.assign(input.steps, absent());
          order.push_back(present[i]);
        }
        row.values[step] = value_at(present[i]);
      }
    }
    for (const std::size_t i : order) {
      taken[i].labels = std::move(input.rows[rows[i]].labels);
      output.rows.push_back(std::move(taken[i]));
    }
  }
  return output;
}

Matrix sort_rows_by_value(Matrix input, bool descending) {
  if (input.steps != 1) return input;
  std::erase_if(input.rows, [](const MatrixRow& row) { return is_absent(row.values[0]); });
  std::stable_sort(input.rows.begin(), input.rows.end(), [descending](const MatrixRow& a, const MatrixRow& b) {
    return ranks_before(a.values[0], b.values[0], descending);
  });
  return input;
}

}  // namespace

Matrix aggregate(const logql::VectorAggregation& aggregation, Matrix input) {
  if (aggregation.op == VectorOp::kSort) return sort_rows_by_value(std::move(input), false);
  if (aggregation.op == VectorOp::kSortDesc) return sort_rows_by_value(std::move(input), true);
  const Groups groups = group_rows(input, aggregation.grouping);
  switch (aggregation.op) {
    case VectorOp::kSum:
      return reduce<SumState>(input, groups, [](const SumState& s) { return s.value(); });
    case VectorOp::kAvg:
      return reduce<MeanState>(input, groups, [](const MeanState& s) { return s.value(); });
    case VectorOp::kCount:
      return reduce<CountState>(input, groups, [](const CountState& s) { return static_cast<double>(s.count); });
    case VectorOp::kMax:
      return reduce<ExtremeState<true>>(input, groups, [](const ExtremeState<true>& s) { return s.value; });
    case VectorOp::kMin:
      return reduce<ExtremeState<false>>(input, groups, [](const ExtremeState<false>& s) { return s.value; });
    case VectorOp::kStddev:
      return reduce<DeviationState>(input, groups,
                                    [](const DeviationState& s) { return std::sqrt(s.variance.variance()); });
    case VectorOp::kStdvar:
      return reduce<DeviationState>(input, groups, [](const DeviationState& s) { return s.variance.variance(); });
    case VectorOp::kTopk:
    case VectorOp::kApproxTopk:
      return take_best(std::move(input), groups, aggregation.k, true);
    case VectorOp::kBottomk:
      return take_best(std::move(input), groups, aggregation.k, false);
    case VectorOp::kSort:
    case VectorOp::kSortDesc:
      break;
  }
  CHECK(false);
  return input;
}

}  // namespace cordwood::exec

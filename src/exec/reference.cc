#include "exec/reference.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <variant>

#include "exec/binary_operation.h"
#include "exec/grouping.h"
#include "exec/label_replace.h"
#include "exec/range_leaves.h"
#include "exec/window_states.h"
#include "logql/evaluate.h"
#include "pipeline/pipeline.h"
#include "pipeline/sample_extractor.h"

namespace cordwood::exec {
namespace {

using logql::RangeOp;
using logql::VectorOp;
using segment::MemRow;

bool selects(const std::vector<logql::Matcher>& matchers, const core::Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const logql::Matcher& matcher) { return logql::matches(matcher, labels.get(matcher.name)); });
}

core::RowPosition position_of_row(const MemRow& row) {
  return {row.time, row.labels->stream_id(), row.source.generation, row.offset};
}

std::vector<core::MetadataPair> metadata_of_row(const MemRow& row) {
  std::vector<core::MetadataPair> pairs;
  for (const core::Label& label : row.metadata) pairs.push_back({label.name, label.value});
  return pairs;
}

std::vector<core::Label> copy(std::span<const pipeline::LabelView> views) {
  std::vector<core::Label> labels;
  for (const auto& view : views) labels.push_back({std::string(view.name), std::string(view.value)});
  return labels;
}

// --- range aggregations --------------------------------------------------------------------------------------------

struct Extracted {
  core::RowPosition position;
  core::Labels labels;
  double value = 0;
};

double sum_of(const std::vector<Extracted>& samples) {
  double sum = 0;
  for (const Extracted& sample : samples) sum += sample.value;
  return sum;
}

double variance_of(const std::vector<Extracted>& samples) {
  double mean = 0;
  double squares = 0;
  double count = 0;
  for (const Extracted& sample : samples) {
    const double delta = sample.value - mean;
    mean += delta / ++count;
    squares += delta * (sample.value - mean);
  }
  return squares / count;
}

double extreme_of(const std::vector<Extracted>& samples, bool max) {
  double best = std::nan("");
  for (const Extracted& sample : samples) {
    if (std::isnan(best) || (max ? sample.value > best : sample.value < best)) best = sample.value;
  }
  return best;
}

// Samples of one series in one window, in order of position.
double range_value(const logql::RangeAggregation& node, const std::vector<Extracted>& samples, base::UnixNanos end) {
  const double seconds = static_cast<double>(node.range.range.count()) / 1e9;
  const auto count = static_cast<double>(samples.size());
  switch (node.op) {
    case RangeOp::kRate:
      return (node.range.unwrap.has_value() ? sum_of(samples) : count) / seconds;
    case RangeOp::kBytesRate:
      return sum_of(samples) / seconds;
    case RangeOp::kCountOverTime:
      return count;
    case RangeOp::kBytesOverTime:
    case RangeOp::kSumOverTime:
      return sum_of(samples);
    case RangeOp::kAvgOverTime:
      return sum_of(samples) / count;
    case RangeOp::kMinOverTime:
      return extreme_of(samples, false);
    case RangeOp::kMaxOverTime:
      return extreme_of(samples, true);
    case RangeOp::kStdvarOverTime:
      return variance_of(samples);
    case RangeOp::kStddevOverTime:
      return std::sqrt(variance_of(samples));
    case RangeOp::kFirstOverTime:
      return samples.front().value;
    case RangeOp::kLastOverTime:
      return samples.back().value;
    case RangeOp::kQuantileOverTime: {
      std::vector<double> values;
      for (const Extracted& sample : samples) values.push_back(sample.value);
      return quantile_of(node.quantile, values);
    }
    case RangeOp::kRateCounter: {
      std::vector<SamplesState::Sample> kept;
      for (const Extracted& sample : samples) kept.push_back({sample.position, sample.value});
      return counter_rate(kept, end, node.range.range);
    }
    case RangeOp::kAbsentOverTime:
      return 1;
  }
  return 0;
}

core::Labels absent_labels(const std::vector<logql::Matcher>& matchers) {
  std::map<std::string, std::string> labels;
  std::set<std::string> spoiled;
  for (const logql::Matcher& matcher : matchers) {
    if (matcher.op != logql::MatchOp::kEqual || !labels.emplace(matcher.name, matcher.value).second) {
      spoiled.insert(matcher.name);
    }
  }
  std::vector<core::Label> result;
  for (const auto& [name, value] : labels) {
    if (!spoiled.contains(name) && !value.empty()) result.push_back({name, value});
  }
  return core::Labels(std::move(result));
}

base::StatusOr<std::vector<Extracted>> extract(const RangeLeaf& leaf, const std::vector<MemRow>& rows,
                                               base::UnixNanos now) {
  const pipeline::PipelineOptions options{.now = now};
  ASSIGN_OR_RETURN(
      const auto extractor,
      pipeline::SampleExtractor::build(*leaf.aggregation, leaf.outer.has_value() ? &*leaf.outer : nullptr, options));
  std::vector<Extracted> samples;
  for (const MemRow& row : rows) {
    if (!selects(leaf.aggregation->range.log.matchers, *row.labels)) continue;
    pipeline::SampleRun run(extractor, *row.labels);
    const auto metadata = metadata_of_row(row);
    if (!run.process(row.time, row.line, metadata)) continue;
    samples.push_back({position_of_row(row), core::Labels(copy(run.labels())), run.value()});
  }
  std::sort(samples.begin(), samples.end(),
            [](const Extracted& a, const Extracted& b) { return a.position < b.position; });
  return samples;
}

base::StatusOr<ReferenceVector> range_at(const RangeLeaf& leaf, const std::vector<Extracted>& samples,
                                         base::UnixNanos step) {
  const logql::LogRange& range = leaf.aggregation->range;
  const base::UnixNanos end = step - range.offset;
  std::map<core::Labels, std::vector<Extracted>> series;
  for (const Extracted& sample : samples) {
    if (sample.position.time <= end - range.range || end < sample.position.time) continue;
    if (sample.labels.has("__error__") && sample.labels.get("__preserve_error__") != "true") {
      return base::invalid_argument_error("pipeline error: '{}' for series: '{}'", sample.labels.get("__error__"),
                                          sample.labels.to_text());
    }
    series[sample.labels].push_back(sample);
  }
  ReferenceVector result;
  if (leaf.aggregation->op == RangeOp::kAbsentOverTime) {
    if (series.empty()) result.push_back({absent_labels(range.log.matchers), 1});
    return result;
  }
  for (const auto& [labels, in_window] : series) {
    result.push_back({labels, range_value(*leaf.aggregation, in_window, end)});
  }
  return result;
}

// --- operators at one step -----------------------------------------------------------------------------------------

bool better(double a, double b, bool descending) {
  if (std::isnan(a)) return false;
  return std::isnan(b) || (descending ? a > b : a < b);
}

double aggregate_group(VectorOp op, const ReferenceVector& group) {
  std::vector<Extracted> samples;
  for (const ReferenceSample& sample : group) samples.push_back({{}, {}, sample.value});
  switch (op) {
    case VectorOp::kSum:
      return sum_of(samples);
    case VectorOp::kAvg:
      return sum_of(samples) / static_cast<double>(samples.size());
    case VectorOp::kCount:
      return static_cast<double>(samples.size());
    case VectorOp::kMax:
      return extreme_of(samples, true);
    case VectorOp::kMin:
      return extreme_of(samples, false);
    case VectorOp::kStddev:
      return samples.size() == 1 ? 0 : std::sqrt(variance_of(samples));
    case VectorOp::kStdvar:
      return samples.size() == 1 ? 0 : variance_of(samples);
    default:
      return 0;
  }
}

ReferenceVector aggregate_at(const logql::VectorAggregation& node, ReferenceVector input) {
  const bool descending = node.op != VectorOp::kBottomk && node.op != VectorOp::kSort;
  const auto by_value = [&](const ReferenceSample& a, const ReferenceSample& b) {
    return better(a.value, b.value, descending);
  };
  if (node.op == VectorOp::kSort || node.op == VectorOp::kSortDesc) {
    std::stable_sort(input.begin(), input.end(), by_value);
    return input;
  }
  std::map<core::Labels, ReferenceVector> groups;
  for (const ReferenceSample& sample : input) groups[group_labels(sample.labels, node.grouping)].push_back(sample);
  ReferenceVector result;
  for (auto& [labels, group] : groups) {
    if (node.op == VectorOp::kTopk || node.op == VectorOp::kBottomk || node.op == VectorOp::kApproxTopk) {
      std::sort(group.begin(), group.end(), [&](const ReferenceSample& a, const ReferenceSample& b) {
        return by_value(a, b) || (!by_value(b, a) && a.labels < b.labels);
      });
      if (static_cast<std::int64_t>(group.size()) > node.k) group.resize(static_cast<std::size_t>(node.k));
      result.insert(result.end(), group.begin(), group.end());
    } else {
      result.push_back({labels, aggregate_group(node.op, group)});
    }
  }
  return result;
}

core::Labels match_key(const core::Labels& labels, const logql::VectorMatching& matching) {
  return matching.on ? keep_labels(labels, matching.labels) : drop_labels(labels, matching.labels);
}

ReferenceVector combine_sets_at(const logql::BinaryOperation& node, const ReferenceVector& left,
                                const ReferenceVector& right) {
  const auto has = [&](const ReferenceVector& vector, const core::Labels& key) {
    return std::any_of(vector.begin(), vector.end(),
                       [&](const ReferenceSample& sample) { return match_key(sample.labels, node.matching) == key; });
  };
  ReferenceVector result;
  for (const ReferenceSample& sample : left) {
    const bool matched = has(right, match_key(sample.labels, node.matching));
    if (node.op == logql::BinaryOp::kOr || matched == (node.op == logql::BinaryOp::kAnd)) result.push_back(sample);
  }
  if (node.op != logql::BinaryOp::kOr) return result;
  for (const ReferenceSample& sample : right) {
    if (!has(left, match_key(sample.labels, node.matching))) result.push_back(sample);
  }
  return result;
}

core::Labels joined_labels(const logql::VectorMatching& matching, const core::Labels& many, const core::Labels& one) {
  std::map<std::string, std::string> labels;
  const bool one_to_one = matching.cardinality == logql::VectorMatching::Cardinality::kOneToOne;
  const core::Labels base = one_to_one ? match_key(many, matching) : many;
  for (const core::Label& label : base.all()) labels[label.name] = label.value;
  for (const std::string& name : matching.include) {
    labels.erase(name);
    if (!one.get(name).empty()) labels[name] = std::string(one.get(name));
  }
  std::vector<core::Label> result;
  for (const auto& [name, value] : labels) result.push_back({name, value});
  return core::Labels(std::move(result));
}

base::StatusOr<ReferenceVector> combine_at(const logql::BinaryOperation& node, const ReferenceVector& left,
                                           const ReferenceVector& right) {
  if (is_set_operator(node.op)) return combine_sets_at(node, left, right);
  using Cardinality = logql::VectorMatching::Cardinality;
  const bool swapped = node.matching.cardinality == Cardinality::kOneToMany;
  const ReferenceVector& many = swapped ? right : left;
  const ReferenceVector& one = swapped ? left : right;
  std::map<core::Labels, const ReferenceSample*> partners;
  for (const ReferenceSample& sample : one) {
    if (!partners.emplace(match_key(sample.labels, node.matching), &sample).second) {
      return base::internal_error("found duplicate series");
    }
  }
  ReferenceVector result;
  std::set<std::pair<core::Labels, core::Labels>> taken;
  for (const ReferenceSample& sample : many) {
    const core::Labels key = match_key(sample.labels, node.matching);
    const auto partner = partners.find(key);
    if (partner == partners.end()) continue;
    const core::Labels labels = joined_labels(node.matching, sample.labels, partner->second->labels);
    const bool one_to_one = node.matching.cardinality == Cardinality::kOneToOne;
    if (!taken.emplace(key, one_to_one ? core::Labels() : labels).second) {
      return base::internal_error("multiple matches for labels");
    }
    const double left_value = swapped ? partner->second->value : sample.value;
    const double right_value = swapped ? sample.value : partner->second->value;
    const double value = logql::evaluate(node.op, left_value, right_value);
    if (!is_comparison(node.op) || node.return_bool) {
      result.push_back({labels, value});
    } else if (value != 0) {
      result.push_back({labels, left_value});
    }
  }
  return result;
}

ReferenceVector combine_scalar_at(const logql::BinaryOperation& node, ReferenceVector vector, double scalar,
                                  bool scalar_is_left) {
  ReferenceVector result;
  for (ReferenceSample& sample : vector) {
    const double value = scalar_is_left ? logql::evaluate(node.op, scalar, sample.value)
                                        : logql::evaluate(node.op, sample.value, scalar);
    if (!is_comparison(node.op) || node.return_bool) {
      result.push_back({sample.labels, value});
    } else if (value != 0) {
      result.push_back(sample);
    }
  }
  return result;
}

// --- the tree ------------------------------------------------------------------------------------------------------

using Value = std::variant<double, ReferenceVector>;

class Walker {
 public:
  Walker(const std::vector<RangeLeaf>& leaves, const std::vector<std::vector<Extracted>>& samples, base::UnixNanos step)
      : leaves_(leaves), samples_(samples), step_(step) {}

  base::StatusOr<Value> value(const logql::MetricExpr& expr) {
    return std::visit([this](const auto& node) { return of(node); }, expr.node);
  }

 private:
  base::StatusOr<Value> of(const logql::RangeAggregation&) {
    const std::size_t leaf = next_leaf_++;
    ASSIGN_OR_RETURN(ReferenceVector result, range_at(leaves_[leaf], samples_[leaf], step_));
    return Value(std::move(result));
  }
  base::StatusOr<Value> of(const logql::VectorAggregation& node) {
    ASSIGN_OR_RETURN(Value inner, value(*node.inner));
    return Value(aggregate_at(node, std::get<ReferenceVector>(std::move(inner))));
  }
  base::StatusOr<Value> of(const logql::BinaryOperation& node) {
    ASSIGN_OR_RETURN(Value left, value(*node.left));
    ASSIGN_OR_RETURN(Value right, value(*node.right));
    const double* a = std::get_if<double>(&left);
    const double* b = std::get_if<double>(&right);
    if (a != nullptr && b != nullptr) return Value(logql::evaluate(node.op, *a, *b));
    if (a != nullptr) return Value(combine_scalar_at(node, std::get<ReferenceVector>(right), *a, true));
    if (b != nullptr) return Value(combine_scalar_at(node, std::get<ReferenceVector>(left), *b, false));
    ASSIGN_OR_RETURN(ReferenceVector result,
                     combine_at(node, std::get<ReferenceVector>(left), std::get<ReferenceVector>(right)));
    return Value(std::move(result));
  }
  base::StatusOr<Value> of(const logql::Literal& node) { return Value(node.value); }
  base::StatusOr<Value> of(const logql::VectorLiteral& node) {
    return Value(ReferenceVector{{core::Labels(), node.value}});
  }
  base::StatusOr<Value> of(const logql::LabelReplace& node) {
    ASSIGN_OR_RETURN(Value inner, value(*node.inner));
    ReferenceVector vector = std::get<ReferenceVector>(std::move(inner));
    for (ReferenceSample& sample : vector) {
      Matrix one{1, {{sample.labels, {sample.value}}}};
      ASSIGN_OR_RETURN(one, replace_labels(node, std::move(one)));
      sample.labels = one.rows[0].labels;
    }
    return Value(std::move(vector));
  }

  const std::vector<RangeLeaf>& leaves_;
  const std::vector<std::vector<Extracted>>& samples_;
  const base::UnixNanos step_;
  std::size_t next_leaf_ = 0;
};

}  // namespace

base::StatusOr<std::vector<core::Row>> reference_rows(const logql::LogExpr& log, const std::vector<MemRow>& rows,
                                                      core::TimeRange range, core::Direction direction,
                                                      base::UnixNanos now) {
  const pipeline::PipelineOptions options{.now = now};
  ASSIGN_OR_RETURN(const auto pipeline, pipeline::Pipeline::build(log.stages, options));
  std::vector<core::Row> result;
  for (const MemRow& row : rows) {
    if (!range.contains(row.time) || !selects(log.matchers, *row.labels)) continue;
    pipeline::PipelineRun run(pipeline, *row.labels);
    const auto metadata = metadata_of_row(row);
    if (!run.process(row.time, row.line, metadata)) continue;
    core::Row out;
    out.position = position_of_row(row);
    out.line = std::string(run.line());
    out.stream_labels = std::make_shared<const core::Labels>(copy(run.labels(pipeline::LabelCategory::kStream)));
    out.structured_metadata = copy(run.labels(pipeline::LabelCategory::kStructuredMetadata));
    out.parsed = copy(run.labels(pipeline::LabelCategory::kParsed));
    out.flags = row.flags;
    out.named = row.source.named;
    out.line_number = row.line_number;
    result.push_back(std::move(out));
  }
  std::sort(result.begin(), result.end(), [&](const core::Row& a, const core::Row& b) {
    return direction == core::Direction::kForward ? a.position < b.position : b.position < a.position;
  });
  return result;
}

base::StatusOr<std::vector<ReferenceVector>> reference_metric(const logql::MetricExpr& expr,
                                                              const std::vector<MemRow>& rows, StepGrid grid,
                                                              base::UnixNanos now) {
  const std::vector<RangeLeaf> leaves = range_leaves(expr);
  std::vector<std::vector<Extracted>> samples;
  for (const RangeLeaf& leaf : leaves) {
    ASSIGN_OR_RETURN(samples.emplace_back(), extract(leaf, rows, now));
  }
  std::vector<ReferenceVector> steps;
  for (std::size_t step = 0; step < grid.count; ++step) {
    ASSIGN_OR_RETURN(Value value, Walker(leaves, samples, grid.at(step)).value(expr));
    if (const double* scalar = std::get_if<double>(&value)) {
      steps.push_back({{core::Labels(), *scalar}});
    } else {
      steps.push_back(std::get<ReferenceVector>(std::move(value)));
    }
  }
  return steps;
}

}  // namespace cordwood::exec

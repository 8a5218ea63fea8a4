// From rows to samples: the pipeline of a metric query, the value of each row (1, its bytes, or an unwrapped label),
// and the labels of its series.
//
// `sum by (x) (rate(...))` groups while extracting, as Loki does: labels that the grouping drops are never built and
// parsers stop when they have what is needed. A row with an error is never grouped, so that the error is seen.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "core/labels.h"
#include "core/record.h"
#include "logql/ast.h"
#include "pipeline/labels_builder.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {

// Immutable; shared by threads.
class SampleExtractor {
 public:
  // For one range aggregation. `outer` is the grouping of a vector aggregation directly around it that may be applied
  // while extracting, see outer_grouping(); nullptr for none.
  static base::StatusOr<std::shared_ptr<const SampleExtractor>> build(const logql::RangeAggregation& aggregation,
                                                                      const logql::Grouping* outer,
                                                                      PipelineOptions options);
  // For a tree: the grouping that extraction of `aggregation.inner` may apply: that of a `sum` directly around a
  // rate, count, bytes or sum range that has no grouping itself. nullopt otherwise. `by ()` for a sum without grouping.
  static std::optional<logql::Grouping> outer_grouping(const logql::VectorAggregation& aggregation);
  // For a whole metric expression with one leaf, as in tests: the leaf's extractor with its outer grouping.
  static base::StatusOr<std::shared_ptr<const SampleExtractor>> build(const logql::MetricExpr& expr,
                                                                      PipelineOptions options);

  const Pipeline& pipeline() const { return *pipeline_; }
  const LabelHints& hints() const { return hints_; }
  // The value and the labels do not depend on the row (count without stages that touch labels).
  bool only_line_filters() const { return pipeline_->only_line_filters() && !unwrap_.has_value(); }

 private:
  friend class SampleRun;
  enum class Value { kCount, kBytes, kUnwrap };
  struct Unwrapped {
    std::string label;
    logql::UnwrapConversion conversion = logql::UnwrapConversion::kNone;
    std::vector<std::unique_ptr<const Stage>> filters;
  };
  SampleExtractor() = default;
  void set_grouping(const logql::RangeAggregation& aggregation, const logql::Grouping* outer);
  void set_hints();
  std::shared_ptr<const Pipeline> pipeline_;
  Value value_ = Value::kCount;
  std::optional<Unwrapped> unwrap_;
  std::vector<std::string> groups_;  // sorted
  bool without_ = false;
  bool no_labels_ = false;
  LabelHints hints_;
};

// Not thread-safe; a thread's state for one stream. Keeps the extractor alive; `stream` must outlive it.
class SampleRun {
 public:
  SampleRun(std::shared_ptr<const SampleExtractor> extractor, const core::Labels& stream);

  // Whether the row gives a sample.
  bool process(base::UnixNanos time, std::string_view line, std::span<const core::MetadataPair> metadata);
  // Of the last row that gave a sample, until the next call.
  double value() const { return value_; }
  // Sorted by name; after grouping. With an error all labels and `__error__` are there, ungrouped.
  std::span<const LabelView> labels() const { return result_; }
  bool has_error() const { return labels_.has_error(); }
  LabelsBuilder& builder() { return labels_; }

 private:
  bool unwrap(base::UnixNanos time, std::string_view line);
  void group();
  std::shared_ptr<const SampleExtractor> extractor_;
  LabelsBuilder labels_;
  double value_ = 0;
  std::vector<LabelView> result_;
};

}  // namespace cordwood::pipeline

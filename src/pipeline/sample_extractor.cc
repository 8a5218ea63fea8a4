#include "pipeline/sample_extractor.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "logql/units.h"
#include "pipeline/stage/build.h"
#include "pipeline/text/label_name.h"

namespace cordwood::pipeline {
namespace {

using logql::RangeOp;

base::StatusOr<double> convert(logql::UnwrapConversion conversion, std::string_view text) {
  switch (conversion) {
    case logql::UnwrapConversion::kNone:
      return logql::parse_go_float(text);
    case logql::UnwrapConversion::kBytes: {
      ASSIGN_OR_RETURN(const std::uint64_t bytes, logql::parse_bytes(text));
      return static_cast<double>(bytes);
    }
    case logql::UnwrapConversion::kDuration:
    case logql::UnwrapConversion::kDurationSeconds:
      break;
  }
  ASSIGN_OR_RETURN(const base::nanoseconds duration, logql::parse_go_duration(text));
  // time.Duration.Seconds: whole seconds and the rest apart, so that 0.1 s is exactly 0.1.
  const std::int64_t seconds = duration.count() / 1000000000;
  const std::int64_t rest = duration.count() % 1000000000;
  return static_cast<double>(seconds) + static_cast<double>(rest) / 1e9;
}

// A label named x_extracted may come from a field x.
void append_hint(std::vector<std::string>& hints, const std::string& name) {
  if (name.empty()) return;
  hints.push_back(name);
  if (name.ends_with(kDuplicateSuffix)) hints.push_back(name.substr(0, name.size() - kDuplicateSuffix.size()));
}

}  // namespace

std::optional<logql::Grouping> SampleExtractor::outer_grouping(const logql::VectorAggregation& aggregation) {
  if (aggregation.op != logql::VectorOp::kSum) return std::nullopt;
  const auto* range = std::get_if<logql::RangeAggregation>(&aggregation.inner->node);
  if (range == nullptr || range->grouping.has_value()) return std::nullopt;
  switch (range->op) {
    case RangeOp::kRate:
    case RangeOp::kCountOverTime:
    case RangeOp::kBytesRate:
    case RangeOp::kBytesOverTime:
    case RangeOp::kSumOverTime:
      return aggregation.grouping.value_or(logql::Grouping{});
    default:
      return std::nullopt;
  }
}

base::StatusOr<std::shared_ptr<const SampleExtractor>> SampleExtractor::build(const logql::MetricExpr& expr,
                                                                              PipelineOptions options) {
  if (const auto* range = std::get_if<logql::RangeAggregation>(&expr.node)) return build(*range, nullptr, options);
  if (const auto* vector = std::get_if<logql::VectorAggregation>(&expr.node)) {
    const std::optional<logql::Grouping> outer = outer_grouping(*vector);
    if (outer.has_value()) {
      return build(std::get<logql::RangeAggregation>(vector->inner->node), &*outer, options);
    }
    return build(*vector->inner, options);
  }
  if (const auto* replace = std::get_if<logql::LabelReplace>(&expr.node)) return build(*replace->inner, options);
  return base::invalid_argument_error("the expression has no single range to extract samples from");
}

base::StatusOr<std::shared_ptr<const SampleExtractor>> SampleExtractor::build(
    const logql::RangeAggregation& aggregation, const logql::Grouping* outer, PipelineOptions options) {
  std::shared_ptr<SampleExtractor> out(new SampleExtractor());
  ASSIGN_OR_RETURN(out->pipeline_, Pipeline::build(aggregation.range.log.stages, options));
  if (aggregation.range.unwrap.has_value()) {
    const logql::Unwrap& unwrap = *aggregation.range.unwrap;
    out->value_ = Value::kUnwrap;
    Unwrapped unwrapped;
    unwrapped.label = unwrap.label;
    unwrapped.conversion = unwrap.conversion;
    for (const logql::LabelFilterPtr& filter : unwrap.filters) {
      ASSIGN_OR_RETURN(StagePtr stage, build_label_filter(*filter));
      unwrapped.filters.push_back(std::move(stage));
    }
    out->unwrap_ = std::move(unwrapped);
  } else if (aggregation.op == RangeOp::kBytesRate || aggregation.op == RangeOp::kBytesOverTime) {
    out->value_ = Value::kBytes;
  }
  out->set_grouping(aggregation, outer);
  out->set_hints();
  return std::shared_ptr<const SampleExtractor>(std::move(out));
}

void SampleExtractor::set_grouping(const logql::RangeAggregation& aggregation, const logql::Grouping* outer) {
  const logql::Grouping* grouping = outer != nullptr                   ? outer
                                    : aggregation.grouping.has_value() ? &*aggregation.grouping
                                                                       : nullptr;
  if (grouping != nullptr) {
    groups_ = grouping->labels;
    without_ = grouping->without;
    no_labels_ = groups_.empty() && !without_;
  }
  if (aggregation.op == RangeOp::kAbsentOverTime) no_labels_ = true;
}

void SampleExtractor::set_hints() {
  std::vector<std::string> required = pipeline_->required_labels();
  if (unwrap_.has_value()) {
    for (const StagePtr& filter : unwrap_->filters) filter->append_required_labels(required);
  }
  std::vector<std::string> hints;
  for (const std::string& name : required) append_hint(hints, name);
  for (const std::string& name : groups_) append_hint(hints, name);
  if (unwrap_.has_value()) append_hint(hints, unwrap_->label);
  std::sort(hints.begin(), hints.end());
  hints.erase(std::unique(hints.begin(), hints.end()), hints.end());
  // Without hints Loki's parsers do not know that errors are wanted, and such a query fails.
  if (no_labels_ || (!without_ && !groups_.empty())) {
    hints_.preserve_error = std::binary_search(hints.begin(), hints.end(), kErrorLabel, std::less<>());
    hints_.none_needed = no_labels_ && hints.empty();
    hints_.required = std::move(hints);
  }
  // From here on groups_ serves grouping only: the unwrapped label never stays in the result.
  if (unwrap_.has_value() && (groups_.empty() || without_)) {
    without_ = true;
    groups_.push_back(unwrap_->label);
  }
  std::sort(groups_.begin(), groups_.end());
}

SampleRun::SampleRun(std::shared_ptr<const SampleExtractor> extractor, const core::Labels& stream)
    : extractor_(std::move(extractor)), labels_(stream, &extractor_->hints_) {}

bool SampleRun::process(base::UnixNanos time, std::string_view line, std::span<const core::MetadataPair> metadata) {
  const Pipeline& pipeline = *extractor_->pipeline_;
  if (!pipeline.line_filters().matches(line)) return false;
  labels_.reset(metadata);
  if (!pipeline.run_stages(time, line, labels_)) return false;
  switch (extractor_->value_) {
    case SampleExtractor::Value::kCount:
      value_ = 1;
      break;
    case SampleExtractor::Value::kBytes:
      value_ = static_cast<double>(line.size());
      break;
    case SampleExtractor::Value::kUnwrap:
      if (!unwrap(time, line)) return false;
      break;
  }
  group();
  return true;
}

bool SampleRun::unwrap(base::UnixNanos time, std::string_view line) {
  const SampleExtractor::Unwrapped& unwrapped = *extractor_->unwrap_;
  const std::string_view text = labels_.get(unwrapped.label).value;
  if (text.empty()) return false;  // it is fine for a line not to have the label
  const base::StatusOr<double> value = convert(unwrapped.conversion, text);
  value_ = 0;
  if (value.ok()) {
    value_ = *value;
  } else {
    labels_.set_error(kSampleExtractionError);
    labels_.set_error_details(labels_.arena().copy(base::message_of(value.status())));
  }
  for (const StagePtr& filter : unwrapped.filters) {
    if (!filter->process(time, line, labels_)) return false;
  }
  return true;
}

void SampleRun::group() {
  result_.clear();
  const SampleExtractor& extractor = *extractor_;
  // An error must be seen, so such a row keeps all its labels.
  if (!labels_.has_error()) {
    if (extractor.no_labels_) return;
    if (!extractor.groups_.empty() && !extractor.without_) {
      for (const std::string& name : extractor.groups_) {
        const LabelsBuilder::Found found = labels_.get(name);
        if (found.found) result_.push_back({name, found.value});
      }
      return;
    }
  }
  labels_.append_all(result_);
  if (!labels_.has_error() && extractor.without_) {
    std::erase_if(result_, [&](const LabelView& label) {
      return std::binary_search(extractor.groups_.begin(), extractor.groups_.end(), label.name, std::less<>());
    });
  }
  sort_labels(result_);
}

}  // namespace cordwood::pipeline

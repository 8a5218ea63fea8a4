// `| foo="bar" and took > 1s`.
//
// Errors: a typed filter drops a row that lacks the label, and keeps one whose value it cannot read, marked
// LabelFilterErr unless the row has an error already.
#include <string>
#include <utility>
#include <variant>

#include "logql/ip_pattern.h"
#include "logql/units.h"
#include "pipeline/parse/ip_scan.h"
#include "pipeline/stage/build.h"
#include "pipeline/stage/matcher.h"

namespace cordwood::pipeline {
namespace {

using logql::CompareOp;

template <typename T>
bool compare(CompareOp op, const T& left, const T& right) {
  switch (op) {
    case CompareOp::kEqual:
      return left == right;
    case CompareOp::kNotEqual:
      return left != right;
    case CompareOp::kGreater:
      return left > right;
    case CompareOp::kGreaterOrEqual:
      return left >= right;
    case CompareOp::kLess:
      return left < right;
    case CompareOp::kLessOrEqual:
      return left <= right;
  }
  return false;
}

class StringFilter final : public Stage {
 public:
  StringFilter(std::string label, CompiledMatcher matcher) : label_(std::move(label)), matcher_(std::move(matcher)) {}
  bool process(base::UnixNanos /*time*/, std::string_view& /*line*/, LabelsBuilder& labels) const override {
    // A missing label is "", and so are error details: only the error itself can be asked for.
    return matcher_.matches(label_ == kErrorLabel ? labels.error() : labels.get(label_).value);
  }
  void append_required_labels(std::vector<std::string>& names) const override { names.push_back(label_); }

 private:
  const std::string label_;
  const CompiledMatcher matcher_;
};

// T: the type compared; Parse: from text to StatusOr<T>.
template <typename T, base::StatusOr<T> (*Parse)(std::string_view)>
class TypedFilter final : public Stage {
 public:
  TypedFilter(std::string label, CompareOp op, T value) : label_(std::move(label)), op_(op), value_(value) {}
  bool process(base::UnixNanos /*time*/, std::string_view& /*line*/, LabelsBuilder& labels) const override {
    const LabelsBuilder::Found found = labels.get(label_);
    if (!found.found) return false;
    const base::StatusOr<T> value = Parse(found.value);
    if (value.ok()) return compare(op_, *value, value_);
    if (!labels.has_error()) {
      labels.set_error(kLabelFilterError);
      labels.set_error_details(labels.arena().copy(base::message_of(value.status())));
    }
    return true;
  }
  void append_required_labels(std::vector<std::string>& names) const override { names.push_back(label_); }

 private:
  const std::string label_;
  const CompareOp op_;
  const T value_;
};
using NumberFilter = TypedFilter<double, logql::parse_go_float>;
using DurationFilter = TypedFilter<base::nanoseconds, logql::parse_go_duration>;
using BytesFilter = TypedFilter<std::uint64_t, logql::parse_bytes>;

class IpFilter final : public Stage {
 public:
  IpFilter(std::string label, bool negated, logql::IpPattern pattern)
      : label_(std::move(label)), negated_(negated), pattern_(pattern) {}
  bool process(base::UnixNanos /*time*/, std::string_view& /*line*/, LabelsBuilder& labels) const override {
    if (labels.has_error()) return true;
    const LabelsBuilder::Found found = labels.get(label_);
    return found.found && holds_ip(found.value, pattern_) != negated_;
  }
  void append_required_labels(std::vector<std::string>& names) const override { names.push_back(label_); }

 private:
  const std::string label_;
  const bool negated_;
  const logql::IpPattern pattern_;
};

// Both sides are always evaluated by `and` (the right one may set an error), as in Loki; `or` stops at the first.
class PairFilter final : public Stage {
 public:
  PairFilter(bool both, StagePtr left, StagePtr right)
      : both_(both), left_(std::move(left)), right_(std::move(right)) {}
  bool process(base::UnixNanos time, std::string_view& line, LabelsBuilder& labels) const override {
    const bool left = left_->process(time, line, labels);
    if (!both_ && left) return true;
    const bool right = right_->process(time, line, labels);
    return both_ ? left && right : right;
  }
  void append_required_labels(std::vector<std::string>& names) const override {
    left_->append_required_labels(names);
    right_->append_required_labels(names);
  }

 private:
  const bool both_;
  const StagePtr left_;
  const StagePtr right_;
};

StageOr build(const logql::StringCompare& filter) {
  ASSIGN_OR_RETURN(CompiledMatcher matcher, CompiledMatcher::compile(filter.matcher));
  return std::make_unique<StringFilter>(filter.matcher.name, std::move(matcher));
}
StageOr build(const logql::NumberCompare& filter) {
  return std::make_unique<NumberFilter>(filter.label, filter.op, filter.value);
}
StageOr build(const logql::DurationCompare& filter) {
  return std::make_unique<DurationFilter>(filter.label, filter.op, filter.value);
}
StageOr build(const logql::BytesCompare& filter) {
  return std::make_unique<BytesFilter>(filter.label, filter.op, filter.bytes);
}
StageOr build(const logql::IpCompare& filter) {
  ASSIGN_OR_RETURN(const logql::IpPattern pattern, logql::parse_ip_pattern(filter.pattern));
  return std::make_unique<IpFilter>(filter.label, filter.negated, pattern);
}
StageOr build_pair(bool both, const logql::LabelFilter& left, const logql::LabelFilter& right) {
  ASSIGN_OR_RETURN(StagePtr first, build_label_filter(left));
  ASSIGN_OR_RETURN(StagePtr second, build_label_filter(right));
  return std::make_unique<PairFilter>(both, std::move(first), std::move(second));
}
StageOr build(const logql::BothFilter& filter) {
  return build_pair(true, *filter.left, *filter.right);
}
StageOr build(const logql::EitherFilter& filter) {
  return build_pair(false, *filter.left, *filter.right);
}

}  // namespace

// Recursion is bounded by logql::kMaxDepth.
StageOr build_label_filter(const logql::LabelFilter& filter) {
  return std::visit([](const auto& node) { return build(node); }, filter.node);
}

StageOr build_stage(const logql::LabelFilterStage& filter, const PipelineOptions& /*options*/) {
  return build_label_filter(*filter.filter);
}

}  // namespace cordwood::pipeline

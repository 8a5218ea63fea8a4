#include "logql/check.h"

#include <algorithm>

#include "logql/ip_pattern.h"
#include "logql/regex.h"
#include "logql/units.h"
#include "logql/walk.h"

namespace cordwood::logql {
namespace {

base::Status check_term(LineFilterOp op, const LineFilterTerm& term) {
  if (term.is_ip) {
    if (op != LineFilterOp::kContains && op != LineFilterOp::kNotContains) {
      return base::invalid_argument_error("ip: invalid operation");
    }
    return parse_ip_pattern(term.text).status();
  }
  switch (op) {
    case LineFilterOp::kContains:
    case LineFilterOp::kNotContains:
      return base::ok_status();
    case LineFilterOp::kRegex:
    case LineFilterOp::kNotRegex:
      return compile_regex(term.text, RegexUse::kLine).status();
    case LineFilterOp::kPattern:
    case LineFilterOp::kNotPattern:
      return parse_filter_pattern(term.text).status();
  }
  return base::ok_status();
}

base::Status check_label_filter(const LabelFilter& filter) {
  base::Status status = base::ok_status();
  for_each_comparison(filter, [&](const LabelFilter& comparison) {
    const auto* const ip = std::get_if<IpCompare>(&comparison.node);
    if (status.ok() && ip != nullptr) status = parse_ip_pattern(ip->pattern).status();
  });
  return status;
}

template <typename Extraction, typename Value>
base::Status check_expressions(const std::vector<Extraction>& extractions, Value Extraction::* value) {
  for (const Extraction& extraction : extractions) {
    const auto& parsed = extraction.*value;
    if (parsed.ok()) continue;
    return base::invalid_argument_error("cannot parse expression [{}]: {}", extraction.expression,
                                        base::message_of(parsed.status()));
  }
  return base::ok_status();
}

base::Status check_stage(const Stage& stage) {
  return std::visit(
      Overloaded{
          [](const LineFilter& filter) {
            for (const LineFilterTerm& term : filter.terms) {
              RETURN_IF_ERROR(check_term(filter.op, term));
            }
            return base::ok_status();
          },
          [](const JsonParser& json) { return check_expressions(json.extractions, &JsonExtraction::path); },
          [](const LogfmtParser& logfmt) { return check_expressions(logfmt.extractions, &LogfmtExtraction::key); },
          [](const LabelFilterStage& filter) { return check_label_filter(*filter.filter); },
          [](const auto&) { return base::ok_status(); },
      },
      stage);
}

}  // namespace

base::Status check_stages(const std::vector<Stage>& stages) {
  for (const Stage& stage : stages) RETURN_IF_ERROR(check_stage(stage));
  return base::ok_status();
}

base::Status check_stages(const Query& query) {
  if (query.is_log()) return check_stages(query.log().stages);
  base::Status status = base::ok_status();
  for_each_range(query, [&](const LogRange& range) {
    if (status.ok()) status = check_stages(range.log.stages);
    if (!range.unwrap.has_value()) return;
    for (const LabelFilterPtr& filter : range.unwrap->filters) {
      if (status.ok()) status = check_label_filter(*filter);
    }
  });
  return status;
}

base::Status check_range_limit(const Query& query, std::chrono::nanoseconds limit) {
  base::Status status = base::ok_status();
  if (limit.count() == 0) return status;
  for_each_range(query, [&](const LogRange& range) {
    if (!status.ok() || range.range <= limit) return;
    status = base::invalid_argument_error("[interval] value exceeds limit: [{}] > [{}]",
                                          format_prometheus_duration(range.range), format_prometheus_duration(limit));
  });
  return status;
}

bool is_noop(const LineFilter& filter) {
  if (filter.op != LineFilterOp::kContains && filter.op != LineFilterOp::kRegex) return false;
  return std::any_of(filter.terms.begin(), filter.terms.end(), [&](const LineFilterTerm& term) {
    return !term.is_ip && (term.text.empty() || (filter.op == LineFilterOp::kRegex && term.text == ".*"));
  });
}

bool has_filter(const LogExpr& log) {
  return std::any_of(log.stages.begin(), log.stages.end(), [](const Stage& stage) {
    const auto* const line = std::get_if<LineFilter>(&stage);
    return line != nullptr ? !is_noop(*line) : std::holds_alternative<LabelFilterStage>(stage);
  });
}

}  // namespace cordwood::logql

#include "api/coverage.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "logql/matcher_set.h"
#include "logql/parse.h"
#include "logql/print.h"
#include "logql/walk.h"

namespace cordwood::api {
namespace {

// For LogQL that asks for no stream in particular.
std::string selector_text(const std::vector<logql::Matcher>& matchers) {
  logql::LogExpr log;
  log.matchers = matchers;
  return logql::print(log);
}

bool selects_any(const logql::MatcherSet& set, const std::vector<core::StreamRef>& streams) {
  return std::any_of(streams.begin(), streams.end(),
                     [&](const core::StreamRef& stream) { return set.matches(*stream.labels); });
}

// The youngest of the limits by age that may have removed rows of these streams.
std::optional<core::UnixNanos> kept_from(const std::vector<core::RetentionRule>& rules,
                                         const std::vector<core::StreamRef>& streams, core::UnixNanos now) {
  std::optional<core::UnixNanos> from;
  for (const core::RetentionRule& rule : rules) {
    if (rule.keep.count() == 0) continue;
    if (!rule.selector.empty()) {
      const base::StatusOr<logql::LogExpr> parsed = logql::parse_log_query(rule.selector);
      if (!parsed.ok()) continue;
      const base::StatusOr<logql::MatcherSet> set = logql::MatcherSet::build(parsed->matchers);
      if (!set.ok() || !selects_any(*set, streams)) continue;
    }
    from = std::max(from.value_or(core::UnixNanos::min()), now - rule.keep);
  }
  return from;
}

void write_time(base::JsonWriter& json, core::UnixNanos time) {
  if (time.value == 0) {
    json.null();
  } else {
    json.string(std::to_string(time.value));
  }
}

}  // namespace

Question question_of(const logql::Query& query, core::TimeRange range) {
  Question question;
  question.range = range;
  logql::for_each_log(query, [&](const logql::LogExpr& log) { question.selectors.push_back(log.matchers); });
  logql::for_each_range(query, [&](const logql::LogRange& part) {
    question.range.begin = std::min(question.range.begin, range.begin - part.range - part.offset);
  });
  return question;
}

base::Task<std::optional<core::Coverage>> read_coverage(Call& call, Question question, bool all_hosts) {
  if (call.deps.coverage == nullptr) co_return std::nullopt;
  core::SeriesRequest series;
  series.tenant = call.tenant;
  series.range = question.range;
  std::vector<logql::MatcherSet> sets;
  for (const std::vector<logql::Matcher>& matchers : question.selectors) {
    base::StatusOr<logql::MatcherSet> set = logql::MatcherSet::build(matchers);
    if (!set.ok()) co_return std::nullopt;
    sets.push_back(*std::move(set));
    series.selectors.push_back(selector_text(matchers));
  }
  core::CoverageRequest request;
  request.tenant = call.tenant;
  request.range = question.range;
  request.all_hosts = all_hosts;
  // A metric query without a range, as vector(1), asks for nothing that could be missing.
  if (!sets.empty()) {
    base::Task<base::StatusOr<std::vector<core::StreamRef>>> task = call.deps.queries.streams(std::move(series));
    base::StatusOr<std::vector<core::StreamRef>> streams = co_await task;
    if (!streams.ok()) co_return std::nullopt;
    request.streams = *std::move(streams);
  }
  base::Task<base::StatusOr<std::vector<core::RetentionRule>>> retention = call.deps.store.retention(call.tenant);
  const base::StatusOr<std::vector<core::RetentionRule>> rules = co_await retention;
  if (rules.ok()) request.kept_from = kept_from(*rules, request.streams, call.arrival);
  request.selects = [&sets](const core::Labels& labels, const std::vector<std::string>& extracted) {
    return std::any_of(sets.begin(), sets.end(),
                       [&](const logql::MatcherSet& set) { return set.could_match(labels, extracted); });
  };
  co_return call.deps.coverage->coverage(request);
}

std::string coverage_json(const std::optional<core::Coverage>& coverage, core::TimeRange range,
                          std::string_view query) {
  std::string out;
  if (!coverage.has_value()) return out;
  base::JsonWriter json(out);
  json.begin_object();
  write_coverage(json, *coverage, range);
  json.key("details").string(fmt::format("/api/v1/coverage?query={}&start={}&end={}", io::percent_encode(query),
                                         range.begin.value, range.end.value));
  json.end_object();
  return out;
}

std::string_view name_of(core::HostState state) {
  switch (state) {
    case core::HostState::kComplete:
      return "complete";
    case core::HostState::kBehind:
      return "behind";
    case core::HostState::kSilent:
      return "silent";
    case core::HostState::kSkewed:
      return "skewed";
    case core::HostState::kEnded:
      return "ended";
  }
  return "";
}

void write_host_coverage(base::JsonWriter& json, const core::HostCoverage& host) {
  json.key("host").string(host.host).key("state").string(name_of(host.state));
  write_time(json.key("watermark"), host.watermark);
  write_time(json.key("last_heartbeat"), host.last_heartbeat);
  if (host.state == core::HostState::kSkewed) {
    json.key("clock_offset_ms").number(static_cast<std::int64_t>(host.clock_offset.count() / 1'000'000));
  }
  json.key("waiting_bytes").number(host.waiting_bytes).key("pending_bytes").number(host.pending_bytes);
  json.key("lost_bytes").begin_object();
  json.key("at_least").number(host.lost_at_least).key("exact").boolean(host.lost_exact).end_object();
  if (host.last_loss.value != 0) write_time(json.key("last_loss"), host.last_loss);
  json.key("dropped_by_rule_bytes").number(host.dropped_bytes);
}

void write_coverage(base::JsonWriter& json, const core::Coverage& coverage, core::TimeRange range) {
  json.key("matched").boolean(coverage.matched).key("complete").boolean(coverage.whole(range.begin));
  write_time(json.key("complete_through"), coverage.complete_through.value_or(core::UnixNanos{0}));
  json.key("hosts").begin_object();
  json.key("expected").number(coverage.expected).key("complete").number(coverage.complete);
  json.key("behind").number(coverage.behind).key("silent").number(coverage.silent);
  json.key("skewed").number(coverage.skewed).end_object();
  json.key("unaccounted_streams").number(coverage.unaccounted_streams);
  json.key("lost_bytes").begin_object();
  json.key("at_least").number(coverage.lost_at_least).key("exact").boolean(coverage.lost_exact).end_object();
  json.key("dropped_by_rule_bytes").number(coverage.dropped_by_rule_bytes);
  json.key("pending_bytes").number(coverage.pending_bytes);
  if (coverage.kept_from.has_value()) write_time(json.key("kept_from"), *coverage.kept_from);
  if (coverage.late_p999.has_value()) {
    json.key("late_p999_ms").number(static_cast<std::int64_t>(coverage.late_p999->count() / 1'000'000));
  }
  json.key("not_complete").begin_array();
  for (const core::HostCoverage& host : coverage.hosts) {
    json.begin_object();
    write_host_coverage(json, host);
    json.end_object();
  }
  json.end_array();
}

}  // namespace cordwood::api

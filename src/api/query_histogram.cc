#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "api/query_events.h"
#include "base/json_writer.h"
#include "logql/parse.h"
#include "logql/print.h"
#include "logql/units.h"

namespace cordwood::api {
namespace {

constexpr std::string_view kLevel = "detected_level";
// In the year 2255: sums of a few steps more still fit.
constexpr std::int64_t kEndMax = 9'000'000'000'000'000'000;
constexpr base::nanoseconds kMilli = std::chrono::milliseconds(1);

void write_counts(base::JsonWriter& json, const HistogramPlan& plan, const core::Series& series) {
  std::vector<std::uint64_t> counts(plan.buckets, 0);
  for (const core::Sample& sample : series.samples) {
    // A sample stands at the last nanosecond of its bucket.
    const std::int64_t number = (sample.time - plan.start) / plan.step;
    if (number >= 0 && static_cast<std::size_t>(number) < counts.size()) {
      counts[static_cast<std::size_t>(number)] = static_cast<std::uint64_t>(sample.value);
    }
  }
  json.begin_array();
  for (const std::uint64_t count : counts) json.number(count);
  json.end_array();
}

}  // namespace

HistogramPlan plan_histogram(core::TimeRange range, std::size_t buckets) {
  // "Everything kept" has no bounds; between these nothing overflows.
  const std::int64_t begin = std::clamp<std::int64_t>(range.begin.value, 0, kEndMax - 1);
  const std::int64_t length = std::clamp<std::int64_t>(range.end.value, begin + 1, kEndMax) - begin;
  const auto count = static_cast<std::int64_t>(buckets);
  const std::int64_t width = length / count + (length % count == 0 ? 0 : 1);
  HistogramPlan plan;
  plan.start = {begin};
  plan.step = (base::nanoseconds(width) + kMilli - base::nanoseconds(1)) / kMilli * kMilli;
  plan.buckets = static_cast<std::size_t>((length - 1) / plan.step.count() + 1);
  return plan;
}

core::QueryRequest histogram_request(const HistogramPlan& plan, const core::TenantId& tenant,
                                     std::string_view log_query) {
  core::QueryRequest request;
  request.tenant = tenant;
  // Canonical, because a comment at its end would swallow what follows.
  const base::StatusOr<logql::LogExpr> log = logql::parse_log_query(log_query);
  const std::string text = log.ok() ? logql::print(*log) : std::string(log_query);
  // Rows with an error of a parser are rows of the query too.
  request.query = fmt::format("sum by ({}) (count_over_time({} | drop __error__, __error_details__ [{}]))", kLevel,
                              text, logql::format_prometheus_duration(plan.step));
  // Windows of LogQL are open at their begin and closed at their end; buckets are the other way round.
  request.start = plan.start + plan.step - base::nanoseconds(1);
  request.end = plan.start + plan.step * static_cast<std::int64_t>(plan.buckets) - base::nanoseconds(1);
  request.step = plan.step;
  request.levels = core::LevelUse::kWhenNamed;
  return request;
}

void QueryEvents::append_histogram(std::string& out, const HistogramPlan& plan,
                                   const base::StatusOr<core::QueryResult>& result) const {
  base::JsonWriter json(out);
  json.begin_object().key("event").string("histogram").key("start").string(fmt::format_int(plan.start.value).c_str());
  json.key("step").string(fmt::format_int(plan.step.count()).c_str());
  json.key("levels").begin_object();
  const auto* matrix = result.ok() ? std::get_if<core::MatrixResult>(&result->data) : nullptr;
  if (matrix != nullptr) {
    for (const core::Series& series : matrix->series) {
      json.key(series.labels.get(kLevel));
      write_counts(json, plan, series);
    }
  }
  json.end_object();
  const bool partial = !result.ok() || result->partial || !result->stats.unreadable.empty();
  if (partial) json.key("partial").boolean(true);
  if (!result.ok()) json.key("error").string(base::message_of(result.status()));
  json.end_object();
  out += '\n';
}

}  // namespace cordwood::api

#include "query/query_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "logql/parse.h"
#include "logql/units.h"
#include "query/block_results.h"
#include "query/block_selections.h"
#include "query/explore.h"
#include "query/log_query.h"
#include "query/look_around.h"
#include "query/metric_query.h"
#include "query/query_context.h"
#include "query/source_cursor.h"
#include "query/time_cursor.h"

namespace cordwood::query {
namespace {

// Why the answer is not all, with figures.
std::string partial_text(const QueryContext& context) {
  const core::QueryStats stats = context.stats();
  return fmt::format("the result is not complete: {} (after {:.1f} s, {} of {} lines)",
                     base::message_of(context.status()), static_cast<double>(stats.exec_time.count()) * 1e-9,
                     logql::format_bytes_rounded(stats.bytes_processed), stats.lines_processed);
}

class QueryEngine final : public core::QueryRunner {
 public:
  QueryEngine(base::Executor& executor, PartProvider& provider, base::MemoryBudget& memory, EngineOptions options)
      : executor_(executor),
        provider_(provider),
        memory_(memory),
        options_(options),
        results_(options.result_bytes_max, options.metrics),
        selections_(options.selection_bytes_max) {}

  base::Task<base::StatusOr<core::QueryResult>> run(core::QueryRequest request) override {
    CO_ASSIGN_OR_RETURN(const logql::Query query, logql::parse(request.query));
    if (!look_back(query, request)) co_return empty_result(query, request);
    CO_RETURN_IF_ERROR(check_limits(query, request));
    QueryContext context(executor_, memory_, options_, request.cancel, options_.limits.query_timeout);
    if (request.remembered && results_.enabled()) context.use_results(&results_);
    if (request.remembered) context.use_selections(&selections_);
    core::QueryResult result;
    if (query.is_log()) {
      auto streams = co_await run_log_query(query.log(), request, provider_, context);
      if (!streams.ok()) co_return streams.status();
      result.data = *std::move(streams);
    } else {
      auto samples = co_await run_metric_query(query.metric(), request, provider_, context);
      if (!samples.ok()) co_return samples.status();
      result = *std::move(samples);
    }
    if (context.out_of_budget()) {
      result.partial = true;
      result.warnings.push_back(partial_text(context));
    }
    result.stats = context.stats();
    co_return std::move(result);
  }

  base::Task<base::StatusOr<std::unique_ptr<core::RowCursor>>> rows(core::RowQuery request) override {
    CO_ASSIGN_OR_RETURN(logql::LogExpr log, logql::parse_log_query(request.query));
    CO_RETURN_IF_ERROR(logql::check_stages(log.stages));
    if (request.order == core::RowOrder::kSource && request.after.has_value()) {
      co_return base::invalid_argument_error("a cursor needs order=time");
    }
    request.range = look_back(request.range);
    auto shared = std::make_shared<const logql::LogExpr>(std::move(log));
    if (request.order == core::RowOrder::kSource) {
      co_return make_source_cursor(executor_, provider_, memory_, options_, std::move(request), std::move(shared));
    }
    co_return make_time_cursor(executor_, provider_, memory_, options_, std::move(request), std::move(shared));
  }

  base::Task<base::StatusOr<std::vector<core::Labels>>> series(core::SeriesRequest request) override {
    CO_ASSIGN_OR_RETURN(const AnySelector selector, AnySelector::build(request.selectors));
    request.range = look_back(request.range);
    auto parts = co_await provider_.parts(request.tenant, request.range);
    if (!parts.ok()) co_return parts.status();
    co_return series_of(parts->parts, selector, request.range);
  }
  base::Task<base::StatusOr<std::vector<core::StreamRef>>> streams(core::SeriesRequest request) override {
    CO_ASSIGN_OR_RETURN(const AnySelector selector, AnySelector::build(request.selectors));
    request.range = look_back(request.range);
    auto parts = co_await provider_.parts(request.tenant, request.range);
    if (!parts.ok()) co_return parts.status();
    co_return streams_of(parts->parts, selector, request.range);
  }

  base::Task<base::StatusOr<std::vector<std::string>>> label_names(core::SeriesRequest request) override {
    CO_ASSIGN_OR_RETURN(const AnySelector selector, AnySelector::build(request.selectors));
    request.range = look_back(request.range);
    auto parts = co_await provider_.parts(request.tenant, request.range);
    if (!parts.ok()) co_return parts.status();
    co_return label_names_of(parts->parts, selector, request.range);
  }

  base::Task<base::StatusOr<std::vector<std::string>>> label_values(core::SeriesRequest request,
                                                                    std::string name) override {
    CO_ASSIGN_OR_RETURN(const AnySelector selector, AnySelector::build(request.selectors));
    request.range = look_back(request.range);
    auto parts = co_await provider_.parts(request.tenant, request.range);
    if (!parts.ok()) co_return parts.status();
    co_return label_values_of(parts->parts, selector, request.range, name);
  }

  base::Task<base::StatusOr<core::IndexStats>> index_stats(core::SeriesRequest request) override {
    request.range = look_back(request.range);
    auto stats = co_await find_index_stats(request, provider_);
    co_return stats;
  }

  base::Task<base::StatusOr<core::Volumes>> volumes(core::VolumeRequest request) override {
    request.range = look_back(request.range);
    auto volumes = co_await find_volumes(request, provider_, executor_);
    co_return volumes;
  }

  base::Task<base::StatusOr<std::vector<core::DetectedField>>> detected_fields(core::FieldsRequest request) override {
    request.range = look_back(request.range);
    QueryContext context(executor_, memory_, options_, request.cancel, options_.limits.query_timeout);
    auto fields = co_await find_fields(request, provider_, context);
    co_return fields;
  }

  base::Task<base::StatusOr<core::LogPatterns>> patterns(core::PatternsRequest request) override {
    request.range = look_back(request.range);
    QueryContext context(executor_, memory_, options_, request.cancel, options_.limits.query_timeout);
    auto patterns = co_await find_patterns(request, provider_, context);
    co_return patterns;
  }

 private:
  // The oldest time that may be looked at.
  base::UnixNanos oldest() const {
    const base::nanoseconds lookback = options_.limits.query_lookback_max;
    return lookback.count() == 0 ? base::UnixNanos::min() : executor_.clock().now() - lookback;
  }
  core::TimeRange look_back(core::TimeRange range) const { return {std::max(range.begin, oldest()), range.end}; }
  // Moves the start to what may be looked at, for metric queries by whole steps. False when nothing is left.
  bool look_back(const logql::Query& query, core::QueryRequest& request) const {
    const base::UnixNanos first = oldest();
    if (request.end < first) return false;
    if (request.instant || first <= request.start) return true;
    if (query.is_log()) {
      request.start = first;
    } else if (request.step.count() > 0) {
      const std::int64_t steps = (first - request.start - base::nanoseconds(1)) / request.step + 1;
      request.start = request.start + steps * request.step;
    }
    return request.start <= request.end;
  }
  static core::QueryResult empty_result(const logql::Query& query, const core::QueryRequest& request) {
    core::QueryResult result;
    if (query.is_log()) {
      result.data = core::LogResult();
    } else if (request.instant) {
      result.data = core::VectorResult();
    } else {
      result.data = core::MatrixResult();
    }
    return result;
  }

  base::Status check_limits(const logql::Query& query, const core::QueryRequest& request) const {
    const core::Limits& limits = options_.limits;
    RETURN_IF_ERROR(logql::check_range_limit(query, limits.query_range_max));
    const base::nanoseconds length = request.instant ? base::nanoseconds(0) : request.end - request.start;
    if (limits.query_length_max.count() > 0 && length > limits.query_length_max) {
      return base::invalid_argument_error("the query time range exceeds the limit (query length: {}, limit: {})",
                                          logql::format_go_duration(length),
                                          logql::format_prometheus_duration(limits.query_length_max));
    }
    if (!query.is_log()) return base::ok_status();
    if (request.instant) {
      return base::invalid_argument_error(
          "log queries are not supported as an instant query type, please change your query to a range query type");
    }
    if (request.limit > limits.entries_per_query_max) {
      return base::invalid_argument_error(
          "max entries limit per query exceeded, limit > max_entries_limit_per_query ({} > {})", request.limit,
          limits.entries_per_query_max);
    }
    return base::ok_status();
  }

  base::Executor& executor_;
  PartProvider& provider_;
  base::MemoryBudget& memory_;
  const EngineOptions options_;
  BlockResults results_;
  BlockSelections selections_;
};

}  // namespace

std::unique_ptr<core::QueryRunner> make_query_engine(base::Executor& executor, PartProvider& provider,
                                                     base::MemoryBudget& memory, EngineOptions options) {
  // A page stands beside the blocks that are read for it.
  options.page_bytes_max = std::min<std::size_t>(options.page_bytes_max, options.limits.query_memory_bytes_max / 4);
  return std::make_unique<QueryEngine>(executor, provider, memory, options);
}

}  // namespace cordwood::query

// Loki's tail: rows as they arrive, over a WebSocket. Fed by a subscription where rows come in (core/tail.h); the rows
// that were there before come first, by a query.

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "api/errors.h"
#include "api/loki_labels.h"
#include "api/loki_params.h"
#include "api/loki_response.h"
#include "api/routes.h"
#include "base/hash.h"
#include "core/tail.h"
#include "logql/parse.h"

namespace cordwood::api {
namespace {

// How long a client that left may go unnoticed.
constexpr base::nanoseconds kWait = std::chrono::seconds(1);
constexpr std::int64_t kDelaySecondsMax = 5;

struct TailParams {
  std::string query;
  base::UnixNanos start;
  std::uint32_t limit = 100;
  base::nanoseconds delay{0};
};

base::StatusOr<TailParams> tail_params(const Call& call) {
  TailParams params;
  params.query = std::string(call.param("query"));
  ASSIGN_OR_RETURN(const TimeBounds bounds, parse_bounds(call.params, call.arrival));
  params.start = bounds.start;
  ASSIGN_OR_RETURN(params.limit, parse_limit(call.param("limit"), params.limit));
  RETURN_IF_ERROR(check_entries_limit(params.limit, call.limits()));
  if (const std::string_view text = call.param("delay_for"); !text.empty()) {
    ASSIGN_OR_RETURN(params.delay, parse_seconds_or_duration(text));
  }
  if (params.delay.count() < 0 || params.delay > std::chrono::seconds(kDelaySecondsMax)) {
    return base::invalid_argument_error("delay_for can't be greater than {}", kDelaySecondsMax);
  }
  ASSIGN_OR_RETURN(const logql::Query query, logql::parse(params.query));
  if (!query.is_log()) return base::invalid_argument_error("tail takes log queries, not metric queries");
  return params;
}

// Rows as streams, each in the order of time.
core::LogResult streams_of(std::vector<core::Row> rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const core::Row& a, const core::Row& b) { return a.position.time < b.position.time; });
  std::map<core::Labels, std::vector<core::LogEntry>> by_labels;
  for (core::Row& row : rows) {
    by_labels[*row.stream_labels].push_back(
        {row.position.time, std::move(row.line), std::move(row.structured_metadata), std::move(row.parsed)});
  }
  core::LogResult streams;
  for (auto& [labels, entries] : by_labels) streams.push_back({labels, std::move(entries)});
  return streams;
}

class TailStream final : public io::BodyStream {
 public:
  TailStream(const ApiDependencies& deps, core::TenantId tenant, TailParams params, TailForm form,
             base::CancelToken client_gone, std::unique_ptr<core::TailSubscription> subscription)
      : deps_(deps),
        tenant_(std::move(tenant)),
        params_(std::move(params)),
        form_(form),
        client_gone_(std::move(client_gone)),
        subscription_(std::move(subscription)) {}

  base::Task<base::StatusOr<std::string>> next() override {
    if (!std::exchange(history_read_, true)) {
      base::StatusOr<std::string> history = co_await read_history();
      if (!history.ok() || !history->empty()) co_return history;
    }
    while (!client_gone_.cancelled()) {
      core::TailBatch batch = co_await subscription_->next(kWait);
      if (params_.delay.count() > 0 && !batch.rows.empty()) {
        // What is late by less than the delay finds its place.
        co_await deps_.executor.sleep_for(params_.delay);
        core::TailBatch more = co_await subscription_->next(base::nanoseconds(0));
        std::move(more.rows.begin(), more.rows.end(), std::back_inserter(batch.rows));
        std::move(more.dropped.begin(), more.dropped.end(), std::back_inserter(batch.dropped));
      }
      leave_out_history(batch.rows);
      if (batch.rows.empty() && batch.dropped.empty()) continue;
      co_return tail_json(streams_of(std::move(batch.rows)), batch.dropped, form_);
    }
    co_return std::string();
  }

 private:
  // Subscribed to before it is read, so nothing is missed between; what is in both is left out of the subscription's.
  base::Task<base::StatusOr<std::string>> read_history() {
    core::QueryRequest request;
    request.tenant = tenant_;
    request.query = params_.query;
    request.start = params_.start;
    request.end = deps_.executor.clock().now() + std::chrono::hours(1);  // senders' clocks may be ahead
    request.limit = params_.limit;
    request.levels = core::LevelUse::kAlways;
    request.cancel = client_gone_;
    base::Task<base::StatusOr<core::QueryResult>> task = deps_.queries.run(std::move(request));
    base::StatusOr<core::QueryResult> result = co_await task;
    if (!result.ok()) co_return result.status();
    auto streams = std::get<core::LogResult>(std::move(result->data));
    for (core::LogStream& stream : streams) {
      std::reverse(stream.entries.begin(), stream.entries.end());
      for (const core::LogEntry& entry : stream.entries)
        history_.insert(name_of(entry.time, stream.labels, entry.line));
    }
    if (streams.empty()) co_return std::string();
    co_return tail_json(std::move(streams), {}, form_);
  }

  static base::Hash128 name_of(base::UnixNanos time, const core::Labels& labels, std::string_view line) {
    return base::hash128(fmt::format("{}\n{}\n{}", time.value, labels.to_text(), line));
  }

  void leave_out_history(std::vector<core::Row>& rows) {
    if (history_.empty()) return;
    std::erase_if(rows, [this](const core::Row& row) {
      return history_.erase(name_of(row.position.time, *row.stream_labels, row.line)) > 0;
    });
  }

  const ApiDependencies& deps_;
  const core::TenantId tenant_;
  const TailParams params_;
  const TailForm form_;
  const base::CancelToken client_gone_;
  const std::unique_ptr<core::TailSubscription> subscription_;
  bool history_read_ = false;
  std::set<base::Hash128> history_;  // at most `limit` rows
};

base::Task<io::HttpResponse> start_tail(Call& call, bool legacy) {
  if (call.deps.tails == nullptr) co_return plain_error(501, "tail is not supported by this server\n");
  if (!io::wants_websocket(call.request)) {
    io::HttpResponse response = plain_error(400, "tail is a WebSocket: ask with Upgrade: websocket\n");
    response.headers.set("Sec-WebSocket-Version", "13");
    co_return response;
  }
  base::StatusOr<TailParams> params = tail_params(call);
  if (!params.ok()) co_return error_response(params.status(), Doing::kReading);
  core::TailRequest request{call.tenant, params->query, core::LevelUse::kAlways};
  base::StatusOr<std::unique_ptr<core::TailSubscription>> subscription = call.deps.tails->subscribe(std::move(request));
  if (!subscription.ok()) co_return error_response(subscription.status(), Doing::kQueueing);
  const TailForm form{.categorize_labels = response_options_of(call.request).categorize_labels, .legacy = legacy};
  io::HttpResponse response;
  response.websocket = true;
  response.stream = std::make_unique<TailStream>(call.deps, call.tenant, *std::move(params), form,
                                                 call.request.client_gone, *std::move(subscription));
  co_return response;
}

base::Task<io::HttpResponse> tail(Call& call) {
  base::Task<io::HttpResponse> task = start_tail(call, false);
  io::HttpResponse response = co_await task;
  co_return response;
}

base::Task<io::HttpResponse> legacy_tail(Call& call) {
  base::Task<io::HttpResponse> task = start_tail(call, true);
  io::HttpResponse response = co_await task;
  co_return response;
}

}  // namespace

void add_loki_tail_routes(Router& router) {
  router.add("GET", "/loki/api/v1/tail", tail);
  router.add("GET", "/api/prom/tail", legacy_tail);
}

}  // namespace cordwood::api

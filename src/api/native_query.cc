// /api/v1/query: docs/protocols/query.md.

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/coverage.h"
#include "api/errors.h"
#include "api/loki_params.h"
#include "api/query_cursor.h"
#include "api/query_events.h"
#include "api/query_gate.h"
#include "api/routes.h"
#include "api/slow_query.h"
#include "logql/parse.h"

namespace cordwood::api {
namespace {

constexpr base::nanoseconds kProgressInterval = std::chrono::milliseconds(250);
// Of text made at a time: it bounds memory beside the cursor's rows, and the time an executor thread is held.
constexpr std::size_t kPieceBytes = 256 << 10;

// The histogram, counted beside the rows.
struct Counting {
  explicit Counting(base::Executor& executor) : done(executor) {}

  static base::Task<void> run(std::shared_ptr<Counting> counting, core::QueryRunner* queries, QueryGate* gate,
                              core::QueryRequest request) {
    {
      core::TenantId tenant = request.tenant;
      const base::StatusOr<QueryPermit> permit = co_await gate->enter(std::move(tenant), request.cancel);
      if (permit.ok()) {
        base::Task<base::StatusOr<core::QueryResult>> task = queries->run(std::move(request));
        counting->result = co_await task;
      } else {
        counting->result = permit.status();
      }
    }
    counting->done.set();
  }

  HistogramPlan plan;
  base::Event done;
  base::StatusOr<core::QueryResult> result = core::QueryResult();
};

// One RowCursor::next() that runs while its stream tells of progress.
struct Fetch {
  explicit Fetch(base::Executor& executor) : done(executor) {}

  // A page is a query of its own to the others who wait: a long answer does not keep a place for ever.
  static base::Task<void> run(std::shared_ptr<Fetch> fetch, core::RowCursor* cursor, QueryGate* gate,
                              core::TenantId tenant, base::CancelToken cancel) {
    {
      const base::StatusOr<QueryPermit> permit = co_await gate->enter(std::move(tenant), cancel);
      if (permit.ok()) {
        base::Task<base::StatusOr<std::vector<core::Row>>> task = cursor->next();
        fetch->rows = co_await task;
      } else {
        fetch->rows = permit.status();
      }
    }
    fetch->done.set();  // the cursor is the stream's alone from here on
  }

  base::Event done;
  base::StatusOr<std::vector<core::Row>> rows = std::vector<core::Row>();
  std::unique_ptr<core::RowCursor> orphan;  // of a stream that was destroyed without finish()
};

class RowStream final : public io::BodyStream {
 public:
  RowStream(const Call& call, std::string query, base::CancelToken cancel, std::unique_ptr<core::RowCursor> cursor,
            QueryEvents events)
      : queries_(call.deps.queries),
        gate_(call.gate),
        executor_(call.deps.executor),
        options_(call.deps.options),
        tenant_(call.tenant),
        query_(std::move(query)),
        cancel_(std::move(cancel)),
        cursor_(std::move(cursor)),
        events_(std::move(events)),
        started_(executor_.clock().monotonic()),
        last_progress_(started_) {}
  ~RowStream() override {
    cancel_.cancel();
    if (fetch_) fetch_->orphan = std::move(cursor_);
  }

  // To be called before the first next().
  void count(const HistogramPlan& plan) {
    counting_ = std::make_shared<Counting>(executor_);
    counting_->plan = plan;
    core::QueryRequest request = histogram_request(plan, tenant_, query_);
    request.cancel = cancel_;
    executor_.spawn(Counting::run(counting_, &queries_, &gate_, std::move(request)));
  }

  // JSON, to be told before the end; empty: nothing is known.
  void set_coverage(std::string coverage) { coverage_ = std::move(coverage); }

  base::Task<base::StatusOr<std::string>> next() override {
    std::string piece;
    while (piece.empty() && !ended_) {
      append_histogram_if_done(piece);
      if (rows_ended_) {
        if (counting_) {
          const bool counted = co_await counting_->done.wait_for(kProgressInterval);
          if (!counted) append_progress_if_due(piece);
          continue;
        }
        append_end(piece);
        break;
      }
      if (next_row_ < rows_.size()) {
        next_row_ = events_.append_rows(piece, rows_, next_row_, kPieceBytes);
        append_progress_if_due(piece);
        break;
      }
      if (!fetch_) start_fetch();
      const bool done = co_await fetch_->done.wait_for(kProgressInterval);
      if (done) {
        take_fetched();
      } else {
        append_progress_if_due(piece);
      }
    }
    co_return piece;
  }

  base::Task<void> finish() override {
    cancel_.cancel();
    if (fetch_) co_await fetch_->done.wait();
    if (counting_) co_await counting_->done.wait();
    counting_ = nullptr;
    fetch_ = nullptr;
    cursor_ = nullptr;
  }

 private:
  void start_fetch() {
    fetch_ = std::make_shared<Fetch>(executor_);
    core::TenantId tenant = tenant_;
    executor_.spawn(Fetch::run(fetch_, cursor_.get(), &gate_, std::move(tenant), cancel_));
  }

  void take_fetched() {
    base::StatusOr<std::vector<core::Row>> rows = std::move(fetch_->rows);
    fetch_ = nullptr;
    stats_ = cursor_->stats();
    next_row_ = 0;
    rows_.clear();
    if (rows.ok() && !rows->empty()) {
      rows_ = std::move(rows).value();
      return;
    }
    rows_ended_ = true;
    row_status_ = rows.status();
  }

  void append_end(std::string& piece) {
    ended_ = true;
    if (!coverage_.empty()) events_.append_coverage(piece, coverage_);
    events_.append_end(piece, stats_, row_status_);
    log_if_slow(options_, tenant_, executor_.clock().monotonic() - started_, query_, &stats_, row_status_);
  }

  void append_histogram_if_done(std::string& piece) {
    if (counting_ == nullptr || !counting_->done.is_set()) return;
    events_.append_histogram(piece, counting_->plan, counting_->result);
    counting_ = nullptr;
  }

  void append_progress_if_due(std::string& piece) {
    const base::MonotonicNanos now = executor_.clock().monotonic();
    if (now - last_progress_ < kProgressInterval) return;
    last_progress_ = now;
    const core::QueryStats now_running = cursor_->progress();
    // A cursor that does not tell gives zeros; the figures of the last page are then the best there are.
    const bool newer = now_running.lines_processed > stats_.lines_processed;
    events_.append_progress(piece, newer ? now_running : stats_);
  }

  core::QueryRunner& queries_;
  QueryGate& gate_;
  base::Executor& executor_;
  const ApiOptions& options_;
  const core::TenantId tenant_;
  const std::string query_;
  base::CancelToken cancel_;
  std::unique_ptr<core::RowCursor> cursor_;
  QueryEvents events_;
  std::string coverage_;
  const base::MonotonicNanos started_;
  base::MonotonicNanos last_progress_;
  std::shared_ptr<Fetch> fetch_;
  std::vector<core::Row> rows_;
  std::size_t next_row_ = 0;
  core::QueryStats stats_;
  bool rows_ended_ = false;
  base::Status row_status_ = base::ok_status();
  bool ended_ = false;
  std::shared_ptr<Counting> counting_;  // until its event was given
};

base::StatusOr<core::RowOrder> parse_order(std::string_view text) {
  if (text.empty() || text == "time") return core::RowOrder::kTime;
  if (text == "source") return core::RowOrder::kSource;
  return base::invalid_argument_error("order is time or source, not \"{}\"", text);
}

base::StatusOr<std::optional<std::uint64_t>> parse_row_limit(std::string_view text) {
  if (text.empty()) return std::optional<std::uint64_t>();
  std::uint64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit == 0) {
    return base::invalid_argument_error("limit is a positive number, not \"{}\"; leave it out for all rows", text);
  }
  return std::optional<std::uint64_t>(limit);
}

base::StatusOr<core::RowQuery> row_query(const Call& call, Question& question) {
  core::RowQuery query;
  query.tenant = call.tenant;
  query.query = std::string(call.param("query"));
  query.cancel = call.request.client_gone;
  ASSIGN_OR_RETURN(const TimeBounds bounds, parse_bounds(call.params, call.arrival));
  if (bounds.end < bounds.start) {
    return base::invalid_argument_error("end timestamp must not be before or equal to start time");
  }
  query.range = {bounds.start, bounds.end};
  ASSIGN_OR_RETURN(query.limit, parse_row_limit(call.param("limit")));
  ASSIGN_OR_RETURN(query.direction, parse_direction(call.param("direction")));
  ASSIGN_OR_RETURN(query.order, parse_order(call.param("order")));
  query.levels = call.param("levels") == "true" ? core::LevelUse::kAlways : core::LevelUse::kWhenNamed;
  if (const std::string_view text = call.param("cursor"); !text.empty()) {
    if (query.order != core::RowOrder::kTime) return base::invalid_argument_error("a cursor needs order=time");
    ASSIGN_OR_RETURN(const QueryCursor cursor, decode_cursor(text));
    if (cursor.direction != query.direction) {
      return base::invalid_argument_error("the cursor is of a query in the other direction");
    }
    query.after = cursor.after;
  }
  ASSIGN_OR_RETURN(const logql::Query parsed, logql::parse(query.query));
  if (!parsed.is_log()) {
    return base::invalid_argument_error("this endpoint takes log queries; ask /loki/api/v1/query_range for metrics");
  }
  question = question_of(parsed, query.range);
  return query;
}

// `histogram=60`: into so many buckets. 0 without the parameter.
base::StatusOr<std::size_t> parse_buckets(std::string_view text) {
  if (text.empty()) return std::size_t{0};
  std::size_t buckets = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), buckets);
  if (error != std::errc() || end != text.data() + text.size() || buckets == 0 || buckets > kHistogramBucketsMax) {
    return base::invalid_argument_error("histogram is a number of buckets from 1 to {}, not \"{}\"",
                                        kHistogramBucketsMax, text);
  }
  return buckets;
}

base::Task<io::HttpResponse> query(Call& call) {
  Question question;
  base::StatusOr<core::RowQuery> request = row_query(call, question);
  if (!request.ok()) co_return error_response(request.status(), Doing::kReading);
  const base::StatusOr<std::size_t> buckets = parse_buckets(call.param("histogram"));
  if (!buckets.ok()) co_return error_response(buckets.status(), Doing::kReading);
  const core::TimeRange range = request->range;
  QueryEvents events(request->direction, request->order == core::RowOrder::kTime);
  std::string text = request->query;
  const base::CancelToken cancel = request->cancel;
  base::Task<std::optional<core::Coverage>> reading = read_coverage(call, std::move(question));
  const std::optional<core::Coverage> coverage = co_await reading;
  base::Task<base::StatusOr<std::unique_ptr<core::RowCursor>>> task =
      call.deps.queries.rows(std::move(request).value());
  base::StatusOr<std::unique_ptr<core::RowCursor>> cursor = co_await task;
  if (!cursor.ok()) co_return error_response(cursor.status(), Doing::kReading);
  io::HttpResponse response;
  response.headers.set("Content-Type", "application/x-ndjson");
  // Proxies are not to collect the answer before they pass it on.
  response.headers.set("X-Accel-Buffering", "no");
  response.headers.set("Cache-Control", "no-store");
  auto stream = std::make_unique<RowStream>(call, text, cancel, std::move(cursor).value(), std::move(events));
  stream->set_coverage(coverage_json(coverage, range, text));
  if (*buckets > 0) stream->count(plan_histogram(range, *buckets));
  response.stream = std::move(stream);
  co_return response;
}

}  // namespace

void add_native_query_routes(Router& router) {
  router.add("GET POST", "/api/v1/query", query);
}

}  // namespace cordwood::api

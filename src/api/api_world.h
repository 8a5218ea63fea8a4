// For tests of this folder: an Api over recording and canned parts, asked without sockets.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/api.h"
#include "base/sim_executor.h"
#include "ingest/decoder.h"

namespace cordwood::api {

class RecordingSink final : public core::RecordSink, public core::SourceRegistry {
 public:
  base::Task<base::StatusOr<core::AppendResult>> append(core::AppendRequest request) override {
    if (!error.ok()) co_return error;
    core::AppendResult result = answer;
    appended.push_back(std::move(request));
    co_return result;
  }
  base::Task<base::StatusOr<core::HelloAnswer>> hello(core::AgentHello hello) override {
    if (!error.ok()) co_return error;
    greeted.push_back(std::move(hello));
    co_return hello_answer;
  }
  base::Task<base::StatusOr<std::vector<core::SourceState>>> sources(core::TenantId tenant, std::string host,
                                                                     std::vector<core::GenerationId> only) override {
    if (!error.ok()) co_return error;
    asked = {tenant.value, host};
    asked_only = std::move(only);
    co_return states;
  }

  base::Status error = base::ok_status();
  core::AppendResult answer;
  core::HelloAnswer hello_answer;
  std::vector<core::SourceState> states;
  std::vector<core::AppendRequest> appended;
  std::vector<core::AgentHello> greeted;
  std::pair<std::string, std::string> asked;
  std::vector<core::GenerationId> asked_only;
};

// What a row cursor of the fake does, shared so that a test sees what became of it.
struct RowScript {
  std::deque<std::vector<core::Row>> pages;
  base::Status end = base::ok_status();  // after the pages
  base::nanoseconds page_takes{0};
  core::QueryStats stats;
  std::optional<core::QueryStats> progress;
  int nexts = 0;
  bool running = false;
  bool destroyed = false;
};

class ScriptedCursor final : public core::RowCursor {
 public:
  ScriptedCursor(base::Executor& executor, std::shared_ptr<RowScript> script)
      : executor_(executor), script_(std::move(script)) {}
  ~ScriptedCursor() override {
    CHECK(!script_->running);
    script_->destroyed = true;
  }
  base::Task<base::StatusOr<std::vector<core::Row>>> next() override {
    ++script_->nexts;
    script_->running = true;
    if (script_->page_takes.count() > 0) co_await executor_.sleep_for(script_->page_takes);
    script_->running = false;
    if (!script_->pages.empty()) {
      std::vector<core::Row> page = std::move(script_->pages.front());
      script_->pages.pop_front();
      co_return page;
    }
    if (!script_->end.ok()) co_return script_->end;
    co_return std::vector<core::Row>();
  }
  const core::QueryStats& stats() const override { return script_->stats; }
  core::QueryStats progress() const override { return script_->progress.value_or(core::QueryStats()); }

 private:
  base::Executor& executor_;
  const std::shared_ptr<RowScript> script_;
};

class CannedQueries final : public core::QueryRunner {
 public:
  explicit CannedQueries(base::Executor& executor) : executor_(executor) {}
  base::Task<base::StatusOr<core::QueryResult>> run(core::QueryRequest request) override {
    requests.push_back(std::move(request));
    if (!error.ok()) co_return error;
    co_return result;
  }
  base::Task<base::StatusOr<std::unique_ptr<core::RowCursor>>> rows(core::RowQuery request) override {
    row_queries.push_back(std::move(request));
    if (!error.ok()) co_return error;
    co_return std::make_unique<ScriptedCursor>(executor_, script);
  }
  base::Task<base::StatusOr<std::vector<core::Labels>>> series(core::SeriesRequest request) override {
    series_requests.push_back(std::move(request));
    if (!error.ok()) co_return error;
    co_return labels;
  }
  base::Task<base::StatusOr<std::vector<core::StreamRef>>> streams(core::SeriesRequest request) override {
    series_requests.push_back(std::move(request));
    if (!error.ok()) co_return error;
    std::vector<core::StreamRef> found;
    for (const core::Labels& one : labels) found.push_back({one.stream_id(), std::make_shared<core::Labels>(one)});
    co_return found;
  }
  base::Task<base::StatusOr<std::vector<std::string>>> label_names(core::SeriesRequest request) override {
    series_requests.push_back(std::move(request));
    if (!error.ok()) co_return error;
    co_return names;
  }
  base::Task<base::StatusOr<std::vector<std::string>>> label_values(core::SeriesRequest request,
                                                                    std::string name) override {
    series_requests.push_back(std::move(request));
    value_name = std::move(name);
    if (!error.ok()) co_return error;
    co_return names;
  }
  base::Task<base::StatusOr<core::IndexStats>> index_stats(core::SeriesRequest request) override {
    series_requests.push_back(std::move(request));
    if (!error.ok()) co_return error;
    co_return core::IndexStats{.streams = 1, .chunks = 2, .entries = 3, .bytes = 4};
  }

  base::Task<base::StatusOr<core::Volumes>> volumes(core::VolumeRequest request) override {
    volume_requests.push_back(std::move(request));
    if (!error.ok()) co_return error;
    co_return volumes_found;
  }
  base::Task<base::StatusOr<std::vector<core::DetectedField>>> detected_fields(core::FieldsRequest request) override {
    fields_requests.push_back(std::move(request));
    if (!error.ok()) co_return error;
    co_return fields_found;
  }
  base::Task<base::StatusOr<core::LogPatterns>> patterns(core::PatternsRequest request) override {
    patterns_requests.push_back(std::move(request));
    if (!error.ok()) co_return error;
    co_return patterns_found;
  }

  base::Status error = base::ok_status();
  core::QueryResult result;
  core::Volumes volumes_found;
  std::vector<core::DetectedField> fields_found;
  core::LogPatterns patterns_found;
  std::vector<core::VolumeRequest> volume_requests;
  std::vector<core::FieldsRequest> fields_requests;
  std::vector<core::PatternsRequest> patterns_requests;
  std::shared_ptr<RowScript> script = std::make_shared<RowScript>();
  std::vector<core::Labels> labels;
  std::vector<std::string> names;
  std::vector<core::QueryRequest> requests;
  std::vector<core::RowQuery> row_queries;
  std::vector<core::SeriesRequest> series_requests;
  std::string value_name;

 private:
  base::Executor& executor_;
};

class CannedStore final : public core::StoreAdmin {
 public:
  base::Task<base::StatusOr<std::string>> request_deletion(core::DeletionRequest request) override {
    if (!error.ok()) co_return error;
    core::DeletionStatus status;
    status.id = "del-" + std::to_string(deletion_list.size());
    status.request = std::move(request);
    status.created = {1'500'000'000};
    deletion_list.push_back(status);
    co_return status.id;
  }
  base::Task<base::StatusOr<std::vector<core::DeletionStatus>>> deletions(core::TenantId) override {
    if (!error.ok()) co_return error;
    co_return deletion_list;
  }
  base::Task<base::Status> cancel_deletion(core::TenantId, std::string id) override {
    if (std::erase_if(deletion_list, [&](const core::DeletionStatus& one) { return one.id == id; }) > 0) {
      co_return base::ok_status();
    }
    co_return base::not_found_error("no such request");
  }
  base::Task<base::Status> flush() override {
    ++flushes;
    co_return error;
  }
  base::Task<base::Status> compact() override {
    ++compactions;
    co_return error;
  }
  base::Task<base::StatusOr<core::StoreStatus>> status() override {
    if (!error.ok()) co_return error;
    co_return facts;
  }

  base::Status error = base::ok_status();
  core::StoreStatus facts;
  std::vector<core::DeletionStatus> deletion_list;
  int flushes = 0;
  int compactions = 0;
};

// Gives the batches that a test put there, one a call.
class ScriptedTailer final : public core::Tailer {
 public:
  explicit ScriptedTailer(base::Executor& executor) : executor_(executor) {}
  base::StatusOr<std::unique_ptr<core::TailSubscription>> subscribe(core::TailRequest request) override {
    if (!error.ok()) return error;
    requests.push_back(std::move(request));
    return std::make_unique<Subscription>(*this);
  }
  base::Status error = base::ok_status();
  std::vector<core::TailRequest> requests;
  std::deque<core::TailBatch> batches;

 private:
  class Subscription final : public core::TailSubscription {
   public:
    explicit Subscription(ScriptedTailer& tailer) : tailer_(tailer) {}
    base::Task<core::TailBatch> next(base::nanoseconds timeout) override {
      core::TailBatch batch;
      if (tailer_.batches.empty()) {
        co_await tailer_.executor_.sleep_for(timeout);
        co_return batch;
      }
      batch = std::move(tailer_.batches.front());
      tailer_.batches.pop_front();
      co_return batch;
    }

   private:
    ScriptedTailer& tailer_;
  };
  base::Executor& executor_;
};

struct Answer {
  unsigned status = 0;
  io::HttpHeaders headers;
  std::string body;  // of a stream: all pieces
  std::vector<std::string> pieces;
  base::Status stream_status = base::ok_status();
};

class ApiWorld {
 public:
  explicit ApiWorld(ApiOptions options = {}) : decoder(options.limits), queries(executor), tails(executor) {
    if (options.version.empty()) options.version = "0.1.0";
    api = std::make_unique<Api>(ApiDependencies{.executor = executor,
                                                .metrics = metrics,
                                                .decoder = decoder,
                                                .sink = sink,
                                                .sources = sink,
                                                .queries = queries,
                                                .store = store,
                                                .ready = [this] { return readiness; },
                                                .options = std::move(options),
                                                .tails = &tails});
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;

  static io::HttpRequest request(std::string_view method, std::string_view target, std::string body = {},
                                 const Headers& headers = {}) {
    io::HttpRequest out;
    out.method = std::string(method);
    const std::size_t question = std::min(target.find('?'), target.size());
    out.path = io::percent_decode(target.substr(0, question));
    out.query = std::string(target.substr(std::min(question + 1, target.size())));
    out.body = std::make_shared<const std::string>(std::move(body));
    for (const auto& [name, value] : headers) out.headers.add(name, value);
    return out;
  }

  Answer ask(io::HttpRequest& request) {
    io::HttpResponse response = base::sync_wait(executor, api->handle(request));
    Answer answer{
        .status = response.status, .headers = response.headers, .body = std::move(response.body), .pieces = {}};
    while (response.stream) {
      base::StatusOr<std::string> piece = base::sync_wait(executor, response.stream->next());
      answer.stream_status = piece.status();
      if (!piece.ok() || piece->empty()) {
        base::sync_wait(executor, response.stream->finish());
        break;
      }
      answer.body += *piece;
      answer.pieces.push_back(std::move(piece).value());
    }
    return answer;
  }
  Answer ask(std::string_view method, std::string_view target, std::string body = {}, const Headers& headers = {}) {
    io::HttpRequest made = request(method, target, std::move(body), headers);
    return ask(made);
  }
  Answer get(std::string_view target, const Headers& headers = {}) { return ask("GET", target, {}, headers); }

  base::SimExecutor executor{1};
  base::MetricsRegistry metrics;
  ingest::Decoder decoder;
  RecordingSink sink;
  CannedQueries queries;
  CannedStore store;
  ScriptedTailer tails;
  base::Status readiness = base::ok_status();
  std::unique_ptr<Api> api;
};

}  // namespace cordwood::api

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <thread>

#include "app/client_options.h"
#include "app/command.h"
#include "app/program.h"
#include "client/row_stream.h"
#include "logql/parse.h"

namespace cordwood::app {
namespace {

// The server is asked again this often until it can push.
constexpr auto kPollInterval = std::chrono::milliseconds(250);
// Lines of several hosts arrive out of order: each question goes back this far behind the newest line seen, and what
// was printed before is left out by its name. A line that arrives later than this behind the newest one is not shown.
constexpr base::nanoseconds kOverlap = std::chrono::seconds(5);
constexpr auto kReconnectMax = std::chrono::seconds(5);

struct TailCommand {
  EndpointOptions endpoint;
  FormatOptions format;
  std::string query;
  std::string since;
};

class Tail {
 public:
  Tail(client::Connection& connection, std::string query, base::UnixNanos start, client::OutputOptions output)
      : connection_(connection),
        query_(std::move(query)),
        start_(start),
        newest_(start),
        printer_(stdout, output),
        utc_(output.utc) {}

  // One question; prints what is new.
  base::Status poll() {
    client::RowQueryOptions request;
    request.query = query_;
    request.start = std::max(start_, newest_ - kOverlap);
    request.end = base::UnixNanos::max();
    request.forward = true;
    client::RowCallbacks callbacks;
    callbacks.row = [this](const client::ClientRow& row) {
      if (seen_.insert({row.time, row.labels->to_text(), row.generation, row.offset}).second) printer_.print(row);
      newest_ = std::max(newest_, std::min(row.time, system_now()));
      return true;
    };
    callbacks.batch_end = [this] { printer_.flush(); };
    ASSIGN_OR_RETURN(const client::QueryEnd end, client::run_row_query(connection_, request, callbacks));
    printer_.flush();
    if (end.coverage.has_value()) say_when_changed(*end.coverage);
    const base::UnixNanos oldest = newest_ - kOverlap;
    while (!seen_.empty() && seen_.begin()->time < oldest) seen_.erase(seen_.begin());
    if (!end.error.empty()) return base::unavailable_error("{}", end.error);
    return base::ok_status();
  }

 private:
  struct Name {
    base::UnixNanos time;
    std::string stream;
    std::string generation;
    std::uint64_t offset = 0;
    auto operator<=>(const Name&) const = default;
  };

  // A host that falls silent or returns is told once, on stderr.
  void say_when_changed(const client::CoverageNote& coverage) {
    std::string missing;
    for (const client::CoverageHost& host : coverage.not_complete) {
      if (host.state != "complete" && host.state != "ended") missing += host.host + ' ' + host.state + '\n';
    }
    if (missing == missing_) return;
    missing_ = std::move(missing);
    print_coverage(coverage, utc_);
  }

  client::Connection& connection_;
  const std::string query_;
  const base::UnixNanos start_;
  base::UnixNanos newest_;
  std::set<Name> seen_;  // of the last kOverlap
  client::RowPrinter printer_;
  const bool utc_;
  std::string missing_;  // hosts that were not complete when it was told last
};

base::Status run(TailCommand& command) {
  ASSIGN_OR_RETURN(const logql::LogExpr parsed, logql::parse_log_query(command.query));
  ASSIGN_OR_RETURN(const client::OutputOptions output, command.format.resolve());
  RangeOptions range;
  range.since = command.since;
  ASSIGN_OR_RETURN(const RangeOptions::Range resolved, range.resolve("1ms"));
  client::Connection connection(command.endpoint.endpoint);
  Tail tail(connection, command.query, *resolved.from, output);
  auto pause = std::chrono::milliseconds(kPollInterval);
  bool connected = true;
  while (true) {
    const base::Status status = tail.poll();
    if (status.code() == base::StatusCode::kUnavailable || status.code() == base::StatusCode::kDeadlineExceeded) {
      if (connected) print_error(base::annotate(status, "waiting for the server"));
      connected = false;
      pause = std::min<std::chrono::milliseconds>(pause * 2, kReconnectMax);
    } else if (!status.ok()) {
      return status;
    } else {
      if (!connected) std::fprintf(stderr, "cordwood: connected again\n");
      connected = true;
      pause = kPollInterval;
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

void add_tail_command(CLI::App& root, Action& action) {
  auto command = std::make_shared<TailCommand>();
  CLI::App* sub = root.add_subcommand("tail", "show lines as they arrive");
  sub->add_option("query", command->query, "LogQL log query")->required();
  command->endpoint.add_to(*sub);
  command->format.add_to(*sub);
  sub->add_option("--since", command->since, "begin this far back [now]");
  sub->callback([command, &action] {
    action = [command] {
      print_error(run(*command));
      return kExitError;
    };
  });
}

}  // namespace cordwood::app

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/client_options.h"
#include "app/command.h"
#include "app/program.h"
#include "app/settings.h"
#include "base/json_writer.h"
#include "client/row_stream.h"
#include "client/series.h"
#include "logql/parse.h"

namespace cordwood::app {
namespace {

// Rows of a log query when nothing says how many: what fits on some screens. `--limit 0` is all.
constexpr std::uint64_t kDefaultLimit = 1000;

struct QueryCommand {
  EndpointOptions endpoint;
  RangeOptions range;
  FormatOptions format;
  std::string query;
  std::optional<std::uint64_t> limit;
  std::string direction = "backward";
  std::string step;
};

// `12.3 MB, 45,678 lines looked at` on a terminal's stderr while a query takes long.
class ProgressLine {
 public:
  void show(const client::Progress& progress) {
    if (isatty(STDERR_FILENO) != 1) return;
    std::fprintf(stderr, "\r\x1b[K%.1f MB, %llu lines looked at, %llu found", static_cast<double>(progress.bytes) / 1e6,
                 static_cast<unsigned long long>(progress.lines), static_cast<unsigned long long>(progress.rows));
    shown_ = true;
  }
  void clear() {
    if (shown_) std::fprintf(stderr, "\r\x1b[K");
    shown_ = false;
  }

 private:
  bool shown_ = false;
};

base::Status run_log_query(QueryCommand& command, client::Connection& connection) {
  ASSIGN_OR_RETURN(const RangeOptions::Range range, command.range.resolve("1h"));
  ASSIGN_OR_RETURN(const client::OutputOptions output, command.format.resolve());
  if (command.direction != "backward" && command.direction != "forward") {
    return base::invalid_argument_error("--direction takes backward or forward, not '{}'", command.direction);
  }
  client::RowQueryOptions request;
  request.query = command.query;
  request.start = range.from;
  request.end = range.to;
  request.forward = command.direction == "forward";
  request.limit = command.limit.value_or(kDefaultLimit);
  if (*request.limit == 0) request.limit.reset();
  client::RowPrinter printer(stdout, output);
  ProgressLine progress;
  std::uint64_t rows = 0;
  client::RowCallbacks callbacks;
  callbacks.row = [&](const client::ClientRow& row) {
    progress.clear();
    printer.print(row);
    ++rows;
    return true;
  };
  callbacks.progress = [&](const client::Progress& p) { progress.show(p); };
  base::StatusOr<client::QueryEnd> end = client::run_row_query(connection, request, callbacks);
  progress.clear();
  printer.finish();
  RETURN_IF_ERROR(end.status());
  for (const std::string& text : end->unreadable) print_error("not complete: " + text);
  if (output.format == client::OutputFormat::kText) print_coverage(end->coverage, output.utc);
  if (!end->error.empty()) return base::unavailable_error("stopped early: {}", end->error);
  if (!command.limit.has_value() && rows == kDefaultLimit && isatty(STDERR_FILENO) == 1) {
    std::fprintf(stderr, "cordwood: %llu rows; there may be more: --limit N, or --limit 0 for all\n",
                 static_cast<unsigned long long>(rows));
  }
  return base::ok_status();
}

std::string json_sample(const client::MetricSeries& series, base::UnixNanos time, const std::string& value, bool utc) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object().key("time").string(client::format_time(time, utc, 9)).key("labels").begin_object();
  for (const core::Label& label : series.labels.all()) json.key(label.name).string(label.value);
  json.end_object().key("value").string(value).end_object();
  return out;
}

void print_series(const client::MetricSeries& series, const client::OutputOptions& output, bool with_time) {
  for (const auto& [time, value] : series.samples) {
    const std::string labels = series.labels.to_text();
    if (output.format == client::OutputFormat::kJson) {
      std::printf("%s\n", json_sample(series, time, value, output.utc).c_str());
    } else if (output.format == client::OutputFormat::kCsv) {
      std::string quoted;
      for (const char c : labels) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
      std::printf("%s,\"%s\",%s\r\n", client::format_time(time, output.utc, 9).c_str(), quoted.c_str(), value.c_str());
    } else if (output.format == client::OutputFormat::kRaw) {
      std::printf("%s\n", value.c_str());
    } else if (with_time) {
      std::printf("%s  %12s  %s\n", client::format_time(time, output.utc, 3).c_str(), value.c_str(), labels.c_str());
    } else {
      std::printf("%12s  %s\n", value.c_str(), labels.c_str());
    }
  }
}

base::Status run_metric_query(QueryCommand& command, client::Connection& connection) {
  std::optional<base::nanoseconds> step;
  if (!command.step.empty()) {
    ASSIGN_OR_RETURN(step, parse_duration(command.step));
    if (step->count() < 1'000'000) return base::invalid_argument_error("--step must be at least 1ms");
  }
  ASSIGN_OR_RETURN(const RangeOptions::Range range, command.range.resolve("1h"));
  ASSIGN_OR_RETURN(const client::OutputOptions output, command.format.resolve());
  ASSIGN_OR_RETURN(const client::MetricAnswer all, client::run_metric_query(connection, command.query, range.from,
                                                                            range.to.value_or(system_now()), step));
  if (output.format == client::OutputFormat::kCsv) std::printf("time,labels,value\r\n");
  for (const client::MetricSeries& series : all.series) print_series(series, output, step.has_value());
  if (all.series.empty()) std::fprintf(stderr, "cordwood: no series\n");
  if (output.format == client::OutputFormat::kText) print_coverage(all.coverage, output.utc);
  return base::ok_status();
}

base::Status run(QueryCommand& command) {
  // Parsed here too, so that a mistake is shown without a server, at its place.
  ASSIGN_OR_RETURN(const logql::Query parsed, logql::parse(command.query));
  client::Connection connection(command.endpoint.endpoint);
  if (parsed.is_log()) return run_log_query(command, connection);
  return run_metric_query(command, connection);
}

}  // namespace

void add_query_command(CLI::App& root, Action& action) {
  auto command = std::make_shared<QueryCommand>();
  CLI::App* sub = root.add_subcommand("query", "ask in LogQL: lines, or figures for a metric query");
  sub->add_option("query", command->query, "LogQL")->required();
  command->endpoint.add_to(*sub);
  command->range.add_to(*sub);
  command->format.add_to(*sub);
  sub->add_option("--limit", command->limit, "lines at most; 0 = all [1000]");
  sub->add_option("--direction", command->direction, "backward (newest first) or forward [backward]");
  sub->add_option("--step", command->step,
                  "metric queries: a value each step over the range, instead of one at its end");
  sub->callback([command, &action] { action = [command] { return client_exit_code(run(*command)); }; });
}

}  // namespace cordwood::app

// The small commands: labels, series, status, flush, ready.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/client_options.h"
#include "app/command.h"
#include "app/program.h"
#include "client/series.h"
#include "client/server_status.h"

namespace cordwood::app {
namespace {

struct LookCommand {
  EndpointOptions endpoint;
  RangeOptions range;
  std::string argument;
  bool quiet = false;
  bool one_line = false;
  bool json = false;
};

int report(const base::Status& status, bool quiet = false) {
  if (status.ok()) return kExitOk;
  if (!quiet) print_error(status);
  return kExitError;
}

base::Status print_labels(LookCommand& command) {
  ASSIGN_OR_RETURN(const RangeOptions::Range range, command.range.resolve(""));
  client::Connection connection(command.endpoint.endpoint);
  io::HttpParams parameters = {{"start", std::to_string(range.from.has_value() ? range.from->value : 0)}};
  if (range.to.has_value()) parameters.emplace_back("end", std::to_string(range.to->value));
  const std::string path = command.argument.empty()
                               ? std::string("/loki/api/v1/labels")
                               : "/loki/api/v1/label/" + io::percent_encode(command.argument) + "/values";
  ASSIGN_OR_RETURN(const std::vector<std::string> names, client::list_strings(connection, path, parameters));
  for (const std::string& name : names) std::printf("%s\n", name.c_str());
  return base::ok_status();
}

base::Status print_series(LookCommand& command) {
  ASSIGN_OR_RETURN(const RangeOptions::Range range, command.range.resolve(""));
  client::Connection connection(command.endpoint.endpoint);
  ASSIGN_OR_RETURN(const std::vector<core::Labels> all,
                   client::list_series(connection, command.argument, range.from, range.to));
  for (const core::Labels& labels : all) std::printf("%s\n", labels.to_text().c_str());
  return base::ok_status();
}

base::Status print_status(LookCommand& command) {
  client::Connection connection(command.endpoint.endpoint);
  ASSIGN_OR_RETURN(const std::string body, connection.get("/api/v1/status", {}));
  if (command.quiet) return base::ok_status();
  if (command.json) {
    std::printf("%s\n", body.c_str());
    return base::ok_status();
  }
  ASSIGN_OR_RETURN(const client::ServerStatus status, client::parse_server_status(body));
  const double ratio =
      status.stored_bytes == 0 ? 0 : static_cast<double>(status.raw_bytes) / static_cast<double>(status.stored_bytes);
  if (command.one_line) {
    fmt::print("{} lines, {:.1f} MB raw, {:.1f} MB stored in {} segments, {:.1f} MB in memory", status.records,
               static_cast<double>(status.raw_bytes) / 1e6, static_cast<double>(status.stored_bytes) / 1e6,
               status.parts, static_cast<double>(status.head_bytes) / 1e6);
    return base::ok_status();
  }
  fmt::print(
      "lines stored     {}\nraw              {:.1f} MB\nstored           {:.1f} MB{}\nsegments         {}\njournal     "
      "     {:.1f} MB\n",
      status.records, static_cast<double>(status.raw_bytes) / 1e6, static_cast<double>(status.stored_bytes) / 1e6,
      ratio > 1 ? fmt::format(" ({:.1f}x smaller)", ratio) : "", status.parts,
      static_cast<double>(status.journal_bytes) / 1e6);
  return base::ok_status();
}

base::Status flush(LookCommand& command) {
  client::Connection connection(command.endpoint.endpoint);
  return connection.post("/flush", {}).status();
}

template <typename Run>
CLI::App* add(CLI::App& root, Action& action, const char* name, const char* help, Run run,
              std::shared_ptr<LookCommand> command) {
  CLI::App* sub = root.add_subcommand(name, help);
  command->endpoint.add_to(*sub);
  sub->callback([command, run, &action] { action = [command, run] { return report(run(*command), command->quiet); }; });
  return sub;
}

}  // namespace

void add_look_commands(CLI::App& root, Action& action) {
  auto labels = std::make_shared<LookCommand>();
  CLI::App* sub = add(root, action, "labels", "names of labels, or the values of one", print_labels, labels);
  sub->add_option("name", labels->argument, "a label: print its values");
  labels->range.add_to(*sub);
  auto series = std::make_shared<LookCommand>();
  sub = add(root, action, "series", "streams that match a selector", print_series, series);
  sub->add_option("selector", series->argument, "for example {job=\"nginx\"}; all when left out");
  series->range.add_to(*sub);
  auto status = std::make_shared<LookCommand>();
  sub = add(root, action, "status", "what the server holds", print_status, status);
  sub->add_flag("--quiet", status->quiet, "only the exit code: 0 when the server answers");
  sub->add_flag("--line", status->one_line, "in one line");
  sub->add_flag("--json", status->json, "as the server says it");
  add(root, action, "flush", "write what is in memory to segments now", flush, std::make_shared<LookCommand>());
}

}  // namespace cordwood::app

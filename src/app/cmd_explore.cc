// Looking around in what is kept: stats, volume, patterns, detected-fields.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/client_options.h"
#include "app/command.h"
#include "app/program.h"
#include "client/explore.h"

namespace cordwood::app {
namespace {

using Explore = base::StatusOr<client::Table> (*)(client::Connection&, const client::ExploreOptions&, std::string*);

struct ExploreCommand {
  EndpointOptions endpoint;
  RangeOptions range;
  client::ExploreOptions options;
  std::string format = "text";
  std::string default_since;
  Explore explore = nullptr;
};

base::Status run(ExploreCommand& command) {
  if (command.format != "text" && command.format != "json") {
    return base::invalid_argument_error("-o is text or json, not \"{}\"", command.format);
  }
  ASSIGN_OR_RETURN(const RangeOptions::Range range, command.range.resolve(command.default_since));
  command.options.from = range.from;
  command.options.to = range.to;
  client::Connection connection(command.endpoint.endpoint);
  std::string json;
  ASSIGN_OR_RETURN(const client::Table table, command.explore(connection, command.options, &json));
  fmt::print("{}", command.format == "json" ? json : client::align(table));
  return base::ok_status();
}

std::shared_ptr<ExploreCommand> add(CLI::App& root, Action& action, const char* name, const char* help, Explore explore,
                                    const char* default_since, bool needs_selector) {
  auto command = std::make_shared<ExploreCommand>();
  command->explore = explore;
  command->default_since = default_since;
  CLI::App* sub = root.add_subcommand(name, help);
  command->endpoint.add_to(*sub);
  command->range.add_to(*sub);
  CLI::Option* selector = sub->add_option("selector", command->options.selector, "for example {job=\"nginx\"}");
  if (needs_selector) selector->required();
  sub->add_option("-o,--output", command->format, "text or json [text]");
  if (explore == client::explore_volume) {
    sub->add_option("--by", command->options.by, "labels to add up by, separated by commas [those of the selector]");
  }
  if (explore != client::explore_stats) sub->add_option("--limit", command->options.limit, "rows at most");
  sub->callback([command, &action] { action = [command] { return client_exit_code(run(*command)); }; });
  return command;
}

}  // namespace

void add_explore_commands(CLI::App& root, Action& action) {
  add(root, action, "stats", "streams, lines and bytes of a selector", client::explore_stats, "", false);
  add(root, action, "volume", "bytes by labels, largest first", client::explore_volume, "", false);
  add(root, action, "patterns", "what lines have in common, most frequent first", client::explore_patterns, "1h", true);
  add(root, action, "detected-fields", "fields of JSON, logfmt and metadata, from the newest lines",
      client::explore_fields, "1h", true);
}

}  // namespace cordwood::app

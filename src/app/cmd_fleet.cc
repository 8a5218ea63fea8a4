#include <CLI/CLI.hpp>
#include <memory>

#include "app/client_options.h"
#include "app/command.h"
#include "app/program.h"
#include "client/fleet.h"

namespace cordwood::app {
namespace {

struct FleetCommand {
  EndpointOptions endpoint;
  client::FleetView view;
  std::string host;
  bool json = false;
};

base::Status list(FleetCommand& command) {
  client::Connection connection(command.endpoint.endpoint);
  io::HttpParams parameters;
  if (!command.host.empty()) parameters.emplace_back("host", command.host);
  const bool files = command.view.files || command.view.lost;
  if (files) parameters.emplace_back("files", "true");
  ASSIGN_OR_RETURN(const std::string body, connection.get("/api/v1/fleet", parameters));
  if (command.json) {
    std::fputs(body.c_str(), stdout);
    return base::ok_status();
  }
  ASSIGN_OR_RETURN(const client::FleetAnswer fleet, client::parse_fleet(body));
  std::fputs(client::fleet_table(fleet, command.view).c_str(), stdout);
  return base::ok_status();
}

base::Status retire(FleetCommand& command) {
  client::Connection connection(command.endpoint.endpoint);
  return connection.post("/api/v1/fleet/retire", {{"host", command.host}}).status();
}

}  // namespace

void add_fleet_command(CLI::App& root, Action& action) {
  auto command = std::make_shared<FleetCommand>();
  CLI::App* sub = root.add_subcommand("fleet", "hosts: how far each is stored, what waits, what was lost");
  command->endpoint.add_to(*sub);
  sub->add_option("--host", command->host, "only this host");
  sub->add_flag("--files", command->view.files, "the files of each host as well");
  sub->add_flag("--lost", command->view.lost, "only hosts that lost something: what, when and why");
  sub->add_flag("--behind", command->view.behind, "only hosts that are not complete");
  sub->add_flag("--utc", command->view.utc, "print times in UTC instead of the local zone");
  sub->add_flag("--json", command->json, "the server's answer as it is");
  sub->callback([command, sub, &action] {
    if (sub->get_subcommands().empty()) action = [command] { return client_exit_code(list(*command)); };
  });

  auto retiring = std::make_shared<FleetCommand>();
  CLI::App* retire_sub = sub->add_subcommand("retire", "a silent host is no longer expected, until its agent returns");
  retiring->endpoint.add_to(*retire_sub);
  retire_sub->add_option("host", retiring->host, "its name")->required();
  retire_sub->callback([retiring, &action] { action = [retiring] { return client_exit_code(retire(*retiring)); }; });
}

}  // namespace cordwood::app

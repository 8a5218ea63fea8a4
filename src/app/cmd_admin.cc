// cordwood admin: what is stored, for how long, and getting rid of it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/backup_copy.h"
#include "app/client_options.h"
#include "app/command.h"
#include "app/program.h"

namespace cordwood::app {
namespace {

struct AdminCommand {
  EndpointOptions endpoint;
  std::string selector;
  std::string keep;
  std::string query;
  std::string from;
  std::string to;
  std::string id;
  std::string data;
  std::string destination;
  bool json = false;

  io::HttpParams format() const { return {{"format", json ? "json" : "text"}}; }
};
using Run = base::Status (*)(AdminCommand& command);

void print(const std::string& body) {
  std::fwrite(body.data(), 1, body.size(), stdout);
}

base::Status get_and_print(AdminCommand& command, std::string_view path) {
  client::Connection connection(command.endpoint.endpoint);
  ASSIGN_OR_RETURN(const std::string body, connection.get(path, command.format()));
  print(body);
  return base::ok_status();
}

base::Status post(AdminCommand& command, std::string_view path, const io::HttpParams& parameters) {
  client::Connection connection(command.endpoint.endpoint);
  ASSIGN_OR_RETURN(const std::string body, connection.post(path, parameters));
  print(body);
  return base::ok_status();
}

base::Status list_parts(AdminCommand& command) {
  return get_and_print(command, "/api/v1/admin/parts");
}
base::Status show_journal(AdminCommand& command) {
  return get_and_print(command, "/api/v1/admin/journal");
}
base::Status compact(AdminCommand& command) {
  return post(command, "/api/v1/admin/compact", {{"wait", "true"}});
}
base::Status verify(AdminCommand& command) {
  client::Connection connection(command.endpoint.endpoint);
  ASSIGN_OR_RETURN(const std::string body, connection.post("/api/v1/admin/verify", command.format()));
  print(body);
  if (body.starts_with("ok") || body.starts_with("{\"ok\":true")) return base::ok_status();
  return base::data_loss_error("segments are faulty: restore their objects from a copy");
}

base::Status list_retention(AdminCommand& command) {
  return get_and_print(command, "/api/v1/admin/retention");
}
base::Status set_retention(AdminCommand& command) {
  return post(command, "/api/v1/admin/retention", {{"keep", command.keep}, {"selector", command.selector}});
}
base::Status remove_retention(AdminCommand& command) {
  return post(command, "/api/v1/admin/retention/remove", {{"selector", command.selector}});
}

base::Status list_deletions(AdminCommand& command) {
  return get_and_print(command, "/api/v1/admin/deletions");
}
base::Status request_deletion(AdminCommand& command) {
  return post(command, "/api/v1/admin/deletions",
              {{"query", command.query}, {"from", command.from}, {"to", command.to}});
}
base::Status cancel_deletion(AdminCommand& command) {
  return post(command, "/api/v1/admin/deletions/cancel", {{"id", command.id}});
}

base::Status backup(AdminCommand& command) {
  client::Connection connection(command.endpoint.endpoint);
  ASSIGN_OR_RETURN(std::string id, connection.post("/api/v1/admin/backup/begin", {{"format", "text"}}));
  while (!id.empty() && id.back() == '\n') id.pop_back();
  base::StatusOr<BackupCopy> copy = copy_backup(command.data, command.destination);
  const base::Status ended = connection.post("/api/v1/admin/backup/end", {{"id", id}}).status();
  RETURN_IF_ERROR(copy.status());
  fmt::print("copied {} segments, {} bytes, to {}\n", copy->objects, copy->bytes, command.destination);
  return ended;
}
base::Status restore(AdminCommand& command) {
  ASSIGN_OR_RETURN(const std::string id, finish_restore(command.data));
  fmt::print("{} is an installation of its own now ({}); start a server over it and run: cordwood admin verify\n",
             command.data, id);
  return base::ok_status();
}

CLI::App* add(CLI::App& parent, Action& action, const char* name, const char* help, Run run,
              std::shared_ptr<AdminCommand> command) {
  CLI::App* sub = parent.add_subcommand(name, help);
  command->endpoint.add_to(*sub);
  sub->callback([command, run, &action] { action = [command, run] { return client_exit_code(run(*command)); }; });
  return sub;
}

CLI::App* add_listing(CLI::App& parent, Action& action, const char* name, const char* help, Run run) {
  auto command = std::make_shared<AdminCommand>();
  CLI::App* sub = add(parent, action, name, help, run, command);
  sub->add_flag("--json", command->json, "as the server says it");
  return sub;
}

void add_retention(CLI::App& admin, Action& action) {
  CLI::App* retention = admin.add_subcommand("retention", "how long records are kept");
  retention->require_subcommand(1);
  add_listing(*retention, action, "list", "the rules of the tenant", list_retention);
  auto set = std::make_shared<AdminCommand>();
  CLI::App* sub = add(*retention, action, "set", "keep records for a time", set_retention, set);
  sub->add_option("keep", set->keep, "30d, 720h, or forever")->required();
  sub->add_option("selector", set->selector, "streams, for example {env=\"dev\"}; all others when left out");
  auto remove = std::make_shared<AdminCommand>();
  sub = add(*retention, action, "remove", "forget a rule", remove_retention, remove);
  sub->add_option("selector", remove->selector, "of the rule; none: the rule for all others");
}

void add_delete(CLI::App& admin, Action& action) {
  CLI::App* deletion = admin.add_subcommand("delete", "hide records at once and remove them from storage");
  deletion->require_subcommand(1);
  auto request = std::make_shared<AdminCommand>();
  CLI::App* sub = add(*deletion, action, "request", "delete what is stored now and matches", request_deletion, request);
  sub->add_option("query", request->query, "a selector, with filters: {job=\"x\"} |= \"secret\"")->required();
  sub->add_option("--from", request->from, "RFC 3339 or Unix seconds; the beginning when left out");
  sub->add_option("--to", request->to, "RFC 3339 or Unix seconds; now when left out");
  add_listing(*deletion, action, "status", "requests and how far they are", list_deletions);
  auto cancel = std::make_shared<AdminCommand>();
  sub = add(*deletion, action, "cancel", "show the records again, if their removal has not begun", cancel_deletion,
            cancel);
  sub->add_option("id", cancel->id, "of the request")->required();
}

}  // namespace

void add_admin_command(CLI::App& root, Action& action) {
  CLI::App* admin = root.add_subcommand("admin", "what is stored, for how long, and getting rid of it");
  admin->require_subcommand(1);
  add_listing(*admin, action, "parts", "the segments", list_parts);
  add_listing(*admin, action, "journal", "the journal's files", show_journal);
  add_listing(*admin, action, "verify", "read every segment and compare all checksums", verify);
  add(*admin, action, "compact", "merge until nothing is left to merge or to remove", compact,
      std::make_shared<AdminCommand>());
  add_inspect_command(*admin, action);
  add_token_command(*admin, action);
  add_retention(*admin, action);
  add_delete(*admin, action);
  auto copy = std::make_shared<AdminCommand>();
  CLI::App* sub = add(*admin, action, "backup", "copy the installation, on the machine of the server", backup, copy);
  sub->add_option("--data", copy->data, "the server's data directory")->required();
  sub->add_option("--to", copy->destination, "a directory that does not exist yet")->required();
  auto back = std::make_shared<AdminCommand>();
  sub =
      add(*admin, action, "restore", "make a copy an installation of its own, before a server opens it", restore, back);
  sub->add_option("--data", back->data, "the copy")->required();
}

}  // namespace cordwood::app

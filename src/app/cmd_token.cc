#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <memory>

#include "app/command.h"
#include "app/program.h"
#include "app/tokens_file.h"

namespace cordwood::app {
namespace {

struct TokenCommand {
  std::string name;
  std::string file;
  std::string tenant;
  std::vector<std::string> rights;
};

// Only its owner may read a file that is made here.
base::Status append_to(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return base::unavailable_error("{}: {}", path, std::strerror(errno));
  const ssize_t written = ::write(file, text.data(), text.size());
  const bool ok = written == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  ::close(file);
  return ok ? base::ok_status() : base::unavailable_error("{}: could not be written", path);
}

base::Status run(const TokenCommand& command) {
  ASSIGN_OR_RETURN(const NewToken made, make_token(command.name, command.tenant, command.rights));
  if (command.file.empty()) {
    std::printf("# token: %s\n%s", made.token.c_str(), made.entry.c_str());
    return base::ok_status();
  }
  if (::access(command.file.c_str(), F_OK) == 0) {
    ASSIGN_OR_RETURN(const std::string text, read_tokens_file(command.file));
    RETURN_IF_ERROR(parse_tokens(text, command.file).status());
  }
  RETURN_IF_ERROR(append_to(command.file, made.entry));
  std::printf("%s\n", made.token.c_str());
  return base::ok_status();
}

}  // namespace

void add_token_command(CLI::App& admin, Action& action) {
  auto command = std::make_shared<TokenCommand>();
  CLI::App* sub = admin.add_subcommand("token", "make an access token; no server needed");
  sub->add_option("name", command->name, "who will have it, for people and logs")->required();
  sub->add_option("--right", command->rights, "write, read or admin; may be repeated")
      ->required()
      ->expected(1)
      ->take_all();
  sub->add_option("--tenant", command->tenant, "its only tenant [the one each request names]");
  sub->add_option("--file", command->file, "append the entry to this file (auth.tokens_file) [print it]");
  sub->callback([command, &action] { action = [command] { return client_exit_code(run(*command)); }; });
}

}  // namespace cordwood::app

// cordwood admin inspect: where the bytes of a segment go. Works on the object's file; no server is asked.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/command.h"
#include "app/program.h"
#include "base/sim_executor.h"
#include "io/file.h"
#include "segment/format.h"
#include "segment/inspect.h"

namespace cordwood::app {
namespace {

struct InspectCommand {
  std::string path;
  segment::InspectOptions options;
};

base::Status inspect(const InspectCommand& command) {
  ASSIGN_OR_RETURN(std::string bytes, io::read_whole_file(io::system_files(), command.path, segment::kSegmentBytesMax));
  auto source =
      std::make_shared<segment::MemoryByteSource>(command.path, std::make_shared<const std::string>(std::move(bytes)));
  base::SimExecutor executor(1);  // nothing waits: the bytes are in memory
  ASSIGN_OR_RETURN(const std::string text,
                   base::sync_wait(executor, segment::inspect_segment(std::move(source), command.options)));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return base::ok_status();
}

}  // namespace

void add_inspect_command(CLI::App& admin, Action& action) {
  auto command = std::make_shared<InspectCommand>();
  CLI::App* sub = admin.add_subcommand("inspect", "where the bytes of a segment go");
  sub->add_option("segment", command->path, "its file, below the data directory's objects/")->required();
  sub->add_option("--templates", command->options.templates_max, "so many of the most frequent");
  sub->add_option("--columns", command->options.columns_max, "so many of the largest");
  sub->callback([command, &action] { action = [command] { return client_exit_code(inspect(*command)); }; });
}

}  // namespace cordwood::app

#include "agent/agent_options.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "agent/discovery.h"
#include "core/labels.h"

namespace cordwood::agent {

namespace {

// Absolute, without "." and "..", and for a directory all that is below it.
std::string to_pattern(io::FileSystem& files, const std::string& path) {
  std::error_code error;
  std::filesystem::path absolute = path;
  if (absolute.is_relative()) absolute = std::filesystem::current_path(error) / absolute;
  std::string text = absolute.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  const auto stat = files.stat(text);
  if (stat.ok() && stat->is_directory) text += text == "/" ? "**" : "/**";
  return text;
}

}  // namespace

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

std::size_t default_descriptors_max() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 512;
  return static_cast<std::size_t>(std::clamp<rlim_t>(limit.rlim_cur / 4 * 3, 64, 1 << 20));
}

void scale_intervals(AgentOptions& options) {
  for (base::nanoseconds* interval :
       {&options.poll_interval, &options.scan_interval, &options.checkpoint_interval, &options.status_interval,
        &options.quiet_period, &options.deleted_quiet_period, &options.missing_patience, &options.pending_patience,
        &options.heartbeat_interval, &options.introduction_patience, &options.retry_min, &options.retry_max}) {
    *interval =
        base::nanoseconds(static_cast<std::int64_t>(static_cast<double>(interval->count()) / options.time_scale));
  }
}

base::Status check_options(const AgentOptions& options) {
  if (options.paths.empty() && !options.journald) return base::invalid_argument_error("no path to read is given");
  for (const auto& [name, value] : options.labels) {
    if (!core::is_valid_label_name(name)) return base::invalid_argument_error("label name '{}' is not valid", name);
  }
  return base::ok_status();
}

base::StatusOr<std::vector<Glob>> parse_globs(io::FileSystem& files, const std::vector<std::string>& paths) {
  std::vector<Glob> globs;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(Glob glob, Glob::parse(to_pattern(files, path)));
    globs.push_back(std::move(glob));
  }
  return globs;
}

base::StatusOr<Agent::Check> Agent::check(const AgentOptions& options, io::FileSystem& files) {
  RETURN_IF_ERROR(check_options(options));
  ASSIGN_OR_RETURN(std::vector<Glob> include, parse_globs(files, options.paths));
  ASSIGN_OR_RETURN(std::vector<Glob> exclude, parse_globs(files, options.excludes));
  const ScanResult found = Discovery(files, std::move(include), std::move(exclude)).scan();
  Check check;
  check.files = found.files.size();
  check.directories = found.directories.size();
  for (const Problem& problem : found.problems) check.problems.push_back({problem.path, problem.reason});
  for (const FoundFile& file : found.files) {
    const auto opened = files.open(file.path, io::OpenMode::kRead);
    if (!opened.ok()) check.problems.push_back({file.path, std::string(base::message_of(opened.status()))});
  }
  return check;
}

}  // namespace cordwood::agent

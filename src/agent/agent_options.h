// What Agent::create() makes of the options, and Agent::check() too.
#pragma once

#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/glob.h"
#include "base/status.h"
#include "io/file.h"

namespace cordwood::agent {

std::string host_name();
std::size_t default_descriptors_max();
// Divides them by options.time_scale: the clock is real even where delays are shortened for tests.
void scale_intervals(AgentOptions& options);
// InvalidArgument: nothing to read, a label that cannot be.
base::Status check_options(const AgentOptions& options);
// Absolute, directories as all that is below them. InvalidArgument naming the pattern.
base::StatusOr<std::vector<Glob>> parse_globs(io::FileSystem& files, const std::vector<std::string>& paths);

}  // namespace cordwood::agent

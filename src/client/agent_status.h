// What `cordwood agent status` prints of an agent's STATE/status.json.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace cordwood::client {

// A few lines: what was shipped, then what was skipped or could not be read, and why.
base::StatusOr<std::string> describe_agent_status(std::string_view json);

}  // namespace cordwood::client

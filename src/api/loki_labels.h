// What several of Loki's endpoints share: names and values of labels, and the limit on entries.
#pragma once

#include <string>
#include <vector>

#include "api/call.h"
#include "base/status.h"
#include "base/task.h"

namespace cordwood::api {

// With the parameters start, end, since and query of the call, which must outlive the Task.
base::Task<base::StatusOr<std::vector<std::string>>> label_names_of(Call& call);
base::Task<base::StatusOr<std::vector<std::string>>> label_values_of(Call& call, std::string name);

// InvalidArgument with Loki's text.
base::Status check_entries_limit(std::uint32_t limit, const core::Limits& limits);

}  // namespace cordwood::api

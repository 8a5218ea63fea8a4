// One request on its way through the api: what every handler gets.
#pragma once

#include <string>
#include <vector>

#include "api/api.h"
#include "base/time.h"
#include "core/ids.h"
#include "io/http.h"

namespace cordwood::api {

class PushGate;
class QueryGate;

struct Call {
  const ApiDependencies& deps;
  io::HttpRequest& request;
  core::TenantId tenant;
  base::UnixNanos arrival;
  base::MonotonicNanos started;  // of the request
  base::MonotonicNanos server_started;
  QueryGate& gate;
  PushGate& push_gate;
  base::nanoseconds queue_time{0};     // that the request waited for its turn
  std::vector<std::string> path_args;  // what the {names} of the route's pattern stood for
  io::HttpParams params;               // of a form body, then of the query string, as Go's Request.Form

  // The first value, or "".
  std::string_view param(std::string_view name) const {
    return io::find_param(params, name).value_or(std::string_view());
  }
  const core::Limits& limits() const { return deps.options.limits; }
};

// A plain function that is a coroutine: the Call outlives it.
using Handler = base::Task<io::HttpResponse> (*)(Call& call);

}  // namespace cordwood::api

// Which handler a method and path belong to. Filled once at start, then only read, by any number of threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/access.h"
#include "api/call.h"

namespace cordwood::api {

// Whether a route belongs to a tenant (header X-Scope-OrgID when tenants are on) or to the installation.
enum class Scope { kTenant, kInstallation };

// Whether a request of the route waits for its turn among the queries (query_gate.h). Cheap ones do not.
enum class Cost { kCheap, kQuery };

struct Route {
  std::string methods;  // "GET POST"; HEAD comes with GET
  std::string pattern;  // "/loki/api/v1/label/{name}/values": a {name} is one segment that is not empty
  Handler handler = nullptr;
  Scope scope = Scope::kTenant;
  Cost cost = Cost::kCheap;
  Right right = Right::kRead;
  std::size_t index = 0;  // given by the router, from 0
};

struct RouteMatch {
  const Route* route = nullptr;  // null: 404, or 405 when allowed_methods is not empty
  std::string allowed_methods;   // "GET, POST"
  std::vector<std::string> path_args;
};

class Router {
 public:
  // The route, for what it needs besides.
  Route& add(std::string methods, std::string pattern, Handler handler, Scope scope = Scope::kTenant,
             Cost cost = Cost::kCheap);
  RouteMatch match(std::string_view method, std::string_view path) const;
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  std::vector<std::unique_ptr<Route>> routes_;
  std::unordered_map<std::string, std::vector<const Route*>> fixed_;  // patterns without {names}
  std::vector<const Route*> with_args_;
};

}  // namespace cordwood::api

#include "api/router.h"

#include <utility>

namespace cordwood::api {
namespace {

// Takes the part up to the next slash off `path`.
std::string_view take_segment(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& args) {
  args.clear();
  // As many slashes on both sides, so that both run out together.
  while (!pattern.empty()) {
    const bool more = pattern.find('/') != std::string_view::npos;
    if (more != (path.find('/') != std::string_view::npos)) return false;
    const std::string_view wanted = take_segment(pattern);
    const std::string_view segment = take_segment(path);
    if (wanted.starts_with('{')) {
      if (segment.empty()) return false;
      args.emplace_back(segment);
    } else if (wanted != segment) {
      return false;
    }
  }
  return path.empty();
}

bool allows(std::string_view methods, std::string_view method) {
  if (method == "HEAD") method = "GET";
  while (!methods.empty()) {
    const std::size_t space = methods.find(' ');
    if (methods.substr(0, space) == method) return true;
    methods.remove_prefix(space == std::string_view::npos ? methods.size() : space + 1);
  }
  return false;
}

void add_methods(std::string& list, std::string_view methods) {
  for (const char c : methods) {
    if (list.empty() || c != ' ') {
      list += c;
    } else {
      list += ", ";
    }
  }
}

}  // namespace

Route& Router::add(std::string methods, std::string pattern, Handler handler, Scope scope, Cost cost) {
  auto route = std::make_unique<Route>();
  route->methods = std::move(methods);
  route->pattern = std::move(pattern);
  route->handler = handler;
  route->scope = scope;
  route->cost = cost;
  route->index = routes_.size();
  if (route->pattern.find('{') == std::string::npos) {
    fixed_[route->pattern].push_back(route.get());
  } else {
    with_args_.push_back(route.get());
  }
  routes_.push_back(std::move(route));
  return *routes_.back();
}

RouteMatch Router::match(std::string_view method, std::string_view path) const {
  RouteMatch found;
  const auto consider = [&](const Route* route) {
    if (allows(route->methods, method)) {
      found.route = route;
      return true;
    }
    if (!found.allowed_methods.empty()) found.allowed_methods += ", ";
    add_methods(found.allowed_methods, route->methods);
    return false;
  };
  if (const auto it = fixed_.find(std::string(path)); it != fixed_.end()) {
    for (const Route* route : it->second) {
      if (consider(route)) return found;
    }
  }
  for (const Route* route : with_args_) {
    if (matches(route->pattern, path, found.path_args) && consider(route)) return found;
  }
  return found;
}

}  // namespace cordwood::api

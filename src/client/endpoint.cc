#include "client/endpoint.h"

#include <cstdlib>

#include "base/thread_executor.h"

namespace cordwood::client {
namespace {

std::string form_of(const io::HttpParams& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out += io::percent_encode(name) + "=" + io::percent_encode(value);
  }
  return out;
}

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

base::Status status_of(const io::ClientResponse& response, std::string_view url) {
  if (response.status == 200 || response.status == 204) return base::ok_status();
  std::string text = one_line(response.body);
  if (text.empty()) text = fmt::format("{} answered HTTP {}", url, response.status);
  switch (response.status) {
    case 401:
      return base::unauthenticated_error("{}; set CORDWOOD_TOKEN, or --tenant where tenants are on", text);
    case 404:
      return base::not_found_error("{}", text);
    case 499:
      return base::cancelled_error("{}", text);
    case 504:
      return base::deadline_exceeded_error("{}", text);
    default:
      break;
  }
  if (response.status >= 500) return base::unavailable_error("{}", text);
  return base::invalid_argument_error("{}", text);
}

}  // namespace

Endpoint endpoint_from_environment() {
  Endpoint endpoint;
  if (const char* url = std::getenv("CORDWOOD_URL"); url != nullptr && *url != '\0') endpoint.url = url;
  if (const char* token = std::getenv("CORDWOOD_TOKEN"); token != nullptr) endpoint.token = token;
  if (const char* tenant = std::getenv("CORDWOOD_TENANT"); tenant != nullptr) endpoint.tenant = tenant;
  const std::pair<const char*, std::string*> files[] = {{"CORDWOOD_TLS_CA", &endpoint.tls.ca_file},
                                                        {"CORDWOOD_TLS_CERT", &endpoint.tls.certificate},
                                                        {"CORDWOOD_TLS_KEY", &endpoint.tls.key}};
  for (const auto& [name, field] : files) {
    if (const char* path = std::getenv(name); path != nullptr) *field = path;
  }
  return endpoint;
}

Connection::Connection(Endpoint endpoint)
    : endpoint_(std::move(endpoint)),
      executor_(std::make_unique<base::ThreadExecutor>(base::ThreadExecutorOptions{1, 2, 1.0})),
      http_(io::make_http_client(*executor_, endpoint_.tls)) {
  if (endpoint_.url.find("://") == std::string::npos) endpoint_.url.insert(0, "http://");
  while (endpoint_.url.ends_with('/')) endpoint_.url.pop_back();
}

Connection::~Connection() = default;

io::ClientRequest Connection::request_to(std::string method, std::string_view path,
                                         const io::HttpParams& parameters) const {
  io::ClientRequest request;
  request.method = std::move(method);
  request.url = endpoint_.url + std::string(path);
  if (request.method == "GET") {
    if (!parameters.empty()) request.url += "?" + form_of(parameters);
  } else {
    request.body = form_of(parameters);
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  }
  if (!endpoint_.token.empty()) request.headers.set("Authorization", "Bearer " + endpoint_.token);
  if (!endpoint_.tenant.empty()) request.headers.set("X-Scope-OrgID", endpoint_.tenant);
  return request;
}

base::StatusOr<std::string> Connection::get(std::string_view path, const io::HttpParams& parameters) {
  auto task = http_->send(request_to("GET", path, parameters));
  ASSIGN_OR_RETURN(io::ClientResponse response, base::sync_wait(*executor_, std::move(task)));
  RETURN_IF_ERROR(status_of(response, endpoint_.url));
  return std::move(response.body);
}

base::StatusOr<std::string> Connection::post(std::string_view path, const io::HttpParams& parameters) {
  io::ClientRequest request = request_to("POST", path, parameters);
  request.stall_timeout = std::chrono::hours(1);  // a flush or compaction answers when it is done
  auto task = http_->send(std::move(request));
  ASSIGN_OR_RETURN(io::ClientResponse response, base::sync_wait(*executor_, std::move(task)));
  RETURN_IF_ERROR(status_of(response, endpoint_.url));
  return std::move(response.body);
}

base::Status Connection::stream(std::string_view path, const io::HttpParams& parameters,
                                const std::function<bool(std::string_view)>& on_data) {
  // POST: a query may be longer than what fits into a URL.
  auto task = http_->stream(request_to("POST", path, parameters), on_data);
  ASSIGN_OR_RETURN(const io::ClientResponse response, base::sync_wait(*executor_, std::move(task)));
  return status_of(response, endpoint_.url);
}

}  // namespace cordwood::client

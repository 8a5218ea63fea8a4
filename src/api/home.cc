// What a browser, or a client of Elasticsearch, sees first.

#include "api/errors.h"
#include "api/routes.h"
#include "base/json_writer.h"

namespace cordwood::api {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// {"12.3", "MB"}-like text of a size, decimal units.
std::string size_text(std::uint64_t bytes) {
  static constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

constexpr std::string_view kPageHead =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Cordwood</title>\n"
    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 "
    "1em;color:#222;background:#fff}"
    "code{background:#f2f2f2;padding:0 .2em}td,th{text-align:left;padding:.15em 1.2em .15em 0}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}code{background:#2a2a2a}a{color:#8bf}}</"
    "style>\n"
    "</head>\n<body>\n<h1>Cordwood</h1>\n";

constexpr std::string_view kPageEndpoints =
    "<h2>Endpoints</h2>\n<table>\n"
    "<tr><td><code>POST /loki/api/v1/push</code></td><td>send logs as to Loki</td></tr>\n"
    "<tr><td><code>POST /api/v1/push</code></td><td>send logs with <code>cordwood agent</code></td></tr>\n"
    "<tr><td><code>/loki/api/v1/query_range</code>, <code>query</code>, <code>labels</code>, <code>series</code></td>"
    "<td>ask as of Loki: Grafana works</td></tr>\n"
    "<tr><td><code>/api/v1/query</code></td><td>ask for any number of rows</td></tr>\n"
    "<tr><td><a href=\"api/v1/status\"><code>/api/v1/status</code></a></td><td>what is stored</td></tr>\n"
    "<tr><td><a href=\"ready\"><code>/ready</code></a>, <a href=\"metrics\"><code>/metrics</code></a>, "
    "<a href=\"config\"><code>/config</code></a></td><td>operations</td></tr>\n</table>\n"
    "<p>On the command line: <code>cordwood query '{job=~\".+\"} |= \"error\"' --since "
    "1h</code></p>\n</body>\n</html>\n";

io::HttpResponse page(const Call& call, const base::StatusOr<core::StoreStatus>& store) {
  std::string body(kPageHead);
  const base::Status ready = call.deps.ready ? call.deps.ready() : base::ok_status();
  body += fmt::format("<p>Version {}, {}.</p>\n", escaped(call.deps.options.version),
                      ready.ok() ? "ready" : "not ready: " + escaped(base::message_of(ready)));
  if (store.ok()) {
    body += fmt::format(
        "<table>\n<tr><th>records</th><td>{}</td></tr>\n<tr><th>raw</th><td>{}</td></tr>\n<tr><th>stored</th><td>{}</"
        "td></tr>\n"
        "<tr><th>parts</th><td>{}</td></tr>\n<tr><th>in the head</th><td>{} records, {}</td></tr>\n</table>\n",
        store->records, size_text(store->raw_bytes), size_text(store->stored_bytes), store->parts, store->head_records,
        size_text(store->head_bytes));
  } else {
    body += fmt::format("<p>The store does not answer: {}</p>\n", escaped(base::message_of(store.status())));
  }
  body += kPageEndpoints;
  io::HttpResponse response = io::text_response(200, body);
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  return response;
}

// Senders of Elasticsearch's protocols look at this before they send anything.
io::HttpResponse greeting() {
  std::string body;
  base::JsonWriter json(body);
  json.begin_object().key("name").string("cordwood").key("cluster_name").string("cordwood");
  json.key("cluster_uuid").string("cordwood");
  json.key("version").begin_object();
  json.key("number").string("8.17.0").key("build_flavor").string("default").key("build_type").string("tar");
  json.key("build_hash").string("unknown").key("build_snapshot").boolean(false);
  json.key("lucene_version").string("9.12.0").key("minimum_wire_compatibility_version").string("7.17.0");
  json.key("minimum_index_compatibility_version").string("7.0.0").end_object();
  json.key("tagline").string("You Know, for Search").end_object();
  body += '\n';
  io::HttpResponse response = io::json_response(200, std::move(body));
  response.headers.set("Content-Type", "application/json");
  response.headers.set("X-Elastic-Product", "Elasticsearch");
  return response;
}

base::Task<io::HttpResponse> home(Call& call) {
  if (call.request.headers.get("Accept").find("text/html") == std::string_view::npos) co_return greeting();
  base::Task<base::StatusOr<core::StoreStatus>> task = call.deps.store.status();
  const base::StatusOr<core::StoreStatus> store = co_await task;
  co_return page(call, store);
}

// Until there is a page of its own.
base::Task<io::HttpResponse> ui(Call&) {
  io::HttpResponse response;
  response.status = 302;
  response.headers.set("Location", "/");
  co_return response;
}

}  // namespace

void add_home_routes(Router& router) {
  router.add("GET", "/", home, Scope::kInstallation).right = Right::kNothing;
  router.add("GET", "/ui", ui, Scope::kInstallation).right = Right::kNothing;
  router.add("GET", "/ui/", ui, Scope::kInstallation).right = Right::kNothing;
}

}  // namespace cordwood::api

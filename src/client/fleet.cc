#include "client/fleet.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/explore.h"
#include "client/json_members.h"

namespace cordwood::client {
namespace {

FleetLoss read_loss(dom::object object) {
  FleetLoss loss;
  loss.at_least = number_of(object, "at_least");
  loss.exact = bool_of(object, "exact", false);
  loss.since = time_of(object, "since").value_or(base::UnixNanos{});
  loss.until = time_of(object, "until").value_or(base::UnixNanos{});
  loss.reason = text_of(object, "reason");
  return loss;
}

FleetFile read_file(dom::object object) {
  FleetFile file;
  file.path = text_of(object, "path");
  file.state = text_of(object, "state");
  file.seen = number_of(object, "seen");
  file.acked = number_of(object, "acked");
  file.last_write = time_of(object, "last_write").value_or(base::UnixNanos{});
  file.problem = text_of(object, "problem");
  dom::array losses;
  if (object["losses"].get(losses) == simdjson::SUCCESS) {
    for (dom::element element : losses) {
      dom::object loss;
      if (element.get(loss) == simdjson::SUCCESS) file.losses.push_back(read_loss(loss));
    }
  }
  return file;
}

FleetHost read_host(dom::object object) {
  FleetHost host;
  host.now = read_coverage_host(object);
  host.retired = bool_of(object, "retired", false);
  host.files = number_of(object, "files");
  host.acked_bytes = number_of(object, "acked_bytes");
  host.last_write = time_of(object, "last_write").value_or(base::UnixNanos{});
  dom::array entries;
  if (object["entries"].get(entries) == simdjson::SUCCESS) {
    for (dom::element element : entries) {
      dom::object entry;
      if (element.get(entry) == simdjson::SUCCESS) host.entries.push_back(read_file(entry));
    }
  }
  return host;
}

std::string time_or_dash(std::optional<base::UnixNanos> time, base::UnixNanos now, bool utc) {
  if (!time.has_value() || time->value == 0) return "-";
  return clock_text(*time, now, utc, 0);
}

std::string lost_text(const CoverageHost& host) {
  if (host.lost_exact) return host.lost_at_least == 0 ? "-" : bytes_text(host.lost_at_least);
  return host.lost_at_least == 0 ? "unknown" : ">= " + bytes_text(host.lost_at_least);
}

void add_files(const FleetHost& host, const FleetAnswer& fleet, const FleetView& view, Table& rows) {
  for (const FleetFile& file : host.entries) {
    if (view.files) {
      const std::uint64_t waiting = file.seen - std::min(file.seen, file.acked);
      rows.push_back({"  " + file.path, file.state, time_or_dash(file.last_write, fleet.now, view.utc),
                      bytes_text(file.acked), bytes_text(waiting), file.problem.empty() ? "" : file.problem});
    }
    for (const FleetLoss& loss : file.losses) {
      rows.push_back({"  " + file.path, loss.exact ? "lost" : "lost at least", bytes_text(loss.at_least),
                      fmt::format("written {} to {}", time_or_dash(loss.since, fleet.now, view.utc),
                                  time_or_dash(loss.until, fleet.now, view.utc)),
                      loss.reason});
    }
  }
}

}  // namespace

base::StatusOr<FleetAnswer> parse_fleet(std::string_view body) {
  dom::parser parser;
  dom::object object;
  dom::array hosts;
  if (parser.parse(body).get(object) != simdjson::SUCCESS || object["hosts"].get(hosts) != simdjson::SUCCESS) {
    return base::invalid_argument_error("the server's answer to /api/v1/fleet has no hosts");
  }
  FleetAnswer answer;
  answer.now = time_of(object, "now").value_or(base::UnixNanos{});
  for (dom::element element : hosts) {
    dom::object host;
    if (element.get(host) == simdjson::SUCCESS) answer.hosts.push_back(read_host(host));
  }
  return answer;
}

std::string fleet_table(const FleetAnswer& fleet, const FleetView& view) {
  Table rows = {{"HOST", "STATE", "COMPLETE THROUGH", "LAST WRITE", "FILES", "STORED", "WAITING", "LOST"}};
  for (const FleetHost& host : fleet.hosts) {
    const bool lost = host.now.lost_at_least > 0 || !host.now.lost_exact;
    const bool incomplete = !host.retired && host.now.state != "complete" && host.now.state != "ended";
    if ((view.lost && !lost) || (view.behind && !incomplete)) continue;
    rows.push_back({host.now.host, host.retired ? "retired" : host.now.state,
                    time_or_dash(host.now.watermark, fleet.now, view.utc),
                    time_or_dash(host.last_write, fleet.now, view.utc), fmt::format("{}", host.files),
                    bytes_text(host.acked_bytes), bytes_text(host.now.waiting_bytes), lost_text(host.now)});
    if (view.files || view.lost) add_files(host, fleet, view, rows);
  }
  return align(rows, false);
}

}  // namespace cordwood::client

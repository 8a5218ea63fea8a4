#include "client/coverage.h"

#include <fmt/format.h>

#include <ctime>

#include "client/json_members.h"

namespace cordwood::client {
namespace {

void read_lost(dom::object object, std::uint64_t& at_least, bool& exact) {
  dom::object lost;
  if (object["lost_bytes"].get(lost) != simdjson::SUCCESS) return;
  at_least = number_of(lost, "at_least");
  exact = bool_of(lost, "exact", true);
}

std::string describe_host(const CoverageHost& host, base::UnixNanos now, bool utc) {
  std::string text = host.host;
  const char* comma = " ";
  if (host.state == "silent") {
    text += host.last_heartbeat.has_value()
                ? fmt::format(" silent since {}", clock_text(*host.last_heartbeat, now, utc, 0))
                : " silent";
    comma = " and ";
  } else if (host.state == "behind") {
    text += host.watermark.has_value() ? fmt::format(" behind, at {}", clock_text(*host.watermark, now, utc, 0))
                                       : " behind";
    if (host.waiting_bytes > 0) text += fmt::format(" with {} waiting", bytes_text(host.waiting_bytes));
    comma = " and ";
  } else if (host.state == "skewed") {
    text += fmt::format(" with a clock {:.1f} s off", static_cast<double>(host.clock_offset_ms) / 1000);
    comma = " and ";
  }
  if (host.lost_at_least > 0 || !host.lost_exact) {
    text += comma;
    text += host.lost_at_least == 0
                ? "may have lost lines"
                : fmt::format("lost {}{}", host.lost_exact ? "" : "at least ", bytes_text(host.lost_at_least));
    if (host.last_loss.has_value()) text += fmt::format(" at {}", clock_text(*host.last_loss, now, utc, 0));
  }
  return text;
}

std::tm broken_down(base::UnixNanos time, bool utc) {
  std::time_t seconds = time.value / 1'000'000'000 - (time.value % 1'000'000'000 < 0 ? 1 : 0);
  std::tm parts{};
  if (utc) {
    ::gmtime_r(&seconds, &parts);
  } else {
    ::localtime_r(&seconds, &parts);
  }
  return parts;
}

}  // namespace

CoverageHost read_coverage_host(dom::object object) {
  CoverageHost host;
  host.host = text_of(object, "host");
  host.state = text_of(object, "state");
  host.watermark = time_of(object, "watermark");
  host.last_heartbeat = time_of(object, "last_heartbeat");
  std::int64_t offset = 0;
  if (object["clock_offset_ms"].get(offset) == simdjson::SUCCESS) host.clock_offset_ms = offset;
  host.waiting_bytes = number_of(object, "waiting_bytes");
  read_lost(object, host.lost_at_least, host.lost_exact);
  host.last_loss = time_of(object, "last_loss");
  return host;
}

base::StatusOr<CoverageNote> parse_coverage(std::string_view json) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(json).get(object) != simdjson::SUCCESS) {
    return base::invalid_argument_error("the server sent a coverage that is no object: {}", json.substr(0, 100));
  }
  CoverageNote note;
  note.matched = bool_of(object, "matched", false);
  note.complete = bool_of(object, "complete", false);
  note.complete_through = time_of(object, "complete_through");
  dom::object hosts;
  if (object["hosts"].get(hosts) == simdjson::SUCCESS) {
    note.hosts_expected = number_of(hosts, "expected");
    note.hosts_complete = number_of(hosts, "complete");
  }
  note.unaccounted_streams = number_of(object, "unaccounted_streams");
  read_lost(object, note.lost_at_least, note.lost_exact);
  note.dropped_by_rule_bytes = number_of(object, "dropped_by_rule_bytes");
  note.kept_from = time_of(object, "kept_from");
  dom::array list;
  if (object["not_complete"].get(list) == simdjson::SUCCESS) {
    for (dom::element element : list) {
      dom::object host;
      if (element.get(host) == simdjson::SUCCESS) note.not_complete.push_back(read_coverage_host(host));
    }
  }
  return note;
}

std::string bytes_text(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", value / 1e3);
  if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", value / 1e6);
  return fmt::format("{:.1f} GB", value / 1e9);
}

std::string clock_text(base::UnixNanos time, base::UnixNanos now, bool utc, int digits) {
  const std::tm parts = broken_down(time, utc);
  const std::tm today = broken_down(now, utc);
  std::string text;
  if (parts.tm_year != today.tm_year || parts.tm_yday != today.tm_yday) {
    text = fmt::format("{:04}-{:02}-{:02} ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
  }
  text += fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (digits == 3) {
    const std::int64_t nanos = (time.value % 1'000'000'000 + 1'000'000'000) % 1'000'000'000;
    text += fmt::format(".{:03}", nanos / 1'000'000);
  }
  return text;
}

std::string describe(const CoverageNote& coverage, base::UnixNanos now, bool utc) {
  if (!coverage.matched) return "no stream and no host matches: nothing is known";
  std::vector<std::string> notes;
  if (coverage.hosts_expected > 0) {
    std::string first =
        coverage.complete_through.has_value()
            ? fmt::format("complete through {} on ", clock_text(*coverage.complete_through, now, utc, 3))
            : "complete on ";
    first += fmt::format("{} of {} host{}", coverage.hosts_complete, coverage.hosts_expected,
                         coverage.hosts_expected == 1 ? "" : "s");
    notes.push_back(std::move(first));
  }
  std::string hosts;
  for (const CoverageHost& host : coverage.not_complete) {
    if (!hosts.empty()) hosts += ", ";
    hosts += describe_host(host, now, utc);
  }
  if (!hosts.empty()) notes.push_back(std::move(hosts));
  if (coverage.unaccounted_streams > 0) {
    notes.push_back(fmt::format("{} stream{} of senders that give no account", coverage.unaccounted_streams,
                                coverage.unaccounted_streams == 1 ? "" : "s"));
  }
  if (coverage.dropped_by_rule_bytes > 0) {
    notes.push_back(fmt::format("{} dropped by rules", bytes_text(coverage.dropped_by_rule_bytes)));
  }
  if (coverage.kept_from.has_value()) {
    notes.push_back(fmt::format("kept from {}", clock_text(*coverage.kept_from, now, utc, 0)));
  }
  return fmt::format("{}", fmt::join(notes, "; "));
}

}  // namespace cordwood::client

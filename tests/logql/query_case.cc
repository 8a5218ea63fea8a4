#include "logql/query_case.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <tuple>

namespace cordwood::logql_cases {
namespace {

// 2026-01-01T00:00:00Z: a whole day, 19 digits.
constexpr std::int64_t kEpoch = 1'767'225'600'000'000'000;

std::vector<core::Label> read_labels(Json object) {
  std::vector<core::Label> labels;
  for (const auto& [name, value] : simdjson::dom::object(object)) {
    labels.push_back({std::string(name), std::string(std::string_view(value))});
  }
  return labels;
}

}  // namespace

// Ingest's rule: two entries of a stream with the same time, line and metadata are one.
std::vector<segment::MemRow> read_rows(const Row& row) {
  std::vector<segment::MemRow> rows;
  std::set<std::tuple<std::string, std::int64_t, std::string, std::vector<core::Label>>> seen;
  const segment::RowSource source{{base::hash128("test")}, false};
  for (Json stream : simdjson::dom::array(row.at("streams"))) {
    auto labels = std::make_shared<const core::Labels>(read_labels(stream["labels"]));
    for (Json entry : simdjson::dom::array(stream["entries"])) {
      segment::MemRow out{.labels = labels, .time = {}, .line = {}, .source = source, .flags = {}, .metadata = {}};
      out.time = {kEpoch + std::int64_t(entry.at(0))};
      out.line = std::string(std::string_view(entry.at(1)));
      out.offset = rows.size();
      if (simdjson::dom::array(entry).size() > 2) out.metadata = read_labels(entry.at(2));
      if (seen.emplace(labels->to_text(), out.time.value, out.line, out.metadata).second)
        rows.push_back(std::move(out));
    }
  }
  return rows;
}

core::QueryRequest make_request(const Row& row) {
  core::QueryRequest request;
  request.tenant = core::TenantId::default_tenant();
  request.query = row.query();
  const Json params = row.at("params");
  request.instant = std::string_view(params["type"]) == "instant";
  if (request.instant) {
    request.end = {kEpoch + std::int64_t(params["time_ns"])};
    request.start = request.end;
  } else {
    request.start = {kEpoch + std::int64_t(params["start_ns"])};
    request.end = {kEpoch + std::int64_t(params["end_ns"])};
    std::int64_t step = 0;
    if (params["step_ns"].get(step) == simdjson::SUCCESS) request.step = base::nanoseconds(step);
  }
  if (row.kind() == "log_query") {
    request.direction = core::Direction::kForward;
    request.limit = 10;
  }
  return request;
}

namespace {

// --- comparing
// ---------------------------------------------------------------------------------------------------------

double read_number(Json json) {
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS) return double(json);
  if (text == "NaN") return std::nan("");
  return text == "-Inf" ? -HUGE_VAL : HUGE_VAL;
}

bool close(double want, double got) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got);
  return want == got || std::abs(want - got) <= 1e-9 * std::max(std::abs(want), std::abs(got));
}

std::string describe(const std::vector<core::Series>& series, const core::QueryRequest& request) {
  std::string text;
  for (const core::Series& one : series) {
    text += one.labels.to_text();
    for (const core::Sample& sample : one.samples) {
      text += fmt::format(" {}@{}", sample.value, static_cast<double>(sample.time.value - request.start.value) / 1e9);
    }
    text += "; ";
  }
  return text;
}

// One wanted series: `values` has an entry a step, null where no point is wanted.
bool matches_series(Json want, const core::Series& got, const core::QueryRequest& request) {
  if (core::Labels(read_labels(want["labels"])) != got.labels) return false;
  std::size_t at = 0;
  base::UnixNanos time = request.start;
  for (Json value : simdjson::dom::array(want["values"])) {
    const bool there = at < got.samples.size() && got.samples[at].time == time;
    if (value.is_null() == there) return false;
    if (there && !close(read_number(value), got.samples[at++].value)) return false;
    time = time + request.step;
  }
  return at == got.samples.size();
}

std::string compare_series(Json want, const std::vector<core::Series>& got, const core::QueryRequest& request,
                           bool ordered) {
  const simdjson::dom::array series = want;
  bool same = series.size() == got.size();
  std::size_t at = 0;
  for (Json one : series) {
    bool found = false;
    for (std::size_t i = 0; i < got.size(); ++i) {
      if ((!ordered || i == at) && matches_series(one, got[i], request)) found = true;
    }
    same = same && found;
    ++at;
  }
  return same ? "" : fmt::format("want {} got {}", simdjson::to_string(want), describe(got, request));
}

std::string compare_error(Json expect, const base::Status& status) {
  std::string_view text;
  const std::string message(base::message_of(status));
  if (expect["error_contains"].get(text) == simdjson::SUCCESS && message.find(text) == std::string::npos) {
    return fmt::format("want an error with {:?} got {:?}", text, message);
  }
  if (expect["error_regex"].get(text) == simdjson::SUCCESS &&
      !std::regex_search(message, std::regex(std::string(text)))) {
    return fmt::format("want an error like {:?} got {:?}", text, message);
  }
  return "";
}

std::string compare_streams(Json want, const core::LogResult& got) {
  std::map<std::string, std::vector<std::string>> wanted;
  for (Json stream : simdjson::dom::array(want)) {
    auto& entries = wanted[core::Labels(read_labels(stream["labels"])).to_text()];
    for (Json entry : simdjson::dom::array(stream["entries"])) {
      entries.push_back(fmt::format("{} {}", std::int64_t(entry.at(0)), std::string_view(entry.at(1))));
    }
  }
  std::map<std::string, std::vector<std::string>> found;
  for (const core::LogStream& stream : got) {
    for (const core::LogEntry& entry : stream.entries) {
      std::vector<core::Label> labels(stream.labels.all().begin(), stream.labels.all().end());
      labels.insert(labels.end(), entry.structured_metadata.begin(), entry.structured_metadata.end());
      labels.insert(labels.end(), entry.parsed.begin(), entry.parsed.end());
      found[core::Labels(labels).to_text()].push_back(fmt::format("{} {}", entry.time.value - kEpoch, entry.line));
    }
  }
  return wanted == found ? "" : fmt::format("want {} got {} streams", simdjson::to_string(want), got.size());
}

}  // namespace

std::string compare_result(Json expect, const base::StatusOr<core::QueryResult>& got,
                           const core::QueryRequest& request) {
  if (expect["fail"].error() == simdjson::SUCCESS) {
    return got.ok() ? "accepted, should fail" : compare_error(expect, got.status());
  }
  if (!got.ok()) return fmt::format("failed: {}", base::message_of(got.status()));
  const bool ordered = expect["ordered"].error() == simdjson::SUCCESS;
  if (const auto* scalar = std::get_if<core::ScalarResult>(&got->data)) {
    if (expect["scalar"].error() != simdjson::SUCCESS) return "got a scalar";
    const double want = read_number(expect["scalar"]);
    return close(want, scalar->sample.value) ? "" : fmt::format("want {} got {}", want, scalar->sample.value);
  }
  if (const auto* streams = std::get_if<core::LogResult>(&got->data))
    return compare_streams(expect["streams"], *streams);
  const auto* matrix = std::get_if<core::MatrixResult>(&got->data);
  const std::vector<core::Series>& series =
      matrix != nullptr ? matrix->series : std::get<core::VectorResult>(got->data).series;
  if (expect["empty"].error() == simdjson::SUCCESS) {
    return series.empty() ? "" : "should be empty: " + describe(series, request);
  }
  return compare_series(expect["series"], series, request, ordered);
}

}  // namespace cordwood::logql_cases

#include "client/agent_status.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <map>
#include <vector>

#include "client/json_members.h"

namespace cordwood::client {
namespace {

// Paths shown of each reason; the rest is a number.
constexpr std::size_t kPathsShown = 4;

void append_reasons(std::string& out, dom::object status, std::string_view key, std::string_view title) {
  dom::array list;
  if (status[key].get(list) != simdjson::SUCCESS) return;
  std::map<std::string, std::vector<std::string>> by_reason;
  for (dom::element element : list) {
    std::string_view path, reason;
    if (element["path"].get(path) != simdjson::SUCCESS || element["reason"].get(reason) != simdjson::SUCCESS) continue;
    by_reason[std::string(reason)].emplace_back(path);
  }
  for (const auto& [reason, paths] : by_reason) {
    out += fmt::format("{} {} ({}):", title, paths.size(), reason);
    for (std::size_t i = 0; i < std::min(kPathsShown, paths.size()); ++i) out += " " + paths[i];
    if (paths.size() > kPathsShown) out += fmt::format(" and {} more", paths.size() - kPathsShown);
    out += '\n';
  }
}

}  // namespace

base::StatusOr<std::string> describe_agent_status(std::string_view json) {
  dom::parser parser;
  dom::object status;
  if (parser.parse(json).get(status) != simdjson::SUCCESS) {
    return base::data_loss_error("status.json is not JSON; is this the state directory of an agent?");
  }
  bool caught_up = false;
  if (status["caught_up"].get(caught_up) != simdjson::SUCCESS) caught_up = false;
  std::string_view error;
  if (status["error"].get(error) != simdjson::SUCCESS) error = {};
  std::string out = fmt::format(
      "shipped {} files, {} lines, {:.1f} MB in this run ({:.1f} MB in all), {} journal entries; {}\n",
      number_of(status, "files"), number_of(status, "lines_acked"),
      static_cast<double>(number_of(status, "bytes_acked")) / 1e6,
      static_cast<double>(number_of(status, "bytes_acked_total")) / 1e6, number_of(status, "journal_records_acked"),
      caught_up ? "caught up"
                : fmt::format("{:.1f} MB waiting", static_cast<double>(number_of(status, "bytes_waiting")) / 1e6));
  if (!error.empty()) out += fmt::format("server: {}\n", error);
  if (const std::uint64_t lost = number_of(status, "bytes_lost"); lost > 0)
    out += fmt::format("lost at least {} bytes\n", lost);
  append_reasons(out, status, "skipped", "skipped");
  append_reasons(out, status, "problems", "not read:");
  return out;
}

}  // namespace cordwood::client

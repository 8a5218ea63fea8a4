#include "agent/status.h"

#include "base/json_writer.h"

namespace cordwood::agent {

namespace {

void write_list(base::JsonWriter& json, std::string_view key, const std::vector<NotRead>& list) {
  json.key(key).begin_array();
  for (const NotRead& entry : list) {
    json.begin_object().key("path").string(entry.path).key("reason").string(entry.reason).end_object();
  }
  json.end_array();
}

}  // namespace

std::string AgentStatus::to_json() const {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.key("caught_up").boolean(caught_up).key("connected").boolean(connected).key("error").string(error);
  json.key("files").number(files).key("generations").number(generations);
  json.key("lines_acked").number(lines_acked);
  json.key("bytes_read").number(bytes_read).key("bytes_sent").number(bytes_sent).key("bytes_acked").number(bytes_acked);
  json.key("bytes_acked_total").number(bytes_acked_total).key("bytes_waiting").number(bytes_waiting);
  json.key("bytes_lost").number(bytes_lost).key("records_refused").number(records_refused);
  json.key("journal_records_acked").number(journal_records_acked);
  write_list(json, "skipped", skipped);
  write_list(json, "problems", problems);
  json.end_object();
  out += '\n';
  return out;
}

}  // namespace cordwood::agent

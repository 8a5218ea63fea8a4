#include "agent/status.h"

#include <algorithm>

#include "agent/losses.h"
#include "base/hash.h"
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

void write_losses(base::JsonWriter& json, const std::vector<AgentStatus::LostPart>& losses) {
  json.key("losses").begin_array();
  for (const AgentStatus::LostPart& lost : losses) {
    json.begin_object().key("path").string(lost.path);
    json.key("generation").string(base::to_hex(lost.generation.value));
    json.key("begin").number(lost.loss.begin).key("at_least").number(lost.loss.at_least);
    json.key("exact").boolean(lost.loss.exact);
    json.key("since").number(lost.loss.since.value).key("until").number(lost.loss.until.value);
    json.key("reason").string(name_of(lost.loss.reason)).end_object();
  }
  json.end_array();
}

void write_totals(base::JsonWriter& json, const AgentStatus::Totals& totals) {
  json.key("ledger").begin_object();
  json.key("seen").number(totals.seen).key("acked").number(totals.acked).key("pending").number(totals.pending);
  json.key("losses").number(totals.losses).key("lost_at_least").number(totals.lost_at_least);
  json.key("lost_exact").boolean(totals.lost_exact).end_object();
}

}  // namespace

void AgentStatus::add_losses(const core::SourceInfo& source, const std::vector<core::Loss>& more) {
  for (const core::Loss& loss : more) {
    losses.push_back({source.path, source.id.generation, loss});
    ++ledger.losses;
    if (source.unit == core::PositionUnit::kBytes) ledger.lost_at_least += loss.at_least;
    ledger.lost_exact = ledger.lost_exact && loss.exact;
  }
  if (losses.size() >= 2 * kLossesMax) keep_newest_losses();
}

void AgentStatus::keep_newest_losses() {
  std::stable_sort(losses.begin(), losses.end(),
                   [](const LostPart& a, const LostPart& b) { return a.loss.until < b.loss.until; });
  if (losses.size() > kLossesMax) losses.erase(losses.begin(), losses.end() - kLossesMax);
}

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
  json.key("watermark").number(watermark.value);
  write_totals(json, ledger);
  write_losses(json, losses);
  write_list(json, "skipped", skipped);
  write_list(json, "problems", problems);
  json.end_object();
  out += '\n';
  return out;
}

}  // namespace cordwood::agent

#include "catalog/check_change.h"

#include <tuple>

namespace cordwood::catalog {

base::Status check_change(const Change& change) {
  for (const PartRow& part : change.insert_parts) {
    if (part.tenant.value.empty()) return base::invalid_argument_error("part {}: no tenant", part.object_key);
    if (part.object_key.empty()) return base::invalid_argument_error("part: no object key");
    if (part.times.empty()) return base::invalid_argument_error("part {}: no times", part.object_key);
  }
  for (const SourceRow& source : change.upsert_sources) {
    if (source.info.id.tenant.value.empty()) {
      return base::invalid_argument_error("source {}: no tenant", source.info.path);
    }
  }
  if (change.flushed_through.has_value() && change.flushed_through->node.empty()) {
    return base::invalid_argument_error("journal progress: no node");
  }
  return base::ok_status();
}

base::Status check_progress(const JournalProgress& current, const JournalProgress& next, bool inserts_parts) {
  const auto before = std::tie(current.epoch, current.sequence);
  const auto after = std::tie(next.epoch, next.sequence);
  if (after > before || (after == before && !inserts_parts)) return base::ok_status();
  return base::aborted_error(
      "journal of node {} is flushed through epoch={} sequence={} already, the change says epoch={} sequence={}",
      current.node, current.epoch, current.sequence, next.epoch, next.sequence);
}

base::Status not_live(PartId part) {
  return base::aborted_error("part {} is not live any more", part.value);
}

base::Status lease_moved(const LeaseGuard& guard) {
  return base::aborted_error("lease {}: epoch {} is not the current one", guard.name, guard.epoch);
}

base::Status object_key_taken(const std::string& object_key) {
  return base::already_exists_error("object {} is a part already", object_key);
}

base::Status agent_epoch_moved(const AgentRow& row, std::optional<std::uint64_t> expected) {
  if (!expected.has_value()) return base::aborted_error("agent {} is known already", base::to_hex(row.agent.value));
  return base::aborted_error("agent {}: epoch {} is not the current one", base::to_hex(row.agent.value), *expected);
}

}  // namespace cordwood::catalog

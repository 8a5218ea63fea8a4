// The part of the suite of catalog_conformance.h that is about the fleet.
#pragma once

#include "catalog/catalog_conformance.h"

namespace cordwood::catalog {

namespace conformance {
inline LedgerRow ledger_row(const FleetAgentRow& agent, std::uint64_t generation) {
  core::LedgerEntry entry;
  entry.generation = {{generation, 1}};
  entry.path = "/var/log/\xff.log";
  entry.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"host", agent.host}, {"q", "\"'"}});
  entry.unit = core::PositionUnit::kRecords;
  entry.state = core::GenerationState::kMissing;
  entry.seen = UINT64_MAX;
  entry.acked = 7;
  entry.pending = 3;
  entry.last_write = {8};
  entry.last_read = {9};
  entry.dropped = {{"a rule", 1, 2}, {"b", 3, 4}};
  entry.losses = {{1, 2, true, {3}, {4}, core::LossReason::kTruncated},
                  {5, 0, false, {-6}, {7}, core::LossReason::kRefused}};
  entry.problem = "permission denied";
  return {{agent.tenant, agent.agent}, entry};
}
inline bool same_entry(const core::LedgerEntry& a, const core::LedgerEntry& b) {
  return a.generation == b.generation && a.path == b.path && *a.labels == *b.labels && a.unit == b.unit &&
         a.state == b.state && a.seen == b.seen && a.acked == b.acked && a.pending == b.pending &&
         a.last_write == b.last_write && a.last_read == b.last_read && a.dropped == b.dropped && a.losses == b.losses &&
         a.problem == b.problem;
}
}  // namespace conformance

TEST_P(CatalogConformance, FleetKeepsAgentsAndLedgers) {
  FleetAgentRow first{
      {"t"}, {{1, 2}},        "web-1", "0.1.0", {1}, {2}, {3}, base::nanoseconds(-4), core::AgentEnding::kStopped,
      {5},   {"level", "pod"}};
  const FleetAgentRow second{
      {"t"}, {{3, 1}}, "web-2", "", {1}, {2}, {0}, base::nanoseconds(0), core::AgentEnding::kNone, {0}, {}};
  FleetChange change;
  change.upsert_agents = {second, first};
  change.upsert_entries = {conformance::ledger_row(second, 1), conformance::ledger_row(first, 2),
                           conformance::ledger_row(first, 1)};
  ASSERT_TRUE(wait(catalog().save_fleet(change)).ok());
  // A second row of a key replaces the first, losses and all.
  first.ending = core::AgentEnding::kLastWord;
  LedgerRow changed = conformance::ledger_row(first, 2);
  changed.entry.acked = 8;
  changed.entry.losses.resize(1);
  changed.entry.dropped.clear();
  FleetChange more;
  more.upsert_agents = {first};
  more.upsert_entries = {changed};
  more.remove_entries = {{{first.tenant, first.agent}, {{1, 1}}}, {{first.tenant, first.agent}, {{99, 1}}}};
  ASSERT_TRUE(wait(catalog().save_fleet(more)).ok());
  under_test_->reopen();
  auto rows = wait(catalog().fleet());
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->agents, (std::vector<FleetAgentRow>{first, second}));
  ASSERT_EQ(rows->entries.size(), 2U);
  EXPECT_TRUE(conformance::same_entry(rows->entries[0].entry, changed.entry));
  EXPECT_EQ(rows->entries[0].agent, (FleetAgentKey{first.tenant, first.agent}));
  EXPECT_TRUE(conformance::same_entry(rows->entries[1].entry, conformance::ledger_row(second, 1).entry));
  FleetChange last;
  last.remove_agents = {{first.tenant, first.agent}};
  ASSERT_TRUE(wait(catalog().save_fleet(last)).ok());
  rows = wait(catalog().fleet());
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->agents, std::vector<FleetAgentRow>{second});
  EXPECT_EQ(rows->entries.size(), 1U);
}

}  // namespace cordwood::catalog

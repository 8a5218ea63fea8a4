// DeletionTable: which records were asked to be deleted, and to which parts that still applies.
//
// A deletion means the records that were stored when it was asked for. Every part, a chunk of the head or a segment,
// has a number `deletions_applied`: the deletions up to that id hide nothing in it, because they were applied when it
// was written, or its rows came later. A deletion with a greater id hides the rows of the part that it picks, at once;
// when the part is written anew (flush, merge) they are left out and the number grows.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "core/record_selector.h"
#include "core/store_admin.h"
#include "store/deletions/hidden_rows.h"

namespace cordwood::store {

struct Deletion {
  catalog::DeletionRow row;  // records_removed and removed as of now are in the table only
  std::shared_ptr<const core::RecordSelector> selector;
  std::shared_ptr<HiddenRows> hidden = std::make_shared<HiddenRows>();  // where it has been looked at
};
using Deletions = std::vector<std::shared_ptr<const Deletion>>;

// Not thread-safe: the store's mutex guards it.
class DeletionTable {
 public:
  // From the catalog. Without a selector (its query cannot be compiled any more) it would hide nothing, so the store
  // does not open then.
  void restore(catalog::DeletionRow row, std::shared_ptr<const core::RecordSelector> selector);
  // Ids below this have been given: parts may name them.
  void reserve_ids(std::uint64_t below) { next_id_ = std::max(next_id_, below); }

  // A deletion begins: it has an id, so that rows stored from now on are not meant, and hides nothing yet.
  std::uint64_t begin() { return next_id_++; }
  void begin_pending(std::uint64_t id) { pending_.push_back(id); }
  void activate(std::shared_ptr<const Deletion> deletion);
  void roll_back(std::uint64_t id);
  void cancel(std::uint64_t id);

  // What to note in a chunk whose rows are stored now.
  std::uint64_t newest() const { return next_id_ - 1; }
  // What to note in rows of a journal frame.
  std::uint64_t newest_before(const std::string& node, std::uint64_t sequence) const;
  // What to note in a segment to which all active deletions have been applied.
  std::uint64_t all_applied() const;
  // Those that may hide rows in a part of the tenant with these times and this number.
  Deletions applying(const core::TenantId& tenant, const core::TimeSpan& times, std::uint64_t applied) const;

  // The same for whoever is about to leave the rows out for good: these deletions cannot be cancelled any more.
  Deletions to_remove(const core::TenantId& tenant, const core::TimeSpan& times, std::uint64_t applied);
  bool is_removal_begun(std::uint64_t id) const { return begun_.contains(id); }

  // Not removed yet, by id.
  Deletions active() const;
  std::size_t waiting() const { return active_.size(); }
  void count_removed(const std::vector<catalog::Change::Removed>& removed);
  // Nothing of it is left. Gives its row for the catalog.
  catalog::DeletionRow finish(std::uint64_t id, core::UnixNanos now);
  std::vector<catalog::DeletionRow> rows(const core::TenantId& tenant) const;
  const catalog::DeletionRow* find(std::uint64_t id) const;
  // Removed before that time: forgotten. Gives their ids.
  std::vector<std::uint64_t> forget_removed_before(core::UnixNanos time);

 private:
  std::uint64_t next_id_ = 1;
  std::vector<std::uint64_t> pending_;
  std::map<std::uint64_t, std::shared_ptr<const Deletion>> active_;
  std::map<std::uint64_t, catalog::DeletionRow> rows_;
  std::set<std::uint64_t> begun_;
};

}  // namespace cordwood::store

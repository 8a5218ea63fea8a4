// RowFilter: whether a row is deleted, and by which deletion; FilteredPart: a part without its deleted rows.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "segment/part.h"
#include "store/deletions/deletion_table.h"

namespace cordwood::store {

// Not thread-safe. Rows are asked stream by stream.
class RowFilter {
 public:
  RowFilter(RowFilter&&) = default;
  explicit RowFilter(Deletions deletions) : deletions_(std::move(deletions)), counts_(deletions_.size()) {}

  bool empty() const { return deletions_.empty(); }
  // `labels` must live until the next call.
  void begin_stream(const core::Labels& labels);
  // No row of the stream is deleted: the rows need not be asked.
  bool spares_stream() const { return here_.empty(); }
  bool is_deleted(core::UnixNanos time, std::string_view line, std::span<const core::MetadataPair> metadata);
  // How many rows were deleted so far; a row that several deletions pick counts for the first of them.
  std::uint64_t count() const;
  void add_counts(std::vector<catalog::Change::Removed>& out) const;

 private:
  struct Here {
    std::size_t deletion = 0;
    std::unique_ptr<core::StreamPicker> picker;  // null: every row in range
  };
  Deletions deletions_;
  std::vector<std::uint64_t> counts_;
  std::vector<Here> here_;  // those that pick from the stream
};

// Whether some row of the part may be deleted, by labels and times alone.
bool may_delete_from(const segment::Part& part, const Deletions& deletions);

// `part` itself when nothing of it is deleted. Streams of which every row is deleted have no times and no records.
// `counted`, if given, counts the rows that reading leaves out: it must outlive the reads, which then come one at a
// time.
std::shared_ptr<const segment::Part> filter_part(std::shared_ptr<const segment::Part> part, Deletions deletions,
                                                 RowFilter* counted = nullptr);

}  // namespace cordwood::store

// RowFilter: whether a row is deleted, and by which deletion.
#pragma once

#include <memory>
#include <optional>
#include <vector>

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

}  // namespace cordwood::store

// The lines of the block that a worker reads: which of them pass the line filters, and the text of those that are
// wanted. The same for blocks that hold text and for encoded ones, whose lines are put together as late as can be.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/query_runner.h"
#include "exec/encoded/encoded_filters.h"
#include "exec/encoded/row_bitmap.h"
#include "exec/encoded/short_lines.h"
#include "exec/literal_filters.h"
#include "exec/row_runs.h"
#include "segment/part.h"

namespace cordwood::exec {

// A block as it is handed to a worker.
struct ScanBlock {
  const segment::Part& part;
  std::shared_ptr<const segment::BlockRows> rows;
  // What EncodedFilters::judge said of it. With kAllRows the lines need not have been read for the filters' sake.
  BlockVerdict verdict = BlockVerdict::kSomeRows;
  // The rows that EncodedFilters::select gave; null: not known yet.
  std::shared_ptr<const RowBitmap> selection = nullptr;
  // The encoded lines where `rows` were read without; null: those of `rows`.
  std::shared_ptr<const segment::StoredLines> lines = nullptr;
};

// Not thread-safe. Errors: DataLoss of the encoded lines.
class BlockText {
 public:
  // The filters must outlive it, and be those that the verdicts are of.
  BlockText(const LiteralFilters& literals, const EncodedFilters& encoded) : literals_(literals), encoded_(encoded) {}

  // Goes to a block. What was given out of the last one is no longer valid.
  base::Status use(const ScanBlock& block);
  // Replaces `rows` by those of the run that pass. Counts what has been looked at.
  void select(const RowRun& run, core::QueryStats& stats, std::vector<std::uint32_t>& rows) const;
  // How many of [begin, end) pass. Only while counts_without_rows().
  std::uint32_t count(std::uint32_t begin, std::uint32_t end) const;
  // Which rows pass is known of the whole block.
  bool counts_without_rows() const { return all_pass_ || selected_ != nullptr; }
  void count_run(const RowRun& run, core::QueryStats& stats) const;

  // The lines of the rows given (in the order of the block), valid until the next call; empty when none were read.
  base::StatusOr<std::span<const std::string_view>> lines_of(std::span<const std::uint32_t> rows);
  // The same for ascending rows, cut down by `cutter` where it can.
  base::StatusOr<std::span<const std::string_view>> short_lines_of(std::span<const std::uint32_t> rows,
                                                                   ShortLines& cutter);

 private:
  base::Status decode_all();

  const LiteralFilters& literals_;
  const EncodedFilters& encoded_;
  std::shared_ptr<const segment::BlockRows> block_;
  bool all_pass_ = false;
  std::shared_ptr<const segment::StoredLines> encoded_lines_;  // null: the block holds text
  std::shared_ptr<const RowBitmap> selected_;
  std::uint64_t line_bytes_ = 0;  // of an encoded block
  std::size_t put_together_ = 0;  // rows of the block so far
  bool all_decoded_ = false;
  codec::DecodedLines decoded_;
  std::vector<std::string_view> lines_;
  const ShortLines* cutter_ = nullptr;  // that has been told of the block
  std::vector<std::string_view> short_lines_;
  std::vector<std::uint32_t> whole_;       // of short_lines_ those that could not be cut
  std::vector<std::uint32_t> whole_rows_;  // their rows
};

}  // namespace cordwood::exec

#include "query/block_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/hash.h"
#include "query/block_selections.h"

namespace cordwood::query {
namespace {

// Of a decoded block beyond its text: the columns of a row.
constexpr std::size_t kRowBytes = 64;

// Runs of about 256 KiB of text: short enough for a slice, long enough for searching line after line at once.
std::uint32_t rows_of_run(const segment::BlockInfo& info) {
  constexpr std::uint64_t kRunBytes = 256 << 10;
  const std::uint64_t line_bytes = info.rows == 0 ? 0 : info.line_bytes / info.rows;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(kRunBytes / (line_bytes + 1), 16, 4096));
}

bool leaves_answer_incomplete(const base::Status& status) {
  return status.code() == base::StatusCode::kDataLoss || status.code() == base::StatusCode::kNotFound ||
         status.code() == base::StatusCode::kUnimplemented;
}

}  // namespace

BlockPlan plan_blocks(const std::vector<std::shared_ptr<const segment::Part>>& parts,
                      const exec::StreamSelector& selector, core::TimeRange range, QueryContext& context) {
  BlockPlan plan;
  plan.range = range;
  core::QueryStats stats;
  stats.parts_total = parts.size();
  for (const auto& part : parts) {
    std::vector<bool> selected;
    if (part->times().overlaps(range)) selected = selector.select(*part, range);
    if (selected.empty()) {
      ++stats.parts_skipped;
      continue;
    }
    const auto part_index = static_cast<std::uint32_t>(plan.parts.size());
    const auto blocks = part->blocks();
    for (std::uint32_t block = 0; block < blocks.size(); ++block) {
      if (exec::may_hold(blocks[block], selected, range)) plan.blocks.push_back({part_index, block});
    }
    plan.parts.push_back({part, std::move(selected)});
  }
  context.add(stats);
  return plan;
}

namespace {

// Null when the block must be read to know.
base::Task<base::StatusOr<std::optional<exec::BlockVerdict>>> judge(const segment::Part& part, std::size_t block,
                                                                    const exec::EncodedFilters& filters) {
  auto directory = co_await part.line_directory(block);
  if (!directory.ok()) co_return directory.status();
  if (*directory == nullptr) co_return std::optional<exec::BlockVerdict>();
  CO_ASSIGN_OR_RETURN(const auto lines, (*directory)->lease());
  co_return std::optional(filters.judge(*lines, (*directory)->filter));
}

// What is known of a block's rows from an earlier query, and where it is kept for later ones.
class Remembered {
 public:
  Remembered(const segment::Part& part, std::uint32_t block, const exec::EncodedFilters& filters, QueryContext& context)
      : selections_(part.content_key().empty() ? nullptr : context.selections()) {
    if (selections_ == nullptr) return;
    key_ = {base::hash128(part.content_key()), base::hash128(filters.key()), block};
  }
  std::optional<BlockSelection> get() const { return selections_ == nullptr ? std::nullopt : selections_->get(key_); }
  void put(BlockSelection selection) const {
    if (selections_ != nullptr) selections_->put(key_, std::move(selection));
  }

 private:
  BlockSelections* selections_;
  BlockSelectionKey key_;
};

std::size_t bytes_of(const segment::BlockInfo& info, segment::Columns columns) {
  return info.rows * kRowBytes + (columns.lines ? static_cast<std::size_t>(info.line_bytes) : 0);
}

// Parts that do not store lengths give them by their lines.
bool lacks_lengths(const segment::BlockRows& rows, segment::Columns columns) {
  return columns.lengths && !columns.lines && rows.lengths.empty() && rows.size() > 0;
}

base::StatusOr<BlockSelection> select(const segment::BlockRows& rows, const exec::EncodedFilters& filters) {
  ASSIGN_OR_RETURN(const auto lines, rows.encoded->lease());
  if (lines->rows() != rows.size()) {
    return base::data_loss_error("{}: wanted {} lines, found {}", rows.encoded->object, rows.size(), lines->rows());
  }
  ASSIGN_OR_RETURN(exec::RowBitmap passing, filters.select(*lines));
  const std::uint32_t count = passing.count();
  if (count == 0) return BlockSelection{exec::BlockVerdict::kNoRow, nullptr};
  if (count == rows.size()) return BlockSelection{exec::BlockVerdict::kAllRows, nullptr};
  return BlockSelection{exec::BlockVerdict::kSomeRows, std::make_shared<const exec::RowBitmap>(std::move(passing))};
}

// Rows that were searched and of which none goes on.
void count_searched(const LoadedBlock& loaded, const segment::BlockInfo& info, QueryContext& context) {
  core::QueryStats stats;
  stats.blocks_read = 1;
  for (const exec::RowRun& run : loaded.runs) stats.lines_processed += run.end - run.begin;
  stats.bytes_processed = info.rows == 0 ? 0 : info.line_bytes * stats.lines_processed / info.rows;
  context.add(stats);
}

}  // namespace

base::Status leave_out_damage(const BlockPlan& plan, BlockRef ref, const base::Status& status, QueryContext& context) {
  if (!leaves_answer_incomplete(status)) return status;
  context.add_unreadable(
      fmt::format("part={} block={}: {}", plan.parts[ref.part].part->name(), ref.block, base::message_of(status)));
  return base::ok_status();
}

namespace {

// What is known of the rows before the block is read: kSomeRows when its lines must be looked at, and nothing when they
// are text.
base::Task<base::StatusOr<std::optional<BlockSelection>>> look_before_reading(const segment::Part& part,
                                                                              std::uint32_t block,
                                                                              const exec::EncodedFilters& filters,
                                                                              const Remembered& remembered) {
  std::optional<BlockSelection> known = remembered.get();
  if (known.has_value()) co_return known;
  auto verdict = co_await judge(part, block, filters);
  if (!verdict.ok()) co_return verdict.status();
  if (!verdict->has_value()) co_return known;
  known = BlockSelection{**verdict, nullptr};
  if (**verdict != exec::BlockVerdict::kSomeRows) remembered.put(*known);
  co_return known;
}

// Reads the columns. `remembered`: null unless lines are encoded and the rows that pass are to be selected.
base::Task<base::Status> read_and_select(const BlockPlan& plan, BlockRef ref, BlockNeeds needs,
                                         const Remembered* remembered, LoadedBlock& loaded, QueryContext& context) {
  const PlannedPart& planned = plan.parts[ref.part];
  const segment::BlockInfo& info = plan.info(ref);
  const bool selects = remembered != nullptr;
  segment::Columns first = needs.columns;
  if (selects && needs.lines_apart) first.positions = first.metadata = first.lengths = false;
  auto rows = co_await planned.part->read_block(ref.block, first);
  if (rows.ok() && lacks_lengths(**rows, needs.columns)) {
    needs.columns.lines = true;
    CO_RETURN_IF_ERROR(loaded.memory.grow(static_cast<std::size_t>(info.line_bytes)));
    rows = co_await planned.part->read_block(ref.block, needs.columns);
  }
  if (!rows.ok()) co_return rows.status();
  loaded.rows = *std::move(rows);
  loaded.runs = exec::select_runs(*loaded.rows, planned.selected, plan.range, rows_of_run(info));
  if (!selects) co_return base::ok_status();
  if (loaded.rows->encoded != nullptr) {
    CO_ASSIGN_OR_RETURN(BlockSelection selection, select(*loaded.rows, *needs.filters));
    remembered->put(selection);
    loaded.verdict = selection.verdict;
    loaded.selection = std::move(selection.rows);
    if (loaded.verdict == exec::BlockVerdict::kNoRow) {
      count_searched(loaded, info, context);
      loaded.rows = nullptr;
      co_return base::ok_status();
    }
    loaded.lines = loaded.rows->encoded;
  }
  if (!needs.lines_apart) co_return base::ok_status();
  segment::Columns rest = needs.columns;
  if (loaded.lines != nullptr) rest.lines = rest.encoded_lines = false;
  rows = co_await planned.part->read_block(ref.block, rest);
  if (!rows.ok()) co_return rows.status();
  loaded.rows = *std::move(rows);
  co_return base::ok_status();
}

}  // namespace

base::Task<base::StatusOr<LoadedBlock>> load_block(const BlockPlan& plan, BlockRef ref, BlockNeeds needs,
                                                   QueryContext& context) {
  const PlannedPart& planned = plan.parts[ref.part];
  const segment::BlockInfo& info = plan.info(ref);
  needs.columns.hidden_rows = true;  // the runs leave them out
  LoadedBlock loaded;
  loaded.part = planned.part.get();
  std::optional<Remembered> remembered;
  bool selects = false;
  if (needs.filters != nullptr && !needs.filters->empty()) {
    remembered.emplace(*planned.part, ref.block, *needs.filters, context);
    auto known = co_await look_before_reading(*planned.part, ref.block, *needs.filters, *remembered);
    if (!known.ok()) {
      CO_RETURN_IF_ERROR(leave_out_damage(plan, ref, known.status(), context));
      loaded.left_out = true;
      co_return std::move(loaded);
    }
    if (known->has_value()) {
      loaded.verdict = (*known)->verdict;
      loaded.selection = (*known)->rows;
      if (loaded.verdict == exec::BlockVerdict::kNoRow) co_return std::move(loaded);
      selects = loaded.verdict == exec::BlockVerdict::kSomeRows && loaded.selection == nullptr;
      if (!selects && !needs.text) needs.columns.lines = false;
    }
  }
  CO_ASSIGN_OR_RETURN(loaded.memory, context.memory().reserve(bytes_of(info, needs.columns)));
  CO_RETURN_IF_ERROR(context.check());
  selects = selects && needs.columns.lines && needs.columns.encoded_lines;
  const Remembered* selecting = selects ? &*remembered : nullptr;
  base::Status status = co_await read_and_select(plan, ref, needs, selecting, loaded, context);
  if (!status.ok()) {
    CO_RETURN_IF_ERROR(leave_out_damage(plan, ref, status, context));
    loaded.left_out = true;
    loaded.rows = nullptr;
    co_return std::move(loaded);
  }
  if (loaded.rows == nullptr) co_return std::move(loaded);
  core::QueryStats stats;
  stats.blocks_read = 1;
  context.add(stats);
  co_return std::move(loaded);
}

}  // namespace cordwood::query

#include "query/block_plan.h"

#include <algorithm>

#include <fmt/format.h>

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

std::size_t bytes_of(const segment::BlockInfo& info, segment::Columns columns) {
  return info.rows * kRowBytes + (columns.lines ? static_cast<std::size_t>(info.line_bytes) : 0);
}

// Parts that do not store lengths give them by their lines.
bool lacks_lengths(const segment::BlockRows& rows, segment::Columns columns) {
  return columns.lengths && !columns.lines && rows.lengths.empty() && rows.size() > 0;
}

}  // namespace

base::Status leave_out_damage(const BlockPlan& plan, BlockRef ref, const base::Status& status, QueryContext& context) {
  if (!leaves_answer_incomplete(status)) return status;
  context.add_unreadable(
      fmt::format("part={} block={}: {}", plan.parts[ref.part].part->name(), ref.block, base::message_of(status)));
  return base::ok_status();
}

base::Task<base::StatusOr<LoadedBlock>> load_block(const BlockPlan& plan, BlockRef ref, BlockNeeds needs,
                                                   QueryContext& context) {
  const PlannedPart& planned = plan.parts[ref.part];
  const segment::BlockInfo& info = plan.info(ref);
  LoadedBlock loaded;
  loaded.part = planned.part.get();
  if (needs.filters != nullptr && !needs.filters->empty()) {
    auto verdict = co_await judge(*planned.part, ref.block, *needs.filters);
    if (!verdict.ok()) {
      CO_RETURN_IF_ERROR(leave_out_damage(plan, ref, verdict.status(), context));
      loaded.left_out = true;
      co_return std::move(loaded);
    }
    loaded.verdict = verdict->value_or(exec::BlockVerdict::kSomeRows);
    if (loaded.verdict == exec::BlockVerdict::kNoRow) co_return std::move(loaded);
    if (loaded.verdict == exec::BlockVerdict::kAllRows && !needs.text) needs.columns.lines = false;
  }
  CO_ASSIGN_OR_RETURN(loaded.memory, context.memory().reserve(bytes_of(info, needs.columns)));
  CO_RETURN_IF_ERROR(context.check());
  auto rows = co_await planned.part->read_block(ref.block, needs.columns);
  if (rows.ok() && lacks_lengths(**rows, needs.columns)) {
    needs.columns.lines = true;
    CO_RETURN_IF_ERROR(loaded.memory.grow(static_cast<std::size_t>(info.line_bytes)));
    rows = co_await planned.part->read_block(ref.block, needs.columns);
  }
  if (!rows.ok()) {
    CO_RETURN_IF_ERROR(leave_out_damage(plan, ref, rows.status(), context));
    loaded.left_out = true;
    co_return std::move(loaded);
  }
  loaded.rows = *std::move(rows);
  loaded.runs = exec::select_runs(*loaded.rows, planned.selected, plan.range, rows_of_run(info));
  core::QueryStats stats;
  stats.blocks_read = 1;
  context.add(stats);
  co_return std::move(loaded);
}

}  // namespace cordwood::query

// Patterns from the rows of a query. Once blocks hold templates, their tables answer this without reading rows: only
// this file changes then.

#include <algorithm>
#include <map>

#include "exec/log_scan.h"
#include "exec/pattern_tree.h"
#include "logql/parse.h"
#include "query/block_plan.h"
#include "query/explore.h"

namespace cordwood::query {
namespace {

// Lines of one pattern by the begin of their step.
using Counts = std::map<std::int64_t, std::uint64_t>;

class PatternCounter {
 public:
  explicit PatternCounter(base::nanoseconds step) : step_(step.count()) {}

  void add(const core::Row& row, std::uint64_t weight) {
    const std::string_view level = level_of(row);
    Level& of = levels_[std::string(level)];
    const std::uint32_t group = of.tree.add(row.line);
    if (group >= of.counts.size()) of.counts.resize(group + 1);
    const std::int64_t below = ((row.position.time.value % step_) + step_) % step_;
    of.counts[group][row.position.time.value - below] += weight;
  }

  core::LogPatterns take(std::size_t patterns_max) {
    core::LogPatterns all;
    for (auto& [level, of] : levels_) {
      for (std::uint32_t group = 0; group < of.counts.size(); ++group) {
        core::LogPattern pattern{of.tree.pattern(group), level, 0, {}};
        for (const auto& [time, lines] : of.counts[group]) {
          pattern.lines += lines;
          pattern.samples.emplace_back(base::UnixNanos{time}, lines);
        }
        if (pattern.lines > 0) all.push_back(std::move(pattern));
      }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const core::LogPattern& a, const core::LogPattern& b) { return a.lines > b.lines; });
    if (all.size() > patterns_max) all.resize(patterns_max);
    return all;
  }

 private:
  struct Level {
    exec::PatternTree tree;
    std::vector<Counts> counts;
  };
  static std::string_view level_of(const core::Row& row) {
    for (const core::Label& label : row.structured_metadata) {
      if (label.name == "detected_level") return label.value;
    }
    return "unknown";
  }
  const std::int64_t step_;
  std::map<std::string, Level> levels_;
};

// Leaves one of `every` blocks. Blocks are in the order of parts and time, so what stays is spread over the range.
std::uint64_t thin_out(BlockPlan& plan) {
  std::uint64_t rows = 0;
  for (const BlockRef& ref : plan.blocks) rows += plan.info(ref).rows;
  const std::uint64_t every = (rows + kPatternRowsMax - 1) / kPatternRowsMax;
  if (every <= 1) return 1;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < plan.blocks.size(); i += every) plan.blocks[kept++] = plan.blocks[i];
  plan.blocks.resize(kept);
  return every;
}

base::Task<base::Status> count_block(const BlockPlan& plan, BlockRef ref, exec::LogWorker& worker, std::uint64_t weight,
                                     PatternCounter& counter, QueryContext& context) {
  BlockNeeds needs{.columns = exec::LogPlan::columns()};
  auto loaded = co_await load_block(plan, ref, needs, context);
  if (!loaded.ok()) co_return loaded.status();
  if (loaded->rows == nullptr) co_return base::ok_status();
  const auto all = [](std::uint32_t) { return true; };
  core::QueryStats stats;
  for (const exec::RowRun& run : loaded->runs) {
    std::vector<core::Row> rows;
    base::Status scanned = worker.scan_all(loaded->scan(), run, all, rows, stats);
    if (!scanned.ok()) {
      CO_RETURN_IF_ERROR(leave_out_damage(plan, ref, scanned, context));
      break;
    }
    for (const core::Row& row : rows) counter.add(row, weight);
    CO_RETURN_IF_ERROR(context.check());
    co_await context.executor().yield();
  }
  context.add(stats);
  co_return base::ok_status();
}

}  // namespace

base::Task<base::StatusOr<core::LogPatterns>> find_patterns(const core::PatternsRequest& request,
                                                            PartProvider& provider, QueryContext& context) {
  CO_ASSIGN_OR_RETURN(const logql::LogExpr log, logql::parse_log_query(request.query));
  CO_ASSIGN_OR_RETURN(const exec::StreamSelector selector, exec::StreamSelector::build(log.matchers));
  auto parts = co_await provider.parts(request.tenant, request.range);
  if (!parts.ok()) co_return parts.status();
  BlockPlan blocks = plan_blocks(parts->parts, selector, request.range, context);
  if (blocks.blocks.empty()) co_return core::LogPatterns();
  const auto now = context.executor().clock().now();
  CO_ASSIGN_OR_RETURN(const auto plan, exec::LogPlan::build(log, now, core::LevelUse::kAlways));
  const std::uint64_t weight = thin_out(blocks);
  exec::LogWorker worker(plan);
  PatternCounter counter(request.step);
  for (const BlockRef& ref : blocks.blocks) {
    base::Status status = co_await count_block(blocks, ref, worker, weight, counter, context);
    // What was counted within a budget is as good as a sample.
    if (is_budget_error(status)) break;
    if (!status.ok()) co_return status;
  }
  co_return counter.take(request.patterns_max);
}

}  // namespace cordwood::query

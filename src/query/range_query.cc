#include "query/range_query.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "exec/metric_scan.h"
#include "query/block_plan.h"
#include "query/block_results.h"
#include "query/workers.h"

namespace cordwood::query {
namespace {

struct Job {
  std::shared_ptr<const exec::MetricPlan> plan;
  const BlockPlan& blocks;
  QueryContext& context;
  std::optional<QueryCells> cells{};  // none: results of blocks are neither used nor kept
  std::atomic<std::size_t> next{0};
  // Blocks whose results were too large to keep. After a few no other is tried.
  std::atomic<int> too_large{0};
  std::vector<std::unique_ptr<exec::MetricWorker>> workers{};
};

// False when not all of the block could be read.
base::Task<base::StatusOr<bool>> scan_block(Job& job, exec::MetricWorker& worker, BlockRef ref, SliceMeter& meter) {
  BlockNeeds needs{.columns = job.plan->columns(),
                   .filters = &job.plan->filters(),
                   .text = job.plan->needs_text(),
                   .lines_apart = true};
  auto loaded = co_await load_block(job.blocks, ref, needs, job.context);
  if (!loaded.ok()) co_return loaded.status();
  if (loaded->rows == nullptr) co_return !loaded->left_out;
  core::QueryStats stats;
  bool whole = true;
  const exec::ScanBlock block = loaded->scan();
  for (const exec::RowRun& run : loaded->runs) {
    const core::QueryStats before = stats;
    base::Status scanned = worker.scan(block, run, stats);
    if (!scanned.ok()) {
      CO_RETURN_IF_ERROR(leave_out_damage(job.blocks, ref, scanned, job.context));
      whole = false;
      break;
    }
    if (!meter.add(before, stats)) continue;
    job.context.add(std::exchange(stats, {}));
    CO_RETURN_IF_ERROR(job.context.check());
    co_await job.context.executor().yield();
  }
  job.context.add(stats);
  co_return whole;
}

// Reads the block into cells of its own and keeps them.
base::Task<base::Status> scan_and_keep(Job& job, exec::MetricWorker& worker, BlockRef ref, exec::WindowPanes cells,
                                       BlockResultKey key, SliceMeter& meter) {
  CO_ASSIGN_OR_RETURN(base::MemoryReservation memory, job.context.memory().reserve(0));
  exec::MetricWorker alone(job.plan, cells, std::move(memory));
  auto whole = co_await scan_block(job, alone, ref, meter);
  if (!whole.ok()) co_return whole.status();
  const std::shared_ptr<const exec::KeptStates> states = alone.aggregator().keep();
  worker.aggregator().add_kept(*states);
  CO_RETURN_IF_ERROR(worker.aggregator().charge());
  BlockResults& results = *job.context.results();
  if (states->bytes() > results.result_bytes_max()) {
    ++job.too_large;
  } else if (*whole) {
    results.put(key, states);
  }
  co_return base::ok_status();
}

base::Task<base::Status> take_block(Job& job, exec::MetricWorker& worker, BlockRef ref, SliceMeter& meter) {
  constexpr int kTooLargeMax = 2;
  const segment::Part& part = *job.blocks.parts[ref.part].part;
  const core::TimeSpan times = job.blocks.info(ref).times;
  if (job.cells.has_value() && !part.content_key().empty() && job.cells->may_use(times)) {
    const BlockResultKey key{base::hash128(part.content_key()), job.cells->leaf(), ref.block};
    core::QueryStats stats;
    stats.blocks_asked = 1;
    if (const auto kept = job.context.results()->get(key); kept != nullptr) {
      stats.blocks_remembered = 1;
      job.context.add(stats);
      worker.aggregator().add_kept(*kept);
      co_return worker.aggregator().charge();
    }
    job.context.add(stats);
    const std::optional<exec::WindowPanes> cells = job.cells->cells_of(times);
    if (cells.has_value() && job.too_large < kTooLargeMax) {
      base::Status status = co_await scan_and_keep(job, worker, ref, *cells, key, meter);
      co_return status;
    }
  }
  auto whole = co_await scan_block(job, worker, ref, meter);
  co_return whole.status();
}

// Takes the parts out of the plan that their rollups answer.
base::Task<void> take_rollups(Job& job, BlockPlan& blocks) {
  if (!job.plan->reads_rollups()) co_return;
  std::vector<bool> answered(blocks.parts.size(), false);
  for (std::size_t i = 0; i < blocks.parts.size(); ++i) {
    const PlannedPart& planned = blocks.parts[i];
    // One that cannot be read is no loss: the rows are there.
    auto rollup = co_await planned.part->rollup();
    if (!rollup.ok() || *rollup == nullptr) continue;
    answered[i] = job.workers[0]->add_rollup(*planned.part, planned.selected, **rollup);
    co_await job.context.executor().yield();
  }
  std::erase_if(blocks.blocks, [&](const BlockRef& ref) { return answered[ref.part]; });
}

base::Task<void> work(Job& job, std::size_t number) {
  SliceMeter meter;
  while (true) {
    const std::size_t index = job.next.fetch_add(1);
    if (index >= job.blocks.blocks.size()) co_return;
    base::Status status = job.context.check();
    if (status.ok()) status = co_await take_block(job, *job.workers[number], job.blocks.blocks[index], meter);
    if (!status.ok()) {
      job.context.fail(status);
      co_return;
    }
  }
}

}  // namespace

base::Task<base::StatusOr<exec::Matrix>> run_range(const exec::RangeLeaf& leaf, std::string_view key,
                                                   exec::StepGrid grid, bool levels,
                                                   const std::vector<std::shared_ptr<const segment::Part>>& parts,
                                                   QueryContext& context, base::MemoryReservation& memory) {
  const exec::WindowPanes panes(grid, leaf.aggregation->range.range, leaf.aggregation->range.offset);
  CO_ASSIGN_OR_RETURN(const exec::StreamSelector selector,
                      exec::StreamSelector::build(leaf.aggregation->range.log.matchers));
  BlockPlan blocks = plan_blocks(parts, selector, panes.times(), context);
  auto plan = exec::MetricPlan::build(*leaf.aggregation, leaf.outer, grid, context.executor().clock().now(), levels);
  if (!plan.ok()) {
    // Like Loki, stages are only built, and their errors only seen, when there is something to read.
    if (blocks.blocks.empty()) co_return exec::Matrix{grid.count, {}};
    co_return plan.status();
  }
  Job job{.plan = *plan, .blocks = blocks, .context = context};
  const std::size_t count = std::clamp<std::size_t>(blocks.blocks.size(), 1, context.options().parallelism);
  for (std::size_t i = 0; i < count; ++i) {
    CO_ASSIGN_OR_RETURN(base::MemoryReservation own, context.memory().reserve(0));
    job.workers.push_back(std::make_unique<exec::MetricWorker>(*plan, std::move(own)));
  }
  if (context.results() != nullptr) job.cells = QueryCells::make(key, levels, panes);
  co_await take_rollups(job, blocks);
  Job* shared = &job;
  std::function<base::Task<void>(std::size_t)> make_worker = [shared](std::size_t number) {
    return work(*shared, number);
  };
  co_await run_workers(context, count, std::move(make_worker));
  // What was counted within a budget is given out; whoever asked sees in the context that it is not all.
  bool partial = context.out_of_budget();
  if (!partial) CO_RETURN_IF_ERROR(context.status());
  exec::RangeAggregator& all = job.workers[0]->aggregator();
  for (std::size_t i = 1; i < count; ++i) {
    all.absorb(job.workers[i]->aggregator());
    base::Status status = partial ? base::ok_status() : all.charge();
    if (status.ok() && !partial) status = context.check();
    if (!status.ok()) {
      if (!is_budget_error(status)) co_return status;
      context.fail(status);
      partial = true;
    }
    co_await context.executor().yield();
  }
  base::Status spent = base::ok_status();
  auto matrix = job.plan->finish(all, memory, spent);
  if (!spent.ok()) context.fail(spent);
  co_return matrix;
}

}  // namespace cordwood::query

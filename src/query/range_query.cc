#include "query/range_query.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "exec/metric_scan.h"
#include "query/block_plan.h"
#include "query/workers.h"

namespace cordwood::query {
namespace {

struct Job {
  std::shared_ptr<const exec::MetricPlan> plan;
  const BlockPlan& blocks;
  QueryContext& context;
  std::atomic<std::size_t> next{0};
  std::vector<std::unique_ptr<exec::MetricWorker>> workers{};
};

base::Task<base::Status> scan_block(Job& job, exec::MetricWorker& worker, BlockRef ref, SliceMeter& meter) {
  BlockNeeds needs{.columns = job.plan->columns(), .filters = &job.plan->filters(), .text = job.plan->needs_text()};
  auto loaded = co_await load_block(job.blocks, ref, needs, job.context);
  if (!loaded.ok()) co_return loaded.status();
  if (loaded->rows == nullptr) co_return base::ok_status();
  core::QueryStats stats;
  const exec::ScanBlock block = loaded->scan();
  for (const exec::RowRun& run : loaded->runs) {
    const core::QueryStats before = stats;
    base::Status scanned = worker.scan(block, run, stats);
    if (!scanned.ok()) {
      CO_RETURN_IF_ERROR(leave_out_damage(job.blocks, ref, scanned, job.context));
      break;
    }
    if (!meter.add(before, stats)) continue;
    job.context.add(std::exchange(stats, {}));
    CO_RETURN_IF_ERROR(job.context.check());
    co_await job.context.executor().yield();
  }
  job.context.add(stats);
  co_return base::ok_status();
}

base::Task<void> work(Job& job, std::size_t number) {
  SliceMeter meter;
  while (true) {
    const std::size_t index = job.next.fetch_add(1);
    if (index >= job.blocks.blocks.size()) co_return;
    base::Status status = job.context.check();
    if (status.ok()) status = co_await scan_block(job, *job.workers[number], job.blocks.blocks[index], meter);
    if (!status.ok()) {
      job.context.fail(status);
      co_return;
    }
  }
}

}  // namespace

base::Task<base::StatusOr<exec::Matrix>> run_range(const exec::RangeLeaf& leaf, exec::StepGrid grid, bool levels,
                                                   const std::vector<std::shared_ptr<const segment::Part>>& parts,
                                                   QueryContext& context) {
  const exec::WindowPanes panes(grid, leaf.aggregation->range.range, leaf.aggregation->range.offset);
  CO_ASSIGN_OR_RETURN(const exec::StreamSelector selector,
                      exec::StreamSelector::build(leaf.aggregation->range.log.matchers));
  const BlockPlan blocks = plan_blocks(parts, selector, panes.times(), context);
  auto plan = exec::MetricPlan::build(*leaf.aggregation, leaf.outer, grid, context.executor().clock().now(), levels);
  if (!plan.ok()) {
    // Like Loki, stages are only built, and their errors only seen, when there is something to read.
    if (blocks.blocks.empty()) co_return exec::Matrix{grid.count, {}};
    co_return plan.status();
  }
  Job job{.plan = *plan, .blocks = blocks, .context = context};
  const std::size_t count = std::clamp<std::size_t>(blocks.blocks.size(), 1, context.options().parallelism);
  for (std::size_t i = 0; i < count; ++i) {
    CO_ASSIGN_OR_RETURN(base::MemoryReservation memory, context.memory().reserve(0));
    job.workers.push_back(std::make_unique<exec::MetricWorker>(*plan, std::move(memory)));
  }
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
  co_return job.plan->finish(all);
}

}  // namespace cordwood::query

#include "query/page_query.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "query/workers.h"

namespace cordwood::query {
namespace {

struct Job {
  std::shared_ptr<const exec::LogPlan> plan;
  const BlockPlan& blocks;
  exec::RowPage& page;
  QueryContext& context;
  std::atomic<std::size_t> next{0};
  base::Mutex mutex{};
  base::MemoryReservation memory GUARDED_BY(mutex){};  // of the page
};

void sort_blocks(BlockPlan& plan, core::Direction direction) {
  std::sort(plan.blocks.begin(), plan.blocks.end(), [&](const BlockRef& a, const BlockRef& b) {
    const core::TimeSpan& x = plan.info(a).times;
    const core::TimeSpan& y = plan.info(b).times;
    if (direction == core::Direction::kForward && x.first != y.first) return x.first < y.first;
    if (direction == core::Direction::kBackward && x.last != y.last) return x.last > y.last;
    return std::pair(a.part, a.block) < std::pair(b.part, b.block);
  });
}

base::Status charge_page(Job& job) {
  const std::size_t bytes = job.page.bytes();
  base::MutexLock lock(job.mutex);
  if (bytes > job.memory.bytes()) return job.memory.grow(bytes - job.memory.bytes());
  job.memory.shrink(job.memory.bytes() - bytes);
  return base::ok_status();
}

base::Task<base::Status> scan_block(Job& job, exec::LogWorker& worker, BlockRef ref, SliceMeter& meter) {
  BlockNeeds needs{.columns = exec::LogPlan::columns(), .filters = &job.plan->filters(), .lines_apart = true};
  auto loaded = co_await load_block(job.blocks, ref, needs, job.context);
  if (!loaded.ok()) co_return loaded.status();
  if (loaded->rows == nullptr) co_return base::ok_status();
  if (job.page.direction() == core::Direction::kBackward) std::reverse(loaded->runs.begin(), loaded->runs.end());
  core::QueryStats stats;
  const exec::ScanBlock block = loaded->scan();
  for (const exec::RowRun& run : loaded->runs) {
    const core::QueryStats before = stats;
    base::Status scanned = worker.scan(block, run, job.page, stats);
    if (!scanned.ok()) {
      CO_RETURN_IF_ERROR(leave_out_damage(job.blocks, ref, scanned, job.context));
      break;
    }
    if (!meter.add(before, stats)) continue;
    job.context.add(std::exchange(stats, {}));
    CO_RETURN_IF_ERROR(charge_page(job));
    CO_RETURN_IF_ERROR(job.context.check());
    co_await job.context.executor().yield();
  }
  job.context.add(stats);
  co_return charge_page(job);
}

base::Task<void> work(Job& job) {
  exec::LogWorker worker(job.plan);
  SliceMeter meter;
  while (true) {
    const std::size_t index = job.next.fetch_add(1);
    if (index >= job.blocks.blocks.size()) co_return;
    const BlockRef ref = job.blocks.blocks[index];
    if (!job.page.wants_any(job.blocks.info(ref).times)) continue;
    base::Status status = job.context.check();
    if (status.ok()) status = co_await scan_block(job, worker, ref, meter);
    if (!status.ok()) {
      job.context.fail(status);
      co_return;
    }
  }
}

}  // namespace

base::Task<base::StatusOr<exec::RowPage::Result>> read_page(std::shared_ptr<const exec::LogPlan> plan,
                                                            BlockPlan& blocks, PageRequest request,
                                                            QueryContext& context) {
  sort_blocks(blocks, request.direction);
  exec::RowPage page(request.direction, request.rows_max, request.bytes_max, request.after);
  Job job{.plan = std::move(plan), .blocks = blocks, .page = page, .context = context};
  {
    base::MutexLock lock(job.mutex);
    CO_ASSIGN_OR_RETURN(job.memory, context.memory().reserve(0));
  }
  const std::size_t workers = std::clamp<std::size_t>(blocks.blocks.size(), 1, context.options().parallelism);
  Job* shared = &job;
  std::function<base::Task<void>(std::size_t)> make_worker = [shared](std::size_t) { return work(*shared); };
  co_await run_workers(context, workers, std::move(make_worker));
  // What was found within a budget is given out; whoever asked sees in the context that it is not all.
  if (!context.out_of_budget()) CO_RETURN_IF_ERROR(context.status());
  co_return page.take();
}

}  // namespace cordwood::query

#include "query/workers.h"

#include <memory>
#include <utility>

#include "base/sync.h"

namespace cordwood::query {
namespace {

// Holds the group until its own end, because the group's last task still unlocks it after waking whoever joins.
base::Task<void> hold(std::shared_ptr<base::TaskGroup> group, base::Task<void> work) {
  co_await work;
  static_cast<void>(group);
}

}  // namespace

base::Task<void> run_workers(QueryContext& context, std::size_t count,
                             std::function<base::Task<void>(std::size_t)> make_worker) {
  if (count == 1) {
    base::Task<void> only = make_worker(0);
    co_await only;
    co_return;
  }
  auto group = std::make_shared<base::TaskGroup>(context.executor());
  for (std::size_t i = 0; i < count; ++i) {
    base::Task<void> work = make_worker(i);
    std::shared_ptr<base::TaskGroup> held = group;
    base::Task<void> holding = hold(std::move(held), std::move(work));
    group->spawn(std::move(holding));
  }
  co_await group->join();
}

}  // namespace cordwood::query

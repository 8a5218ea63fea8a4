#include "query/block_keeper.h"

#include <algorithm>
#include <utility>

namespace cordwood::query {

base::Task<base::StatusOr<std::shared_ptr<const LoadedBlock>>> BlockKeeper::load(const BlockPlan& plan, BlockRef ref,
                                                                                 QueryContext& context) {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
    return kept.ref.part == ref.part && kept.ref.block == ref.block;
  });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    co_return kept_.front().block;
  }
  BlockNeeds needs{.columns = columns_};
  auto loaded = co_await load_block(plan, ref, needs, context);
  if (!loaded.ok()) co_return loaded.status();
  kept_.push_front({ref, std::make_shared<const LoadedBlock>(*std::move(loaded))});
  evict();
  co_return kept_.front().block;
}

// The newest stays, however large it is.
void BlockKeeper::evict() {
  std::size_t bytes = 0;
  for (auto at = kept_.begin(); at != kept_.end(); ++at) {
    bytes += at->block->memory.bytes();
    if (bytes > bytes_max_ && at != kept_.begin()) {
      kept_.erase(at, kept_.end());
      return;
    }
  }
}

}  // namespace cordwood::query

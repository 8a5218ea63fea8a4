#include "store/head_merger.h"

#include "store/head/chunk_writer.h"

namespace cordwood::store {

base::Task<void> HeadMerger::run() {
  while (!state_.stopping.is_set()) {
    co_await state_.merge_wanted.wait();
    state_.merge_wanted.reset();
    while (!state_.stopping.is_set() && merge_once()) co_await state_.executor().yield();
  }
}

bool HeadMerger::merge_once() {
  std::optional<Head::MergeWork> work;
  {
    base::MutexLock lock(state_.mutex);
    work = state_.head.merge_work();
  }
  if (!work.has_value()) return false;
  // Outside of the mutex: chunks never change. Sixteen chunks below 256 KiB take a few ms.
  std::shared_ptr<const Chunk> merged = merge_chunks(work->chunks);
  std::uint64_t before = 0;
  for (const auto& chunk : work->chunks) before += chunk->memory_bytes();
  const std::uint64_t after = merged->memory_bytes();
  {
    base::MutexLock lock(state_.mutex);
    if (!state_.head.replace(*work, std::move(merged))) return true;
    state_.update_head_gauges();
  }
  state_.gate.adjust(before, after);
  return true;
}

}  // namespace cordwood::store

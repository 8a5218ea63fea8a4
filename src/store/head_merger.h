#pragma once

#include "store/state.h"

namespace cordwood::store {

// Merges small chunks of the head, so that a snapshot stays short however small the bodies are.
class HeadMerger {
 public:
  explicit HeadMerger(StoreState& state) : state_(state) {}
  // Until the store is stopping.
  base::Task<void> run();

 private:
  // False when there is nothing to merge.
  bool merge_once();
  StoreState& state_;
};

}  // namespace cordwood::store

// The parts of a Store. Internal to this folder.
#pragma once

#include "store/appender.h"
#include "store/compact/compactor.h"
#include "store/compact/maintenance_lease.h"
#include "store/deletions/eraser.h"
#include "store/flush/flusher.h"
#include "store/head_merger.h"
#include "store/retention/expirer.h"
#include "store/state.h"
#include "store/store.h"
#include "store/sweep.h"

namespace cordwood::store {

struct Store::Impl {
  Impl(StoreOptions options, StoreDependencies dependencies)
      : state(std::move(options), dependencies),
        appender(state),
        flusher(state),
        merger(state),
        lease(state),
        compactor(state, lease),
        eraser(state, flusher, compactor, lease),
        expirer(state, lease),
        sweeper(state),
        loops(state.executor()),
        requests_done(state.executor()) {
    requests_done.set();
  }

  // False when the store is stopping.
  bool begin_request();
  void end_request();

  StoreState state;
  Appender appender;
  Flusher flusher;
  HeadMerger merger;
  MaintenanceLease lease;
  Compactor compactor;
  Eraser eraser;
  Expirer expirer;
  Sweeper sweeper;
  base::TaskGroup loops;

  base::Mutex requests_mutex;
  bool refusing GUARDED_BY(requests_mutex) = false;
  std::size_t requests GUARDED_BY(requests_mutex) = 0;
  base::Event requests_done;
};

inline base::Status stopping_error() {
  return base::unavailable_error("the server is stopping");
}

}  // namespace cordwood::store

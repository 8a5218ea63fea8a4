// AgentTable: which epoch each agent is in, by the rules of hello in docs/protocols/native.md. The catalog is the
// truth; memory holds what was read from it or written to it.
#pragma once

#include "base/executor.h"
#include "base/hash_map.h"
#include "base/mutex.h"
#include "base/sync.h"
#include "catalog/catalog.h"
#include "core/record_sink.h"

namespace cordwood::store {

// Thread-safe.
class AgentTable {
 public:
  AgentTable(base::Executor& executor, catalog::Catalog& catalog)
      : executor_(executor), catalog_(catalog), turn_(executor, 1) {}

  // Durable in the catalog when it ends.
  base::Task<base::StatusOr<core::HelloAnswer>> hello(core::AgentHello hello);
  // FailedPrecondition "epoch ..." unless `epoch` is the agent's current one.
  base::Task<base::Status> check_epoch(core::AgentId agent, std::uint64_t epoch);
  // The same from memory alone: false when memory does not know.
  bool is_current(core::AgentId agent, std::uint64_t epoch);

 private:
  struct Known {
    std::uint64_t epoch = 0;
    base::Hash128 nonce;
  };
  base::Task<base::StatusOr<std::optional<Known>>> find(core::AgentId agent);

  base::Executor& executor_;
  catalog::Catalog& catalog_;
  base::Semaphore turn_;  // one hello at a time: each is a read and a write
  base::Mutex mutex_;
  base::IntegerMap<core::AgentId, Known> known_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::store

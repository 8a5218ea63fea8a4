// ObjectStore in memory: the twin for tests and the simulation. Forgets everything when destroyed.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/mutex.h"
#include "objectstore/object_store.h"

namespace cordwood::objectstore {

// Every call goes through the executor's queue before it acts, so that a simulation interleaves callers.
class MemStore final : public ObjectStore {
 public:
  explicit MemStore(base::Executor& executor) : executor_(executor) {}

  base::Task<base::Status> put(std::string key, std::shared_ptr<const std::string> bytes) override;
  base::Task<base::Status> put_if_absent(std::string key, std::shared_ptr<const std::string> bytes) override;
  base::Task<base::StatusOr<std::string>> get_range(std::string key, std::uint64_t offset,
                                                    std::uint64_t length) override;
  base::Task<base::StatusOr<ObjectInfo>> head(std::string key) override;
  base::Task<base::StatusOr<ListPage>> list(std::string prefix, std::string start_after, std::size_t limit) override;
  base::Task<base::Status> remove(std::string key) override;

 private:
  base::Executor& executor_;
  base::Mutex mutex_;
  std::map<std::string, std::shared_ptr<const std::string>> objects_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::objectstore

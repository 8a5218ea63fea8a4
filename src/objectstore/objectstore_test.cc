#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/metrics.h"
#include "base/sim_executor.h"
#include "base/thread_executor.h"
#include "io/sim_files.h"
#include "objectstore/counting_store.h"
#include "objectstore/local/local_store.h"
#include "objectstore/mem/mem_store.h"
#include "objectstore/objectstore_conformance.h"
#include "objectstore/retrying_store.h"

namespace cordwood::objectstore {
namespace {

std::unique_ptr<ObjectStore> open_local(io::FileSystem& files, const std::string& directory, base::Executor& executor,
                                        base::Random& random) {
  auto store = base::sync_wait(executor, open_local_store(files, directory, executor, random));
  EXPECT_TRUE(store.ok()) << store.status();
  return std::move(*store);
}

class LocalOnDisk final : public StoreUnderTest {
 public:
  LocalOnDisk() {
    std::string pattern = testing::TempDir() + "/cordwood_objects_XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    store_ = open_local(io::system_files(), directory_ + "/objects", executor_, random_);
  }
  ~LocalOnDisk() override { std::filesystem::remove_all(directory_); }
  base::Executor& executor() override { return executor_; }
  ObjectStore& store() override { return *store_; }

 private:
  std::string directory_;
  base::SystemRandom random_;
  base::ThreadExecutor executor_;
  std::unique_ptr<ObjectStore> store_;
};

class LocalOnSim final : public StoreUnderTest {
 public:
  LocalOnSim() : store_(open_local(files_, "/objects", executor_, random_)) {}
  base::Executor& executor() override { return executor_; }
  ObjectStore& store() override { return *store_; }

 private:
  io::SimFiles files_;
  base::SeededRandom random_{1};
  base::SimExecutor executor_{1};
  std::unique_ptr<ObjectStore> store_;
};

template <typename Executor>
class Memory final : public StoreUnderTest {
 public:
  base::Executor& executor() override { return executor_; }
  ObjectStore& store() override { return store_; }

 private:
  Executor executor_ = make();
  MemStore store_{executor_};
  static Executor make() {
    if constexpr (std::is_same_v<Executor, base::SimExecutor>) {
      return base::SimExecutor(7);
    } else {
      return Executor();
    }
  }
};

// The wrappers must be invisible while nothing fails.
class Wrapped final : public StoreUnderTest {
 public:
  Wrapped() {
    auto counting = make_counting_store(std::make_unique<MemStore>(executor_), executor_.clock(), metrics_);
    store_ = make_retrying_store(std::move(counting), executor_, random_);
  }
  base::Executor& executor() override { return executor_; }
  ObjectStore& store() override { return *store_; }

 private:
  base::MetricsRegistry metrics_;
  base::SeededRandom random_{3};
  base::SimExecutor executor_{3};
  std::unique_ptr<ObjectStore> store_;
};

template <typename T>
StoreFactory factory() {
  return [] { return std::make_unique<T>(); };
}
INSTANTIATE_TEST_SUITE_P(LocalOnDisk, ObjectStoreConformance, testing::Values(factory<LocalOnDisk>()));
INSTANTIATE_TEST_SUITE_P(LocalOnSim, ObjectStoreConformance, testing::Values(factory<LocalOnSim>()));
INSTANTIATE_TEST_SUITE_P(MemorySim, ObjectStoreConformance, testing::Values(factory<Memory<base::SimExecutor>>()));
INSTANTIATE_TEST_SUITE_P(MemoryThreads, ObjectStoreConformance,
                         testing::Values(factory<Memory<base::ThreadExecutor>>()));
INSTANTIATE_TEST_SUITE_P(Wrapped, ObjectStoreConformance, testing::Values(factory<Wrapped>()));

}  // namespace
}  // namespace cordwood::objectstore

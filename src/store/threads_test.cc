// The store on real threads: races show here and under ThreadSanitizer, the logic is tested in simulation.
#include <atomic>

#include "base/thread_executor.h"
#include "store/store_testing.h"

namespace cordwood::store {
namespace {

struct Shared {
  Store* store = nullptr;
  const TestDecoder* decoder = nullptr;
  base::Executor* executor = nullptr;
  std::atomic<std::uint64_t> stored{0};
  std::atomic<bool> sending{true};
};

core::AppendRequest request_of(const Shared& shared, std::string text) {
  core::AppendRequest request;
  request.tenant = core::TenantId::default_tenant();
  request.body.bytes = std::make_shared<const std::string>(std::move(text));
  request.arrival = shared.executor->clock().now();
  request.batch = *shared.decoder->decode(request.body, {request.arrival, nullptr});
  return request;
}

base::Task<void> send_unnamed(Shared* shared, int sender) {
  for (int i = 0; i < 100; ++i) {
    std::string body;
    for (int k = 0; k < 10; ++k)
      body += line_at(fmt::format("s{}", sender), i * 10 + k, fmt::format("{}-{}-{}", sender, i, k));
    core::AppendRequest request = request_of(*shared, std::move(body));
    auto result = co_await shared->store->append(std::move(request));
    CHECK(result.ok());
    shared->stored += 10;
  }
}

base::Task<void> send_named(Shared* shared, std::uint64_t generation) {
  for (std::uint64_t i = 0; i < 100; ++i) {
    core::AppendRequest request =
        request_of(*shared, slice_of(generation, i * 10, i * 10 + 10, fmt::format("n{}-{}", generation, i)));
    auto result = co_await shared->store->append(std::move(request));
    CHECK(result.ok() && std::holds_alternative<core::SliceStored>(result->verdicts[0]));
    shared->stored += 1;
  }
}

base::Task<void> maintain(Shared* shared) {
  while (shared->sending) {
    base::Status flushed = co_await shared->store->flush();
    CHECK(flushed.ok());
    base::Status compacted = co_await shared->store->compact();
    CHECK(compacted.ok());
  }
}

base::Task<void> count(Shared* shared) {
  while (shared->sending) {
    const std::uint64_t stored = shared->stored;
    auto snapshot = co_await shared->store->snapshot(core::TenantId::default_tenant(), {});
    std::uint64_t found = 0;
    for (const auto& part : snapshot->segments) found += part.records;
    for (const auto& head : snapshot->heads) {
      for (const auto& stream : head->streams()) found += stream.records;
    }
    CHECK(found >= stored);
    auto status = co_await shared->store->status();
    CHECK(status.ok() && status->records >= found);
  }
}

base::Task<void> join(base::TaskGroup* group) {
  co_await group->join();
}

TEST(StoreThreads, CountsEveryRecordOnceWhileFlushesAndMergesRun) {
  base::ThreadExecutor executor({.threads = 4, .blocking_threads = 4});
  io::SimFiles files;
  base::SeededRandom random(1);
  base::MetricsRegistry metrics;
  TestDecoder decoder;
  auto catalog = catalog::make_mem_catalog(executor, random);
  objectstore::MemStore objects(executor);
  StoreOptions options;
  options.data_directory = "/data";
  options.free_space_reserve_bytes = 0;
  options.disk_budget_bytes = 1;
  options.head_flush_bytes = 200'000;
  options.head_bytes_max = 600'000;
  StoreDependencies deps{&executor, &files, &random, catalog.get(), &objects, &decoder, &metrics, {}};
  auto store = base::sync_wait(executor, Store::open(options, deps));
  ASSERT_TRUE(store.ok());
  core::AgentHello hello{core::TenantId::default_tenant(), "web-1", {test_hash(1)}, 0, test_hash(1)};
  ASSERT_TRUE(base::sync_wait(executor, (*store)->hello(hello)).ok());

  Shared shared;
  shared.store = store->get();
  shared.decoder = &decoder;
  shared.executor = &executor;
  base::TaskGroup senders(executor);
  base::TaskGroup others(executor);
  for (int i = 0; i < 4; ++i) senders.spawn(send_unnamed(&shared, i));
  for (std::uint64_t i = 0; i < 4; ++i) senders.spawn(send_named(&shared, i));
  others.spawn(maintain(&shared));
  others.spawn(count(&shared));
  base::sync_wait(executor, join(&senders));
  shared.sending = false;
  base::sync_wait(executor, join(&others));
  const auto status = *base::sync_wait(executor, (*store)->status());
  EXPECT_EQ(status.records, 4 * 1000U + 4 * 100U);
  EXPECT_TRUE(base::sync_wait(executor, (*store)->close()).ok());
}

}  // namespace
}  // namespace cordwood::store

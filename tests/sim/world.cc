#include "sim/world.h"

#include <algorithm>
#include <cerrno>

#include "app/store_parts.h"
#include "base/log.h"
#include "catalog/mem/mem_catalog.h"
#include "catalog/sqlite/sqlite_catalog.h"
#include "objectstore/local/local_store.h"
#include "objectstore/mem/mem_store.h"
#include "query/query_engine.h"
#include "query/segment_cache.h"
#include "testing/faulty_catalog.h"
#include "testing/faulty_store.h"
#include "testing/passing_store.h"

namespace cordwood::sim {

namespace {
constexpr base::nanoseconds kPatience = std::chrono::milliseconds(300);
constexpr std::string_view kData = "/data";
}  // namespace

World::World(std::uint64_t seed, Breakage breakage)
    : dice_(seed),
      seed_(seed),
      random_(seed),
      fault_random_(seed + 1),
      objects_on_disk_(seed % 2 == 0),
      catalog_on_disk_(breakage == Breakage::kNone && seed % 3 != 0) {
  start_life();
  catalog_ = catalog::make_mem_catalog(executor, random_);
  mem_objects_ = std::make_unique<objectstore::MemStore>(executor);
  options.data_directory = kData;
  options.free_space_reserve_bytes = 0;
  options.disk_budget_bytes = 1 << 30;
  const std::string journal = options.data_directory + "/journal";
  if (breakage == Breakage::kAcknowledgeBeforeSync) broken_files_ = make_unsynced_files(files, journal);
  if (breakage == Breakage::kMarkOutsideCommit) broken_catalog_ = make_late_marks(*catalog_, executor);
  if (breakage == Breakage::kTrimBeforeCommit) broken_catalog_ = make_early_trim(*catalog_, files, journal);
}

World::~World() {
  files.set_fault_hook({});
  if (life_ != nullptr) close();
}

base::Status World::open_parts(Life& life) {
  const core::Limits limits;
  life.decoder = std::make_unique<ingest::Decoder>(limits);
  std::unique_ptr<objectstore::ObjectStore> objects;
  if (objects_on_disk_) {
    ASSIGN_OR_RETURN(objects,
                     run(objectstore::open_local_store(files, options.data_directory + "/objects", executor, random_)));
  } else {
    objects = std::make_unique<testing::PassingStore>(*mem_objects_);
  }
  life.objects =
      testing::make_faulty_store(std::move(objects), executor, [this](testing::StoreOperation, const std::string&) {
        return testing::draw_fault(fault_random_, object_faults);
      });
  catalog::Catalog* catalog = broken_catalog_ == nullptr ? catalog_.get() : broken_catalog_.get();
  if (catalog_on_disk_) {
    RETURN_IF_ERROR(files.make_directories(options.data_directory));
    const std::string path = options.data_directory + "/catalog.sqlite";
    ASSIGN_OR_RETURN(life.stored_catalog, run(catalog::open_sqlite_catalog_on(files, path, executor, random_)));
    catalog = life.stored_catalog.get();
  }
  life.catalog = testing::make_faulty_catalog(
      *catalog, executor, [this](std::string_view) { return testing::draw_fault(fault_random_, catalog_faults); });
  io::FileSystem* disk = broken_files_ == nullptr ? &files : broken_files_.get();
  store::StoreDependencies dependencies{
      &executor,          disk,          &random_, life.catalog.get(), life.objects.get(),
      life.decoder.get(), &life.metrics, limits,   &selectors_};
  ASSIGN_OR_RETURN(life.store, run(store::Store::open(options, dependencies)));
  life.segments =
      std::make_unique<query::SegmentCache>(executor, *life.objects, query::SegmentCacheOptions{1 << 14, 1 << 16});
  life.parts = std::make_unique<app::StoreParts>(*life.store, *life.segments);
  life.memory = std::make_unique<base::MemoryBudget>("all queries", 256 << 20);
  query::EngineOptions engine;
  engine.page_rows_first = 7;
  engine.page_rows_max = 100;
  life.queries = query::make_query_engine(executor, *life.parts, *life.memory, engine);
  life.api = std::make_unique<api::Api>(api::ApiDependencies{executor, life.metrics, *life.decoder, *life.store,
                                                             *life.store, *life.queries, *life.store,
                                                             [] { return base::ok_status(); }, api::ApiOptions{}});
  return base::ok_status();
}

base::Status World::try_open() {
  auto life = std::make_unique<Life>();
  base::Status status = open_parts(*life);
  if (status.ok()) {
    life_ = std::move(life);
  } else {
    testing::bury(std::shared_ptr<Life>(std::move(life)));
  }
  return status;
}

base::Status World::open() {
  constexpr int kTriesMax = 200;
  base::Status status = base::ok_status();
  for (int i = 0; i < kTriesMax; ++i) {
    status = try_open();
    if (status.ok()) break;
    // A server that starts on a full disk may have to flush first: an operator makes room.
    if (status.code() == base::StatusCode::kResourceExhausted) files.set_capacity(UINT64_MAX);
    files.crash(++seed_);
    start_life();
  }
  return status;
}

void World::start_life() {
  executor.start_life(++seed_, {kStart});
  if (noise_ != nullptr) testing::bury(noise_);
  noise_ = std::make_shared<base::Event>(executor);
  noise_->set();
}

base::Task<void> World::await_noise() {
  const std::shared_ptr<base::Event> noise = noise_;
  co_await noise->wait();
}

void World::bury_life() {
  testing::bury(std::shared_ptr<Life>(std::move(life_)));
  start_life();
}

void World::crash() {
  files.crash(++seed_);
  bury_life();
}

void World::kill() {
  files.kill();
  bury_life();
}

void World::close() {
  const base::Status flushed = run(life_->store->close());
  if (!flushed.ok()) base::log_info("closed without a flush: error=\"{}\"", flushed.ToString());
  // Requests that came too late are answered before their server is gone.
  bury_life();
}

struct World::Exchange {
  explicit Exchange(base::Executor& executor) : done(executor) {}
  io::HttpRequest request;
  std::optional<Answer> answer;
  base::Event done;
};

base::Task<void> World::deliver(std::shared_ptr<Exchange> exchange, base::nanoseconds before, base::nanoseconds after,
                                bool answer_is_lost) {
  co_await executor.sleep_for(before);
  io::HttpRequest request = exchange->request;
  io::HttpResponse response = co_await life_->api->handle(request);
  co_await executor.sleep_for(after);
  if (answer_is_lost || exchange->answer.has_value()) co_return;
  exchange->answer = Answer{response.status, std::move(response.body)};
  exchange->done.set();
}

base::Task<std::optional<World::Answer>> World::post(std::string path, std::string body, std::string content_type,
                                                     std::string content_encoding) {
  auto exchange = std::make_shared<Exchange>(executor);
  exchange->request.method = "POST";
  exchange->request.path = std::move(path);
  exchange->request.headers.set("Content-Type", content_type);
  if (!content_encoding.empty()) exchange->request.headers.set("Content-Encoding", content_encoding);
  exchange->request.body = std::make_shared<const std::string>(std::move(body));
  if (!chance(network_faults)) {
    base::Task<void> delivery = deliver(exchange, up_to_ms(3), up_to_ms(3), chance(network_faults));
    executor.spawn(std::move(delivery));
  }
  if (chance(network_faults)) {
    base::Task<void> copy = deliver(exchange, up_to_ms(400), up_to_ms(3), chance(0.5));
    executor.spawn(std::move(copy));
  }
  co_await exchange->done.wait_for(kPatience);
  co_return std::exchange(exchange->answer, Answer{});
}

std::int64_t World::may_expire(bool tier_b, std::int64_t time) const {
  // The clock jumps by some minutes.
  constexpr std::int64_t kSlack = 3'600'000'000'000;
  return tier_b && keep_tier_b.count() > 0 ? time + keep_tier_b.count() - kSlack : INT64_MAX;
}

void World::heal() {
  object_faults = {};
  catalog_faults = {};
  network_faults = 0;
  files.set_fault_hook({});
  files.set_capacity(UINT64_MAX);
  constexpr std::uint64_t kNever = UINT64_MAX / 2;
  files.fail_operation(kNever, EIO);
  files.power_off_at(kNever);
}

base::StatusOr<std::vector<std::string>> World::object_keys() {
  std::vector<std::string> keys;
  std::string after;
  while (true) {
    base::StatusOr<objectstore::ListPage> page = run(life_->objects->list("segments/", after, 100));
    if (!page.ok()) return page.status();
    for (const objectstore::ObjectInfo& object : page->objects) keys.push_back(object.key);
    if (!page->next.has_value()) return keys;
    after = *page->next;
  }
}

}  // namespace cordwood::sim

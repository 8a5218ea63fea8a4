#include "testing/faulty_store.h"

#include <utility>

namespace cordwood::testing {
namespace {

using Bytes = std::shared_ptr<const std::string>;
using objectstore::ListPage;
using objectstore::ObjectInfo;

base::Status answer_lost(const std::string& key) {
  return base::unavailable_error("object {}: the answer was lost (simulated)", key);
}

class FaultyStore final : public objectstore::ObjectStore {
 public:
  FaultyStore(std::unique_ptr<objectstore::ObjectStore> below, base::Executor& executor, StoreFaultPlan plan)
      : below_(std::move(below)), executor_(executor), plan_(std::move(plan)) {}

  base::Task<base::Status> put(std::string key, Bytes bytes) override {
    const StoreFault fault = plan_(StoreOperation::kPut, key);
    base::Task<base::Status> task = below_->put(key, std::move(bytes));
    co_return co_await disturb(std::move(task), fault, key);
  }
  base::Task<base::Status> put_if_absent(std::string key, Bytes bytes) override {
    const StoreFault fault = plan_(StoreOperation::kPutIfAbsent, key);
    base::Task<base::Status> task = below_->put_if_absent(key, std::move(bytes));
    co_return co_await disturb(std::move(task), fault, key);
  }
  base::Task<base::StatusOr<std::string>> get_range(std::string key, std::uint64_t offset,
                                                    std::uint64_t length) override {
    const StoreFault fault = plan_(StoreOperation::kGetRange, key);
    base::Task<base::StatusOr<std::string>> task = below_->get_range(key, offset, length);
    co_return co_await disturb(std::move(task), fault, key);
  }
  base::Task<base::StatusOr<ObjectInfo>> head(std::string key) override {
    const StoreFault fault = plan_(StoreOperation::kHead, key);
    base::Task<base::StatusOr<ObjectInfo>> task = below_->head(key);
    co_return co_await disturb(std::move(task), fault, key);
  }
  base::Task<base::StatusOr<ListPage>> list(std::string prefix, std::string start_after, std::size_t limit) override {
    const StoreFault fault = plan_(StoreOperation::kList, prefix);
    base::Task<base::StatusOr<ListPage>> task = below_->list(prefix, std::move(start_after), limit);
    co_return co_await disturb(std::move(task), fault, prefix);
  }
  base::Task<base::Status> remove(std::string key) override {
    const StoreFault fault = plan_(StoreOperation::kRemove, key);
    base::Task<base::Status> task = below_->remove(key);
    co_return co_await disturb(std::move(task), fault, key);
  }

 private:
  // A Task is lazy: one that is not awaited never happens.
  template <typename T>
  base::Task<T> disturb(base::Task<T> task, StoreFault fault, std::string key) {
    if (fault.delay.count() > 0) co_await executor_.sleep_for(fault.delay);
    if (fault.kind == StoreFault::Kind::kRefused) co_return fault.status;
    T result = co_await task;
    if (fault.kind == StoreFault::Kind::kAnswerLost) co_return answer_lost(key);
    co_return result;
  }

  const std::unique_ptr<objectstore::ObjectStore> below_;
  base::Executor& executor_;
  const StoreFaultPlan plan_;
};

}  // namespace

std::unique_ptr<objectstore::ObjectStore> make_faulty_store(std::unique_ptr<objectstore::ObjectStore> below,
                                                            base::Executor& executor, StoreFaultPlan plan) {
  return std::make_unique<FaultyStore>(std::move(below), executor, std::move(plan));
}

StoreFaultPlan random_store_faults(base::Random& random, double refused, double answer_lost,
                                   base::nanoseconds delay_max) {
  return [&random, refused, answer_lost, delay_max](StoreOperation, const std::string& key) {
    StoreFault fault;
    const double drawn = random.next_unit();
    if (drawn < refused) {
      fault.kind = StoreFault::Kind::kRefused;
      fault.status = base::unavailable_error("object {}: refused (simulated)", key);
    } else if (drawn < refused + answer_lost) {
      fault.kind = StoreFault::Kind::kAnswerLost;
    }
    fault.delay =
        base::nanoseconds(static_cast<std::int64_t>(static_cast<double>(delay_max.count()) * random.next_unit()));
    return fault;
  };
}

}  // namespace cordwood::testing

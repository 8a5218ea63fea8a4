#include "testing/faulty_store.h"

#include <utility>

namespace cordwood::testing {
namespace {

using Bytes = std::shared_ptr<const std::string>;
using objectstore::ListPage;
using objectstore::ObjectInfo;

class FaultyStore final : public objectstore::ObjectStore {
 public:
  FaultyStore(std::unique_ptr<objectstore::ObjectStore> below, base::Executor& executor, StoreFaultPlan plan)
      : below_(std::move(below)), executor_(executor), plan_(std::move(plan)) {}

  base::Task<base::Status> put(std::string key, Bytes bytes) override {
    Fault fault = plan_(StoreOperation::kPut, key);
    base::Task<base::Status> task = below_->put(key, std::move(bytes));
    return run_with_fault(&executor_, std::move(task), std::move(fault), "object " + key);
  }
  base::Task<base::Status> put_if_absent(std::string key, Bytes bytes) override {
    Fault fault = plan_(StoreOperation::kPutIfAbsent, key);
    base::Task<base::Status> task = below_->put_if_absent(key, std::move(bytes));
    return run_with_fault(&executor_, std::move(task), std::move(fault), "object " + key);
  }
  base::Task<base::StatusOr<std::string>> get_range(std::string key, std::uint64_t offset,
                                                    std::uint64_t length) override {
    Fault fault = plan_(StoreOperation::kGetRange, key);
    base::Task<base::StatusOr<std::string>> task = below_->get_range(key, offset, length);
    return run_with_fault(&executor_, std::move(task), std::move(fault), "object " + key);
  }
  base::Task<base::StatusOr<ObjectInfo>> head(std::string key) override {
    Fault fault = plan_(StoreOperation::kHead, key);
    base::Task<base::StatusOr<ObjectInfo>> task = below_->head(key);
    return run_with_fault(&executor_, std::move(task), std::move(fault), "object " + key);
  }
  base::Task<base::StatusOr<ListPage>> list(std::string prefix, std::string start_after, std::size_t limit) override {
    Fault fault = plan_(StoreOperation::kList, prefix);
    base::Task<base::StatusOr<ListPage>> task = below_->list(prefix, std::move(start_after), limit);
    return run_with_fault(&executor_, std::move(task), std::move(fault), "object " + prefix);
  }
  base::Task<base::Status> remove(std::string key) override {
    Fault fault = plan_(StoreOperation::kRemove, key);
    base::Task<base::Status> task = below_->remove(key);
    return run_with_fault(&executor_, std::move(task), std::move(fault), "object " + key);
  }

 private:
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
  const FaultRates rates{refused, answer_lost, delay_max};
  return [&random, rates](StoreOperation, const std::string&) { return draw_fault(random, rates); };
}

}  // namespace cordwood::testing

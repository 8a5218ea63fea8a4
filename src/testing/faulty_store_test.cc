// The retrying store against a store that fails, with everything under virtual time.
#include "testing/faulty_store.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/metrics.h"
#include "base/sim_executor.h"
#include "base/sync.h"
#include "objectstore/counting_store.h"
#include "objectstore/mem/mem_store.h"
#include "objectstore/retrying_store.h"

namespace cordwood::testing {
namespace {

using objectstore::MemStore;
using objectstore::ObjectStore;
using Kind = Fault::Kind;

std::shared_ptr<const std::string> shared(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

class RetryTest : public ::testing::Test {
 protected:
  // The next requests get these faults, one each; later ones none.
  void plan(std::vector<Fault> faults) { faults_.assign(faults.begin(), faults.end()); }
  static Fault refused(base::StatusCode code = base::StatusCode::kUnavailable) {
    return {Kind::kRefused, base::make_status(code, "planned"), base::nanoseconds(0)};
  }
  static Fault lost() { return {Kind::kAnswerLost, {}, base::nanoseconds(0)}; }
  base::Status put_if_absent(const std::string& bytes) {
    return base::sync_wait(executor_, store_->put_if_absent("k", shared(bytes)));
  }

  base::SimExecutor executor_{11};
  base::SeededRandom random_{11};
  std::deque<Fault> faults_;
  int requests_ = 0;
  std::unique_ptr<ObjectStore> store_ = objectstore::make_retrying_store(
      make_faulty_store(std::make_unique<MemStore>(executor_), executor_,
                        [this](StoreOperation, const std::string&) {
                          ++requests_;
                          if (faults_.empty()) return Fault{};
                          Fault fault = faults_.front();
                          faults_.pop_front();
                          return fault;
                        }),
      executor_, random_,
      {.attempts_max = 4, .delay_first = std::chrono::seconds(1), .delay_max = std::chrono::seconds(3)});
};

TEST_F(RetryTest, UnavailableIsTriedAgainWithGrowingPauses) {
  plan({refused(), refused(), refused()});
  const auto before = executor_.clock().monotonic();
  EXPECT_TRUE(base::sync_wait(executor_, store_->put("k", shared("x"))).ok());
  const double seconds = static_cast<double>((executor_.clock().monotonic() - before).count()) * 1e-9;
  EXPECT_EQ(requests_, 4);
  EXPECT_GE(seconds, 0.5 + 1 + 1.5);
  EXPECT_LE(seconds, 1 + 2 + 3 + 0.001);
}

TEST_F(RetryTest, AttemptsAreBoundedAndTheLastErrorIsTheAnswer) {
  plan({refused(), refused(), refused(), refused(), refused()});
  EXPECT_EQ(base::sync_wait(executor_, store_->head("k")).status().code(), base::StatusCode::kUnavailable);
  EXPECT_EQ(requests_, 4);
}

TEST_F(RetryTest, OtherErrorsAreFinal) {
  plan({refused(base::StatusCode::kResourceExhausted)});
  EXPECT_EQ(base::sync_wait(executor_, store_->put("k", shared("x"))).code(), base::StatusCode::kResourceExhausted);
  plan({refused(base::StatusCode::kDataLoss)});
  EXPECT_EQ(base::sync_wait(executor_, store_->get_range("k", 0, 1)).status().code(), base::StatusCode::kDataLoss);
  EXPECT_EQ(requests_, 2);
}

TEST_F(RetryTest, ALostAnswerOfPutIfAbsentIsRecognisedAsOurs) {
  plan({lost()});
  EXPECT_TRUE(put_if_absent("ours").ok());
  plan({lost(), refused(), lost()});
  EXPECT_EQ(put_if_absent("other").code(), base::StatusCode::kAlreadyExists);
  EXPECT_EQ(put_if_absent("us!!").code(), base::StatusCode::kAlreadyExists);
}

TEST_F(RetryTest, AnObjectOfTheSameSizeThatIsNotOursIsNotTakenForIt) {
  ASSERT_TRUE(put_if_absent("AAAA").ok());
  plan({lost()});
  EXPECT_EQ(put_if_absent("BBBB").code(), base::StatusCode::kAlreadyExists);
}

base::Task<void> claim(ObjectStore* store, std::string key, std::string bytes, std::vector<std::string>* winners) {
  auto content = shared(bytes);
  const base::Status done = co_await store->put_if_absent(key, content);
  if (done.ok()) winners->push_back(bytes);
}
base::Task<void> join(base::TaskGroup* group) {
  co_await group->join();
}

// Whatever fails, the object in the end is that of the one who was told that he won.
TEST(FaultyStoreTest, RacersWithLostAnswersAgreeOnTheWinner) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    base::SimExecutor executor(seed);
    base::SeededRandom random(seed);
    auto mem = std::make_unique<MemStore>(executor);
    MemStore& truth = *mem;
    auto faulty = make_faulty_store(std::move(mem), executor,
                                    random_store_faults(random, 0.2, 0.3, std::chrono::milliseconds(80)));
    auto store = objectstore::make_retrying_store(std::move(faulty), executor, random, {.attempts_max = 50});
    std::vector<std::string> winners;
    base::TaskGroup group(executor);
    for (int i = 0; i < 5; ++i) group.spawn(claim(store.get(), "k", "of " + std::to_string(i), &winners));
    base::sync_wait(executor, join(&group));
    ASSERT_EQ(winners.size(), 1U) << "seed=" << seed;
    ASSERT_EQ(base::sync_wait(executor, truth.get_range("k", 0, 100)).value(), winners[0]) << "seed=" << seed;
  }
}

TEST(CountingStoreTest, CountsRequestsOutcomesAndBytes) {
  base::SimExecutor executor(1);
  base::MetricsRegistry metrics;
  auto store = objectstore::make_counting_store(std::make_unique<MemStore>(executor), executor.clock(), metrics);
  ASSERT_TRUE(base::sync_wait(executor, store->put("k", shared("12345"))).ok());
  ASSERT_TRUE(base::sync_wait(executor, store->get_range("k", 1, 2)).ok());
  ASSERT_FALSE(base::sync_wait(executor, store->get_range("none", 0, 2)).ok());
  const std::string text = metrics.prometheus_text();
  for (const char* line : {"cordwood_objectstore_requests_total{operation=\"put\",outcome=\"ok\"} 1\n",
                           "cordwood_objectstore_requests_total{operation=\"get_range\",outcome=\"not_found\"} 1\n",
                           "cordwood_objectstore_bytes_total{operation=\"put\"} 5\n",
                           "cordwood_objectstore_bytes_total{operation=\"get_range\"} 2\n",
                           "cordwood_objectstore_request_seconds_count{operation=\"get_range\"} 2\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace cordwood::testing

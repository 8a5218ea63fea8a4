#include "testing/faulty_catalog.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/sim_executor.h"
#include "catalog/mem/mem_catalog.h"

namespace cordwood::testing {
namespace {

class FaultyCatalogTest : public ::testing::Test {
 protected:
  base::StatusCode insert(const std::string& key, catalog::Catalog& catalog) {
    catalog::Change change;
    catalog::PartRow row;
    row.tenant = {"t"};
    row.object_key = key;
    row.times = {core::UnixNanos{1}, core::UnixNanos{2}};
    change.insert_parts = {row};
    return base::sync_wait(executor_, catalog.commit(change)).status().code();
  }
  std::size_t live() { return base::sync_wait(executor_, below_->snapshot(std::nullopt, {}))->parts.size(); }

  base::SimExecutor executor_{1};
  base::SeededRandom random_{1};
  std::unique_ptr<catalog::Catalog> below_ = catalog::make_mem_catalog(executor_, random_);
  std::deque<Fault> faults_;
  std::vector<std::string> methods_;
  std::unique_ptr<catalog::Catalog> faulty_ = make_faulty_catalog(*below_, executor_, [this](std::string_view method) {
    methods_.emplace_back(method);
    if (faults_.empty()) return Fault{};
    Fault fault = faults_.front();
    faults_.pop_front();
    return fault;
  });
};

TEST_F(FaultyCatalogTest, ARefusedCommitDidNotHappenAndALostAnswerDid) {
  faults_ = {{Fault::Kind::kRefused, base::resource_exhausted_error("full"), {}}, {Fault::Kind::kAnswerLost, {}, {}}};
  EXPECT_EQ(insert("a", *faulty_), base::StatusCode::kResourceExhausted);
  EXPECT_EQ(live(), 0U);
  EXPECT_EQ(insert("a", *faulty_), base::StatusCode::kUnavailable);
  EXPECT_EQ(live(), 1U);
  // Trying again finds out.
  EXPECT_EQ(insert("a", *faulty_), base::StatusCode::kAlreadyExists);
  EXPECT_EQ(methods_, (std::vector<std::string>{"commit", "commit", "commit"}));
}

TEST_F(FaultyCatalogTest, ASlowCallTakesVirtualTime) {
  faults_ = {{Fault::Kind::kNone, {}, std::chrono::hours(1)}};
  const auto before = executor_.clock().monotonic();
  EXPECT_EQ(base::sync_wait(executor_, faulty_->begin_node_epoch("n")).value(), 1U);
  EXPECT_EQ(executor_.clock().monotonic() - before, base::nanoseconds(std::chrono::hours(1)));
}

TEST(FaultTest, RatesAreMet) {
  base::SeededRandom random(1);
  const FaultRates rates{0.2, 0.3, std::chrono::milliseconds(10)};
  int refused = 0;
  int lost = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Fault fault = draw_fault(random, rates);
    refused += fault.kind == Fault::Kind::kRefused ? 1 : 0;
    lost += fault.kind == Fault::Kind::kAnswerLost ? 1 : 0;
    EXPECT_LE(fault.delay, rates.delay_max);
  }
  EXPECT_NEAR(refused, 2000, 200);
  EXPECT_NEAR(lost, 3000, 200);
}

}  // namespace
}  // namespace cordwood::testing

#include "api/query_gate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/sim_executor.h"

namespace cordwood::api {
namespace {

using namespace std::chrono_literals;

class QueryGateTest : public ::testing::Test {
 protected:
  struct Log {
    std::vector<std::string> done;
    std::vector<std::string> failed;
    std::size_t running = 0;
    std::size_t most = 0;
  };
  // A query of `tenant` that takes a second.
  static base::Task<void> query(base::Executor* executor, QueryGate* gate, std::string tenant, base::CancelToken cancel,
                                Log* log) {
    core::TenantId id{tenant};
    base::StatusOr<QueryPermit> permit = co_await gate->enter(std::move(id), cancel);
    if (!permit.ok()) {
      log->failed.push_back(tenant + " " + std::string(base::message_of(permit.status())));
      co_return;
    }
    log->most = std::max(log->most, ++log->running);
    co_await executor->sleep_for(1s);
    --log->running;
    log->done.push_back(tenant);
  }
  static base::Task<void> wait(base::Executor* executor, base::nanoseconds time) { co_await executor->sleep_for(time); }
  void start(QueryGate& gate, const std::string& tenant, base::CancelToken cancel = {}) {
    executor_.spawn(query(&executor_, &gate, tenant, cancel, &log_));
  }
  void pass(base::nanoseconds time) { base::sync_wait(executor_, wait(&executor_, time)); }

  base::SimExecutor executor_{1};
  base::MetricsRegistry metrics_;
  core::Limits limits_;
  Log log_;
};

TEST_F(QueryGateTest, AnotherTenantDoesNotStandBehindThousand) {
  QueryGate gate(executor_, metrics_, 4, limits_);
  for (int i = 0; i < 40; ++i) start(gate, "a");
  pass(100ms);
  EXPECT_EQ(log_.running, 3U);  // one place is left for others
  start(gate, "b");
  start(gate, "b");
  pass(2500ms);
  EXPECT_EQ(std::count(log_.done.begin(), log_.done.end(), "b"), 2);
  EXPECT_LT(log_.done.size(), 12U);
  EXPECT_LE(log_.most, 4U);
  pass(60s);
  EXPECT_EQ(log_.done.size(), 42U);
  EXPECT_EQ(log_.running, 0U);
}

TEST_F(QueryGateTest, WaitingTenantsTakeTurns) {
  QueryGate gate(executor_, metrics_, 1, limits_);
  for (const char* tenant : {"a", "a", "a", "b", "b", "c"}) {
    start(gate, tenant);
    pass(1ms);
  }
  pass(10s);
  EXPECT_EQ(log_.done, (std::vector<std::string>{"a", "a", "b", "c", "a", "b"}));
}

TEST_F(QueryGateTest, TheLineHasAnEnd) {
  limits_.queries_waiting_max = 2;
  QueryGate gate(executor_, metrics_, 1, limits_);
  for (int i = 0; i < 4; ++i) {
    start(gate, "a");
    pass(1ms);
  }
  EXPECT_EQ(log_.failed, std::vector<std::string>{"a too many outstanding requests"});
  pass(10s);
  EXPECT_EQ(log_.done.size(), 3U);
}

TEST_F(QueryGateTest, WhoLeavesLosesHisPlace) {
  QueryGate gate(executor_, metrics_, 1, limits_);
  base::CancelToken left;
  start(gate, "a");
  pass(1ms);
  start(gate, "b", left);
  start(gate, "c");
  left.cancel();
  pass(500ms);
  EXPECT_EQ(log_.failed, std::vector<std::string>{"b the request was cancelled by the client"});
  pass(10s);
  EXPECT_EQ(log_.done, (std::vector<std::string>{"a", "c"}));
  // Nothing is left behind: a new one enters at once.
  start(gate, "b");
  pass(1100ms);
  EXPECT_EQ(log_.done.back(), "b");
}

}  // namespace
}  // namespace cordwood::api

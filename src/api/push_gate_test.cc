#include "api/push_gate.h"

#include <gtest/gtest.h>

namespace cordwood::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Batch {
  explicit Batch(std::size_t line_bytes, std::vector<std::string> streams = {"a"}) : line(line_bytes, 'x') {
    for (std::string& name : streams) {
      auto labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"app", std::move(name)}});
      batch.streams.push_back({labels, labels->stream_id()});
    }
    batch.records.emplace_back();
    batch.records[0].line = line;
  }
  std::string line;
  core::RecordBatch batch;
};

class PushGateTest : public ::testing::Test {
 protected:
  bool admits(const Batch& batch, std::string tenant = "t") {
    last = gate.admit({std::move(tenant)}, batch.batch, now);
    return !last.refused();
  }
  core::Limits limits;
  base::MetricsRegistry metrics;
  PushGate gate{metrics, limits};
  base::MonotonicNanos now{1'000'000'000'000};
  PushGate::Refusal last;
};

TEST_F(PushGateTest, WithoutLimitsEverythingPasses) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(admits(Batch(1 << 20, {std::to_string(i)})));
}

TEST_F(PushGateTest, TheRateHoldsOverTimeAndForEachTenant) {
  limits.ingestion_rate_bytes = 1000;
  limits.ingestion_burst_bytes = 3000;
  EXPECT_TRUE(admits(Batch(3000)));
  EXPECT_FALSE(admits(Batch(2500)));
  EXPECT_EQ(last.retry_after, seconds(3));
  EXPECT_NE(last.text.find("Ingestion rate limit exceeded for user t (limit: 1000 bytes/sec) while attempting to "
                           "ingest '1' lines totaling '2500' bytes"),
            std::string::npos)
      << last.text;
  EXPECT_TRUE(admits(Batch(3000), "another"));
  now = now + milliseconds(2499);
  EXPECT_FALSE(admits(Batch(2500)));
  now = now + milliseconds(2);
  EXPECT_TRUE(admits(Batch(2500)));
}

TEST_F(PushGateTest, ABatchLargerThanTheBurstPassesAndIsPaidFor) {
  limits.ingestion_rate_bytes = 1000;
  EXPECT_TRUE(admits(Batch(5000)));
  now = now + seconds(4);
  EXPECT_FALSE(admits(Batch(1)));
  now = now + seconds(2);
  EXPECT_TRUE(admits(Batch(1)));
}

TEST_F(PushGateTest, StreamsAreLimitedWhileTheyAreActive) {
  limits.streams_per_tenant_max = 2;
  EXPECT_TRUE(admits(Batch(1, {"a"})));
  EXPECT_FALSE(admits(Batch(1, {"b", "c"}))) << "all of it or nothing";
  EXPECT_NE(last.text.find("Maximum active stream limit exceeded when trying to create stream {app=\"c\"}"),
            std::string::npos)
      << last.text;
  EXPECT_TRUE(admits(Batch(1, {"b"})));
  EXPECT_FALSE(admits(Batch(1, {"c"})));
  EXPECT_TRUE(admits(Batch(1, {"c"}), "another"));
  now = now + std::chrono::minutes(90);
  EXPECT_TRUE(admits(Batch(1, {"a"})));
  now = now + std::chrono::minutes(40);
  EXPECT_TRUE(admits(Batch(1, {"c"}))) << "b has been quiet";
  EXPECT_FALSE(admits(Batch(1, {"b"})));
}

}  // namespace
}  // namespace cordwood::api

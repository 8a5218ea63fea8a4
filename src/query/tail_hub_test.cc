#include "query/tail_hub.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sim_executor.h"

namespace cordwood::query {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

class FakeSink final : public core::RecordSink {
 public:
  explicit FakeSink(base::Executor& executor) : executor_(executor) {}
  base::Task<base::StatusOr<core::AppendResult>> append(core::AppendRequest) override {
    co_await executor_.sleep_for(1ms);
    if (!error.ok()) co_return error;
    core::AppendResult copy = answer;
    co_return copy;
  }
  base::Status error = base::ok_status();
  core::AppendResult answer;

 private:
  base::Executor& executor_;
};

class TailHubTest : public ::testing::Test {
 protected:
  // A push of one line a text, all in the stream {app=APP}.
  core::AppendRequest push(const std::string& app, const std::vector<std::string>& lines) {
    core::AppendRequest request;
    request.tenant = core::TenantId::default_tenant();
    auto text = std::make_shared<std::vector<std::string>>(lines);
    auto labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"app", app}});
    request.batch.streams = {{labels, labels->stream_id()}};
    for (const std::string& line : *text) {
      core::Record record;
      record.time = {++time_};
      record.line = line;
      request.batch.records.push_back(record);
    }
    request.batch.buffers = {text};
    return request;
  }
  base::StatusOr<core::AppendResult> append(core::AppendRequest request) {
    return base::sync_wait(executor_, hub_.append(std::move(request)));
  }
  std::unique_ptr<core::TailSubscription> tail(const std::string& query) {
    core::TailRequest request{core::TenantId::default_tenant(), query, core::LevelUse::kNever};
    auto made = hub_.subscribe(std::move(request));
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *std::move(made) : nullptr;
  }
  std::vector<std::string> lines(core::TailSubscription& from) {
    const core::TailBatch batch = base::sync_wait(executor_, from.next(10ms));
    dropped_ = batch.dropped_count;
    std::vector<std::string> out;
    for (const core::Row& row : batch.rows) out.push_back(row.line);
    return out;
  }

  base::SimExecutor executor_{1};
  base::MetricsRegistry metrics_;
  core::Limits limits_;
  FakeSink sink_{executor_};
  TailHub hub_{sink_, executor_, metrics_, limits_};
  std::int64_t time_ = 0;
  std::uint64_t dropped_ = 0;
};

TEST_F(TailHubTest, EachTailGetsWhatMatchesOnceAndInOrder) {
  auto a = tail(R"({app="a"})");
  auto filtered = tail(R"({app=~"a|b"} |= "x" | logfmt | n > 1)");
  EXPECT_TRUE(append(push("a", {"x n=1", "x n=2", "n=3"})).ok());
  EXPECT_TRUE(append(push("b", {"x n=4"})).ok());
  EXPECT_TRUE(append(push("c", {"x n=5"})).ok());
  EXPECT_THAT(lines(*a), ElementsAre("x n=1", "x n=2", "n=3"));
  EXPECT_THAT(lines(*filtered), ElementsAre("x n=2", "x n=4"));
  EXPECT_THAT(lines(*a), ElementsAre());
  // A tail that comes later sees what comes later.
  auto late = tail(R"({app="a"})");
  EXPECT_TRUE(append(push("a", {"new"})).ok());
  EXPECT_THAT(lines(*late), ElementsAre("new"));
  EXPECT_THAT(lines(*a), ElementsAre("new"));
}

TEST_F(TailHubTest, OnlyWhatWasStored) {
  auto a = tail(R"({app="a"})");
  sink_.error = base::unavailable_error("disk");
  EXPECT_FALSE(append(push("a", {"lost"})).ok());
  sink_.error = base::ok_status();
  sink_.answer.repeated = true;
  EXPECT_TRUE(append(push("a", {"again"})).ok());
  sink_.answer.repeated = false;
  sink_.answer.verdicts = {core::SliceStored{}, core::SliceAt{}, core::SliceStored{}};
  core::AppendRequest sliced = push("a", {"0", "1", "2", "3"});
  sliced.batch.slices.resize(3);
  sliced.batch.slices[0].record_end = 1;
  sliced.batch.slices[1].record_begin = 1;
  sliced.batch.slices[1].record_end = 3;
  sliced.batch.slices[2].record_begin = 3;
  sliced.batch.slices[2].record_end = 4;
  EXPECT_TRUE(append(std::move(sliced)).ok());
  EXPECT_THAT(lines(*a), ElementsAre("0", "3"));
}

TEST_F(TailHubTest, AnotherTenantsRowsAreNotSeen) {
  auto a = tail(R"({app="a"})");
  core::AppendRequest other = push("a", {"secret"});
  other.tenant = {"other"};
  EXPECT_TRUE(append(std::move(other)).ok());
  EXPECT_THAT(lines(*a), ElementsAre());
}

TEST_F(TailHubTest, ASlowReaderIsToldWhatItMissed) {
  auto slow = tail(R"({app="a"})");
  auto quick = tail(R"({app="a"})");
  const std::string big(1 << 20, 'x');
  std::size_t quick_rows = 0;
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(append(push("a", {big})).ok());
    quick_rows += lines(*quick).size();
    EXPECT_EQ(dropped_, 0U);
  }
  EXPECT_EQ(quick_rows, 10U);
  const std::size_t slow_rows = lines(*slow).size();
  EXPECT_LE(slow_rows * big.size(), TailHub::kQueueBytesMax);
  EXPECT_EQ(slow_rows + dropped_, 10U);
  EXPECT_TRUE(append(push("a", {"after"})).ok());
  EXPECT_THAT(lines(*slow), ElementsAre("after"));
  EXPECT_EQ(dropped_, 0U);
}

TEST_F(TailHubTest, LimitsAndBadQueries) {
  const auto subscribe = [&](const std::string& query) {
    core::TailRequest request{core::TenantId::default_tenant(), query, core::LevelUse::kNever};
    return hub_.subscribe(std::move(request)).status().code();
  };
  EXPECT_EQ(subscribe("{"), base::StatusCode::kInvalidArgument);
  EXPECT_EQ(subscribe("rate({app=\"a\"}[1m])"), base::StatusCode::kInvalidArgument);
  std::vector<std::unique_ptr<core::TailSubscription>> all;
  for (std::uint32_t i = 0; i < limits_.tails_max; ++i) all.push_back(tail(fmt::format("{{app=\"a{}\"}}", i)));
  EXPECT_EQ(subscribe("{app=\"a\"}"), base::StatusCode::kResourceExhausted);
  all.pop_back();
  EXPECT_EQ(subscribe("{app=\"a\"}"), base::StatusCode::kOk);
  EXPECT_TRUE(append(push("a7", {"seven"})).ok());
  EXPECT_THAT(lines(*all[7]), ElementsAre("seven"));
  EXPECT_THAT(lines(*all[8]), ElementsAre());
}

}  // namespace
}  // namespace cordwood::query

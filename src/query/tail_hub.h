// TailHub: live tails fed where rows come in. It stands in front of the store as the door for records; what the store
// acknowledged goes to the subscribers whose selectors match.
//
// A push pays for the copy of its rows of streams that somebody tails, and for nothing else: filters and parsers run
// where the tail is read. Each subscriber holds at most kQueueBytesMax of rows that it has not read; what comes then is
// counted and named instead.
#pragma once

#include <cstddef>
#include <memory>

#include "base/executor.h"
#include "base/metrics.h"
#include "core/limits.h"
#include "core/record_sink.h"
#include "core/tail.h"

namespace cordwood::query {

// Thread-safe. `sink`, `executor` and `metrics` must outlive it, and it its subscriptions.
class TailHub final : public core::RecordSink, public core::Tailer {
 public:
  static constexpr std::size_t kQueueBytesMax = 4 << 20;

  TailHub(core::RecordSink& sink, base::Executor& executor, base::MetricsRegistry& metrics, const core::Limits& limits);
  ~TailHub() override;

  base::Task<base::StatusOr<core::AppendResult>> append(core::AppendRequest request) override;
  base::StatusOr<std::unique_ptr<core::TailSubscription>> subscribe(core::TailRequest request) override;

 private:
  struct State;
  core::RecordSink& sink_;
  const std::shared_ptr<State> state_;
};

}  // namespace cordwood::query

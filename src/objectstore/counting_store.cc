#include "objectstore/counting_store.h"

#include <utility>

namespace cordwood::objectstore {
namespace {

using Bytes = std::shared_ptr<const std::string>;

// The metrics of one operation. The counters of outcomes are looked up in the registry: requests are rare enough.
class Meter {
 public:
  Meter(std::string_view operation, base::Clock& clock, base::MetricsRegistry& metrics)
      : operation_(operation),
        clock_(clock),
        metrics_(metrics),
        seconds_(metrics.histogram("cordwood_objectstore_request_seconds", "duration of object store requests",
                                   {{"operation", operation_}})),
        bytes_(metrics.counter("cordwood_objectstore_bytes_total", "bytes of objects written and read",
                               {{"operation", operation_}})) {}

  base::MonotonicNanos start() const { return clock_.monotonic(); }
  void finish(base::MonotonicNanos started, base::StatusCode code, std::uint64_t bytes) {
    seconds_.observe_nanos((clock_.monotonic() - started).count());
    metrics_
        .counter("cordwood_objectstore_requests_total", "object store requests by outcome",
                 {{"operation", operation_}, {"outcome", std::string(base::code_name(code))}})
        .add();
    if (code == base::StatusCode::kOk) bytes_.add(bytes);
  }

 private:
  const std::string operation_;
  base::Clock& clock_;
  base::MetricsRegistry& metrics_;
  base::Histogram& seconds_;
  base::Counter& bytes_;
};

class CountingStore final : public ObjectStore {
 public:
  CountingStore(std::unique_ptr<ObjectStore> below, base::Clock& clock, base::MetricsRegistry& metrics)
      : below_(std::move(below)),
        put_("put", clock, metrics),
        put_if_absent_("put_if_absent", clock, metrics),
        get_("get_range", clock, metrics),
        head_("head", clock, metrics),
        list_("list", clock, metrics),
        remove_("remove", clock, metrics) {}

  base::Task<base::Status> put(std::string key, Bytes bytes) override {
    const auto started = put_.start();
    const std::size_t size = bytes->size();
    base::Status done = co_await below_->put(std::move(key), std::move(bytes));
    put_.finish(started, done.code(), size);
    co_return done;
  }

  base::Task<base::Status> put_if_absent(std::string key, Bytes bytes) override {
    const auto started = put_if_absent_.start();
    const std::size_t size = bytes->size();
    base::Status done = co_await below_->put_if_absent(std::move(key), std::move(bytes));
    put_if_absent_.finish(started, done.code(), size);
    co_return done;
  }

  base::Task<base::StatusOr<std::string>> get_range(std::string key, std::uint64_t offset,
                                                    std::uint64_t length) override {
    const auto started = get_.start();
    auto result = co_await below_->get_range(std::move(key), offset, length);
    get_.finish(started, result.status().code(), result.ok() ? result->size() : 0);
    co_return result;
  }

  base::Task<base::StatusOr<ObjectInfo>> head(std::string key) override {
    const auto started = head_.start();
    auto result = co_await below_->head(std::move(key));
    head_.finish(started, result.status().code(), 0);
    co_return result;
  }

  base::Task<base::StatusOr<ListPage>> list(std::string prefix, std::string start_after, std::size_t limit) override {
    const auto started = list_.start();
    auto result = co_await below_->list(std::move(prefix), std::move(start_after), limit);
    list_.finish(started, result.status().code(), 0);
    co_return result;
  }

  base::Task<base::Status> remove(std::string key) override {
    const auto started = remove_.start();
    base::Status done = co_await below_->remove(std::move(key));
    remove_.finish(started, done.code(), 0);
    co_return done;
  }

 private:
  const std::unique_ptr<ObjectStore> below_;
  Meter put_;
  Meter put_if_absent_;
  Meter get_;
  Meter head_;
  Meter list_;
  Meter remove_;
};

}  // namespace

std::unique_ptr<ObjectStore> make_counting_store(std::unique_ptr<ObjectStore> below, base::Clock& clock,
                                                 base::MetricsRegistry& metrics) {
  return std::make_unique<CountingStore>(std::move(below), clock, metrics);
}

}  // namespace cordwood::objectstore

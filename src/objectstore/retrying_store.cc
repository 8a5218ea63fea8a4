#include "objectstore/retrying_store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace cordwood::objectstore {
namespace {

using Bytes = std::shared_ptr<const std::string>;

// The attempts of one operation.
class Attempts {
 public:
  Attempts(base::Executor& executor, base::Random& random, const RetryOptions& options)
      : executor_(executor), random_(random), options_(options), delay_(options.delay_first) {}

  // Waits before the next attempt and gives true, or gives false when `status` is final.
  base::Task<bool> again(base::StatusCode code) {
    if (code != base::StatusCode::kUnavailable || ++made_ >= options_.attempts_max) co_return false;
    const double share = 0.5 + random_.next_unit() / 2;
    const base::nanoseconds pause(static_cast<std::int64_t>(static_cast<double>(delay_.count()) * share));
    delay_ = std::min(delay_ * 2, options_.delay_max);
    co_await executor_.sleep_for(pause);
    co_return true;
  }
  bool first() const { return made_ == 0; }

 private:
  base::Executor& executor_;
  base::Random& random_;
  const RetryOptions& options_;
  base::nanoseconds delay_;
  std::size_t made_ = 0;
};

class RetryingStore final : public ObjectStore {
 public:
  RetryingStore(std::unique_ptr<ObjectStore> below, base::Executor& executor, base::Random& random,
                RetryOptions options)
      : below_(std::move(below)), executor_(executor), random_(random), options_(options) {
    CHECK(options.attempts_max > 0);
  }

  base::Task<base::Status> put(std::string key, Bytes bytes) override {
    Attempts attempts(executor_, random_, options_);
    while (true) {
      base::Status done = co_await below_->put(key, bytes);
      const bool again = co_await attempts.again(done.code());
      if (!again) co_return done;
    }
  }

  base::Task<base::Status> put_if_absent(std::string key, Bytes bytes) override {
    Attempts attempts(executor_, random_, options_);
    while (true) {
      base::Status done = co_await below_->put_if_absent(key, bytes);
      if (done.code() == base::StatusCode::kAlreadyExists && !attempts.first()) {
        const base::Status ours = co_await compare(key, bytes);
        if (ours.code() != base::StatusCode::kUnavailable) co_return ours;
        done = ours;
      }
      const bool again = co_await attempts.again(done.code());
      if (!again) co_return done;
    }
  }

  base::Task<base::StatusOr<std::string>> get_range(std::string key, std::uint64_t offset,
                                                    std::uint64_t length) override {
    Attempts attempts(executor_, random_, options_);
    while (true) {
      auto result = co_await below_->get_range(key, offset, length);
      const bool again = co_await attempts.again(result.status().code());
      if (!again) co_return result;
    }
  }

  base::Task<base::StatusOr<ObjectInfo>> head(std::string key) override {
    Attempts attempts(executor_, random_, options_);
    while (true) {
      auto result = co_await below_->head(key);
      const bool again = co_await attempts.again(result.status().code());
      if (!again) co_return result;
    }
  }

  base::Task<base::StatusOr<ListPage>> list(std::string prefix, std::string start_after, std::size_t limit) override {
    Attempts attempts(executor_, random_, options_);
    while (true) {
      auto result = co_await below_->list(prefix, start_after, limit);
      const bool again = co_await attempts.again(result.status().code());
      if (!again) co_return result;
    }
  }

  base::Task<base::Status> remove(std::string key) override {
    Attempts attempts(executor_, random_, options_);
    while (true) {
      base::Status done = co_await below_->remove(key);
      const bool again = co_await attempts.again(done.code());
      if (!again) co_return done;
    }
  }

 private:
  // Ok when the object has exactly our bytes: an earlier attempt wrote it although its answer was lost.
  base::Task<base::Status> compare(std::string key, Bytes bytes) {
    const auto info = co_await below_->head(key);
    if (!info.ok()) co_return found_nothing(info.status(), key);
    if (info->bytes != bytes->size()) co_return exists(key);
    const auto found = co_await below_->get_range(key, 0, info->bytes);
    if (!found.ok()) co_return found_nothing(found.status(), key);
    co_return *found == *bytes ? base::ok_status() : exists(key);
  }
  static base::Status exists(const std::string& key) {
    return base::already_exists_error("object {}: there is another one", key);
  }
  // An object that was removed in between: trying again decides.
  static base::Status found_nothing(const base::Status& status, const std::string& key) {
    if (status.code() != base::StatusCode::kNotFound) return status;
    return base::unavailable_error("object {}: it was there and is gone", key);
  }

  const std::unique_ptr<ObjectStore> below_;
  base::Executor& executor_;
  base::Random& random_;
  const RetryOptions options_;
};

}  // namespace

std::unique_ptr<ObjectStore> make_retrying_store(std::unique_ptr<ObjectStore> below, base::Executor& executor,
                                                 base::Random& random, RetryOptions options) {
  return std::make_unique<RetryingStore>(std::move(below), executor, random, options);
}

}  // namespace cordwood::objectstore

// An ObjectStore that passes everything on to another which it does not own; a test overrides what it watches.
#pragma once

#include <memory>
#include <utility>

#include "objectstore/object_store.h"

namespace cordwood::testing {

class PassingStore : public objectstore::ObjectStore {
 public:
  explicit PassingStore(objectstore::ObjectStore& below) : below_(below) {}
  base::Task<base::Status> put(std::string key, std::shared_ptr<const std::string> bytes) override {
    return below_.put(std::move(key), std::move(bytes));
  }
  base::Task<base::Status> put_if_absent(std::string key, std::shared_ptr<const std::string> bytes) override {
    return below_.put_if_absent(std::move(key), std::move(bytes));
  }
  base::Task<base::StatusOr<std::string>> get_range(std::string key, std::uint64_t offset,
                                                    std::uint64_t length) override {
    return below_.get_range(std::move(key), offset, length);
  }
  base::Task<base::StatusOr<objectstore::ObjectInfo>> head(std::string key) override {
    return below_.head(std::move(key));
  }
  base::Task<base::StatusOr<objectstore::ListPage>> list(std::string prefix, std::string start_after,
                                                         std::size_t limit) override {
    return below_.list(std::move(prefix), std::move(start_after), limit);
  }
  base::Task<base::Status> remove(std::string key) override { return below_.remove(std::move(key)); }

 private:
  objectstore::ObjectStore& below_;
};

}  // namespace cordwood::testing

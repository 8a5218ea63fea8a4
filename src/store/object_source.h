#pragma once

#include <string>

#include "objectstore/object_store.h"
#include "segment/byte_source.h"

namespace cordwood::store {

// A stored object as the segment reader wants it. `objects` must outlive it.
class ObjectSource final : public segment::ByteSource {
 public:
  ObjectSource(objectstore::ObjectStore& objects, std::string key, std::uint64_t bytes)
      : objects_(objects), key_(std::move(key)), bytes_(bytes) {}
  std::string_view name() const override { return key_; }
  std::uint64_t size() const override { return bytes_; }
  base::Task<base::StatusOr<std::string>> read(std::uint64_t offset, std::uint64_t length) override {
    std::string key = key_;
    return objects_.get_range(std::move(key), offset, length);
  }

 private:
  objectstore::ObjectStore& objects_;
  const std::string key_;
  const std::uint64_t bytes_;
};

}  // namespace cordwood::store

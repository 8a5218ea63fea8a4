// ObjectStore: immutable named blobs. Backends: a local directory, memory, S3. Names and operations are S3's, so
// nothing here assumes one machine: a separator in a key means nothing, there is no rename and no append.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/task.h"

namespace cordwood::objectstore {

struct ObjectInfo {
  std::string key;
  std::uint64_t bytes = 0;
};

struct ListPage {
  std::vector<ObjectInfo> objects;  // sorted by key
  std::optional<std::string> next;  // pass as `start_after` for the next page; none = the end
};

// Keys: 1 to 900 bytes of [A-Za-z0-9!_.*'()/=-], no empty, "." or ".." element between slashes (InvalidArgument
// otherwise). All methods are thread-safe. Errors: NotFound, AlreadyExists, InvalidArgument, ResourceExhausted (no
// space), Unavailable (try again; the operation may or may not have happened), DataLoss (the medium failed).
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Durable and visible under `key` when it ends; replaces an older object at once or not at all.
  virtual base::Task<base::Status> put(std::string key, std::shared_ptr<const std::string> bytes) = 0;
  // As put, but AlreadyExists when there is an object: of several racing callers exactly one succeeds.
  virtual base::Task<base::Status> put_if_absent(std::string key, std::shared_ptr<const std::string> bytes) = 0;
  // Bytes [offset, offset + length) of the object, cut at its end; "" at the end, OutOfRange past it.
  virtual base::Task<base::StatusOr<std::string>> get_range(std::string key, std::uint64_t offset,
                                                            std::uint64_t length) = 0;
  virtual base::Task<base::StatusOr<ObjectInfo>> head(std::string key) = 0;
  // Up to `limit` (1 to 1000) objects whose key starts with `prefix`, after `start_after`.
  virtual base::Task<base::StatusOr<ListPage>> list(std::string prefix, std::string start_after, std::size_t limit) = 0;
  // Deleting what does not exist succeeds.
  virtual base::Task<base::Status> remove(std::string key) = 0;
};

inline constexpr std::size_t kListLimitMax = 1000;

// For backends: InvalidArgument unless `key` follows the rules above.
base::Status check_object_key(std::string_view key);
// InvalidArgument unless 1 <= limit <= kListLimitMax.
base::Status check_list_limit(std::size_t limit);

}  // namespace cordwood::objectstore

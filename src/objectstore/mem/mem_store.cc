#include "objectstore/mem/mem_store.h"

#include <algorithm>
#include <utility>

namespace cordwood::objectstore {
namespace {

base::Status no_object(std::string_view key) {
  return base::not_found_error("object {}: there is none", key);
}

}  // namespace

base::Task<base::Status> MemStore::put(std::string key, std::shared_ptr<const std::string> bytes) {
  CO_RETURN_IF_ERROR(check_object_key(key));
  co_await executor_.yield();
  base::MutexLock lock(mutex_);
  objects_[key] = std::move(bytes);
  co_return base::ok_status();
}

base::Task<base::Status> MemStore::put_if_absent(std::string key, std::shared_ptr<const std::string> bytes) {
  CO_RETURN_IF_ERROR(check_object_key(key));
  co_await executor_.yield();
  base::MutexLock lock(mutex_);
  if (!objects_.emplace(key, std::move(bytes)).second) {
    co_return base::already_exists_error("object {}: there is one", key);
  }
  co_return base::ok_status();
}

base::Task<base::StatusOr<std::string>> MemStore::get_range(std::string key, std::uint64_t offset,
                                                            std::uint64_t length) {
  CO_RETURN_IF_ERROR(check_object_key(key));
  co_await executor_.yield();
  base::MutexLock lock(mutex_);
  const auto it = objects_.find(key);
  if (it == objects_.end()) co_return no_object(key);
  const std::string& bytes = *it->second;
  if (offset > bytes.size()) {
    co_return base::out_of_range_error("object {}: read: offset={} is past the end: bytes={}", key, offset,
                                       bytes.size());
  }
  co_return bytes.substr(offset, std::min<std::uint64_t>(length, bytes.size() - offset));
}

base::Task<base::StatusOr<ObjectInfo>> MemStore::head(std::string key) {
  CO_RETURN_IF_ERROR(check_object_key(key));
  co_await executor_.yield();
  base::MutexLock lock(mutex_);
  const auto it = objects_.find(key);
  if (it == objects_.end()) co_return no_object(key);
  ObjectInfo info{key, it->second->size()};
  co_return info;
}

base::Task<base::StatusOr<ListPage>> MemStore::list(std::string prefix, std::string start_after, std::size_t limit) {
  CO_RETURN_IF_ERROR(check_list_limit(limit));
  co_await executor_.yield();
  base::MutexLock lock(mutex_);
  ListPage page;
  auto it = start_after >= prefix ? objects_.upper_bound(start_after) : objects_.lower_bound(prefix);
  for (; it != objects_.end() && it->first.starts_with(prefix); ++it) {
    if (page.objects.size() == limit) {
      page.next = page.objects.back().key;
      break;
    }
    page.objects.push_back({it->first, it->second->size()});
  }
  co_return page;
}

base::Task<base::Status> MemStore::remove(std::string key) {
  CO_RETURN_IF_ERROR(check_object_key(key));
  co_await executor_.yield();
  base::MutexLock lock(mutex_);
  objects_.erase(key);
  co_return base::ok_status();
}

}  // namespace cordwood::objectstore

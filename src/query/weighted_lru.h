// The things used last, as many as fit in a number of bytes.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <utility>

namespace cordwood::query {

// Values are copied out, so make them shared pointers. What is larger than the whole is not kept. Not thread-safe.
template <typename Key, typename Value>
class WeightedLru {
 public:
  explicit WeightedLru(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  std::optional<Value> get(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, found->second.place);
    return found->second.value;
  }
  void put(const Key& key, Value value, std::size_t bytes) {
    erase(key);
    if (bytes > bytes_max_) return;
    order_.push_front(key);
    entries_.emplace(key, Entry{std::move(value), bytes, order_.begin()});
    bytes_ += bytes;
    while (bytes_ > bytes_max_) {
      const Key oldest = order_.back();
      erase(oldest);
    }
  }
  void erase(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    bytes_ -= found->second.bytes;
    order_.erase(found->second.place);
    entries_.erase(found);
  }
  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Value value;
    std::size_t bytes;
    typename std::list<Key>::iterator place;
  };
  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::list<Key> order_;  // last used first
  std::map<Key, Entry> entries_;
};

}  // namespace cordwood::query

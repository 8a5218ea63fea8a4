// What every ObjectStore must do. Include it from one *_test.cc of a binary and instantiate ObjectStoreConformance.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/sync.h"
#include "objectstore/object_store.h"

namespace cordwood::objectstore {

// An empty store and what it runs on; all go away with it.
struct StoreUnderTest {
  virtual ~StoreUnderTest() = default;
  virtual base::Executor& executor() = 0;
  virtual ObjectStore& store() = 0;
};
using StoreFactory = std::function<std::unique_ptr<StoreUnderTest>()>;

class ObjectStoreConformance : public testing::TestWithParam<StoreFactory> {
 protected:
  static std::shared_ptr<const std::string> shared(std::string bytes) {
    return std::make_shared<const std::string>(std::move(bytes));
  }
  base::Status put(const std::string& key, const std::string& bytes) { return wait(store_.put(key, shared(bytes))); }
  base::Status put_if_absent(const std::string& key, const std::string& bytes) {
    return wait(store_.put_if_absent(key, shared(bytes)));
  }
  // The object's bytes, or the name of the error's code.
  std::string get(const std::string& key, std::uint64_t offset = 0, std::uint64_t length = 1 << 30) {
    auto bytes = wait(store_.get_range(key, offset, length));
    return bytes.ok() ? *bytes : std::string(base::code_name(bytes.status().code()));
  }
  base::Status remove(const std::string& key) { return wait(store_.remove(key)); }
  // Keys of all pages of `limit`.
  std::vector<std::string> list(const std::string& prefix, std::size_t limit = 1000) {
    std::vector<std::string> keys;
    std::string after;
    while (true) {
      auto page = wait(store_.list(prefix, after, limit));
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return keys;
      EXPECT_LE(page->objects.size(), limit);
      for (const ObjectInfo& object : page->objects) keys.push_back(object.key);
      if (!page->next.has_value()) return keys;
      EXPECT_EQ(page->objects.size(), limit);
      after = *page->next;
    }
  }
  template <typename T>
  T wait(base::Task<T> task) {
    return base::sync_wait(under_test_->executor(), std::move(task));
  }

  const std::unique_ptr<StoreUnderTest> under_test_ = GetParam()();
  ObjectStore& store_ = under_test_->store();
};

TEST_P(ObjectStoreConformance, PutReplacesWholeObjects) {
  EXPECT_EQ(get("a"), "not_found");
  ASSERT_TRUE(put("a", "first, longer").ok());
  EXPECT_EQ(get("a"), "first, longer");
  ASSERT_TRUE(put("a", "second").ok());
  EXPECT_EQ(get("a"), "second");
  ASSERT_TRUE(put("a", "").ok());
  EXPECT_EQ(get("a"), "");
  EXPECT_EQ(wait(store_.head("a"))->bytes, 0U);
}

TEST_P(ObjectStoreConformance, PutIfAbsentKeepsWhatIsThere) {
  ASSERT_TRUE(put_if_absent("a", "first").ok());
  EXPECT_EQ(put_if_absent("a", "second").code(), base::StatusCode::kAlreadyExists);
  EXPECT_EQ(get("a"), "first");
  ASSERT_TRUE(remove("a").ok());
  ASSERT_TRUE(put_if_absent("a", "second").ok());
  EXPECT_EQ(get("a"), "second");
}

TEST_P(ObjectStoreConformance, RangesAreCutAtTheEnd) {
  ASSERT_TRUE(put("a", "0123456789").ok());
  EXPECT_EQ(get("a", 0, 4), "0123");
  EXPECT_EQ(get("a", 6, 100), "6789");
  EXPECT_EQ(get("a", 6, UINT64_MAX), "6789");
  EXPECT_EQ(get("a", 3, 0), "");
  EXPECT_EQ(get("a", 10, 1), "");
  EXPECT_EQ(get("a", 11, 1), "out_of_range");
  EXPECT_EQ(get("a", UINT64_MAX, UINT64_MAX), "out_of_range");
}

TEST_P(ObjectStoreConformance, HeadAndRemove) {
  EXPECT_EQ(wait(store_.head("a/b")).status().code(), base::StatusCode::kNotFound);
  ASSERT_TRUE(put("a/b", "xyz").ok());
  const auto info = wait(store_.head("a/b"));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->key, "a/b");
  EXPECT_EQ(info->bytes, 3U);
  ASSERT_TRUE(remove("a/b").ok());
  ASSERT_TRUE(remove("a/b").ok());
  ASSERT_TRUE(remove("never/was").ok());
  EXPECT_EQ(get("a/b"), "not_found");
  EXPECT_EQ(list(""), std::vector<std::string>{});
}

TEST_P(ObjectStoreConformance, OddKeysAreAllDifferentObjects) {
  const std::string e240(240, 'e');
  const std::string e241(241, 'e');
  std::vector<std::string> keys = {"a",
                                   "a/b",
                                   "a/b/c",
                                   "a.b",
                                   "a-b",
                                   "a=b",
                                   "A",
                                   "!",
                                   "'",
                                   "(",
                                   ")",
                                   "*",
                                   "_",
                                   "...",
                                   ".hidden",
                                   "a..b",
                                   "tmp",
                                   "a.tmp",
                                   std::string(900, 'k'),
                                   std::string(900, 'k').replace(450, 1, "/"),
                                   e240,
                                   e241,
                                   e240 + "/x",
                                   e241 + "/x",
                                   e240 + ".",
                                   e240 + "./x",
                                   e240 + "..",
                                   e240 + "../x",
                                   e240 + ".../x",
                                   e240 + "-",
                                   e240 + "0",
                                   e240 + "!/x",
                                   "seg/default/20000/0000000000000001.seg"};
  for (const std::string& key : keys) ASSERT_TRUE(put_if_absent(key, "object " + key).ok()) << key;
  for (const std::string& key : keys) EXPECT_EQ(get(key), "object " + key);
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(list(""), keys);
  for (const std::string& key : keys) ASSERT_TRUE(remove(key).ok());
  EXPECT_EQ(list(""), std::vector<std::string>{});
}

TEST_P(ObjectStoreConformance, BadKeysAreRefused) {
  for (const std::string& key : {std::string(), std::string(901, 'k'), std::string("/a"), std::string("a/"),
                                 std::string("a//b"), std::string("."), std::string(".."), std::string("a/../b"),
                                 std::string("a/./b"), std::string("a b"), std::string("a\0b", 3), std::string("a%b"),
                                 std::string("a@"), std::string("\xC3\xA4"), std::string("a\\b"), std::string("a\n")}) {
    EXPECT_EQ(put(key, "x").code(), base::StatusCode::kInvalidArgument) << key;
    EXPECT_EQ(put_if_absent(key, "x").code(), base::StatusCode::kInvalidArgument) << key;
    EXPECT_EQ(get(key), "invalid_argument") << key;
    EXPECT_EQ(wait(store_.head(key)).status().code(), base::StatusCode::kInvalidArgument) << key;
    EXPECT_EQ(remove(key).code(), base::StatusCode::kInvalidArgument) << key;
  }
  EXPECT_EQ(list(""), std::vector<std::string>{});
}

TEST_P(ObjectStoreConformance, ListIsSortedByBytesPagedAndFilteredByPrefix) {
  std::vector<std::string> keys;
  for (int i = 0; i < 12; ++i) {
    keys.push_back("p/" + std::to_string(i));
    keys.push_back("p-" + std::to_string(i));
    keys.push_back("p/" + std::to_string(i) + "/x");
    keys.push_back("p" + std::to_string(i));
    keys.push_back("q/" + std::to_string(i) + "/deep/er");
  }
  for (const std::string& key : keys) ASSERT_TRUE(put(key, key).ok());
  std::sort(keys.begin(), keys.end());
  for (const std::size_t limit : {1U, 2U, 7U, 60U, 1000U}) {
    for (const std::string& prefix : {std::string(), std::string("p"), std::string("p/"), std::string("p/1"),
                                      std::string("q/1"), std::string("q/1/d"), std::string("q/11/deep/er"),
                                      std::string("none"), std::string("p//"), std::string("z")}) {
      std::vector<std::string> expected;
      for (const std::string& key : keys) {
        if (key.starts_with(prefix)) expected.push_back(key);
      }
      EXPECT_EQ(list(prefix, limit), expected) << "prefix=" << prefix << " limit=" << limit;
    }
  }
}

TEST_P(ObjectStoreConformance, ListGoesOnAfterAKeyThatIsGoneAndTellsSizes) {
  for (const char* key : {"a", "b", "c/d", "e"}) ASSERT_TRUE(put(key, std::string(3, 'x')).ok());
  ASSERT_TRUE(remove("b").ok());
  const auto page = wait(store_.list("", "b", 2));
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->objects.size(), 2U);
  EXPECT_EQ(page->objects[0].key, "c/d");
  EXPECT_EQ(page->objects[0].bytes, 3U);
  EXPECT_EQ(page->objects[1].key, "e");
  EXPECT_FALSE(page->next.has_value());
  EXPECT_EQ(wait(store_.list("c", "z", 2))->objects.size(), 0U);
  EXPECT_EQ(wait(store_.list("c", "a", 2))->objects.size(), 1U);
  EXPECT_EQ(wait(store_.list("", "", 0)).status().code(), base::StatusCode::kInvalidArgument);
  EXPECT_EQ(wait(store_.list("", "", 1001)).status().code(), base::StatusCode::kInvalidArgument);
}

TEST_P(ObjectStoreConformance, BigObjectsComeBackByteForByte) {
  std::string big(9 << 20, '\0');
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 31 + (i >> 12));
  ASSERT_TRUE(put("big", big).ok());
  EXPECT_TRUE(get("big") == big);
  EXPECT_TRUE(get("big", 1234567, 3 << 20) == big.substr(1234567, 3 << 20));
  EXPECT_EQ(wait(store_.head("big"))->bytes, big.size());
}

namespace conformance_internal {
inline base::Task<void> race_put_if_absent(ObjectStore* store, std::string key, std::string bytes,
                                           std::vector<std::string>* winners, base::Mutex* mutex) {
  auto shared = std::make_shared<const std::string>(bytes);
  const base::Status done = co_await store->put_if_absent(key, shared);
  base::MutexLock lock(*mutex);
  if (done.ok()) winners->push_back(bytes);
}
inline base::Task<void> overwrite(ObjectStore* store, std::string key, char letter, int times) {
  for (int i = 0; i < times; ++i) {
    auto shared = std::make_shared<const std::string>(static_cast<std::size_t>(1000 * (letter - 'a' + 1)), letter);
    EXPECT_TRUE((co_await store->put(key, shared)).ok());
  }
}
inline base::Task<void> check_whole(ObjectStore* store, std::string key, int times) {
  for (int i = 0; i < times; ++i) {
    auto bytes = co_await store->get_range(key, 0, 1 << 20);
    if (!bytes.ok() || bytes->empty()) {
      ADD_FAILURE() << bytes.status();
      co_return;
    }
    const std::string expected(static_cast<std::size_t>(1000 * (bytes->front() - 'a' + 1)), bytes->front());
    EXPECT_TRUE(*bytes == expected);
  }
}
inline base::Task<void> join(base::TaskGroup* group) {
  co_await group->join();
}
}  // namespace conformance_internal

TEST_P(ObjectStoreConformance, OfRacingPutsIfAbsentExactlyOneWins) {
  for (int round = 0; round < 10; ++round) {
    const std::string key = "race/" + std::to_string(round);
    std::vector<std::string> winners;
    base::Mutex mutex;
    base::TaskGroup group(under_test_->executor());
    for (int i = 0; i < 8; ++i) {
      group.spawn(conformance_internal::race_put_if_absent(&store_, key, "of " + std::to_string(i), &winners, &mutex));
    }
    wait(conformance_internal::join(&group));
    ASSERT_EQ(winners.size(), 1U);
    EXPECT_EQ(get(key), winners[0]);
  }
}

TEST_P(ObjectStoreConformance, ReadersSeeWholeObjectsWhileTheyAreReplaced) {
  ASSERT_TRUE(put("k", std::string(1000, 'a')).ok());
  base::TaskGroup group(under_test_->executor());
  for (const char letter : {'a', 'b', 'c'}) group.spawn(conformance_internal::overwrite(&store_, "k", letter, 15));
  for (int i = 0; i < 3; ++i) group.spawn(conformance_internal::check_whole(&store_, "k", 30));
  wait(conformance_internal::join(&group));
  EXPECT_EQ(list(""), std::vector<std::string>{"k"});
}

}  // namespace cordwood::objectstore

// What only the local store can do wrong: crashes, failing and full disks.
#include "objectstore/local/local_store.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "base/sim_executor.h"
#include "io/sim_files.h"
#include "objectstore/local/key_path.h"

namespace cordwood::objectstore {
namespace {

class LocalStoreTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    auto store = base::sync_wait(executor_, open_local_store(files_, "/objects", executor_, random_));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
  }
  base::Status put(const std::string& key, const std::string& bytes) {
    return base::sync_wait(executor_, store_->put(key, std::make_shared<const std::string>(bytes)));
  }
  base::Status put_if_absent(const std::string& key, const std::string& bytes) {
    return base::sync_wait(executor_, store_->put_if_absent(key, std::make_shared<const std::string>(bytes)));
  }
  std::string get(const std::string& key) {
    auto bytes = base::sync_wait(executor_, store_->get_range(key, 0, 1 << 20));
    return bytes.ok() ? *bytes : std::string(base::code_name(bytes.status().code()));
  }

  io::SimFiles files_;
  base::SeededRandom random_{1};
  base::SimExecutor executor_{1};
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(LocalStoreTest, WhatWasAnsweredSurvivesEveryPowerCutAndTheRestIsWhole) {
  const std::string content(3000, 'x');
  for (std::uint64_t nth = 1; nth < 40; ++nth) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const std::string key = "d" + std::to_string(nth) + "/" + std::to_string(seed);
      files_.power_off_at(nth);
      const base::Status first = put_if_absent(key, content);
      const base::Status second = put(key + "b", content);
      const base::Status removed = base::sync_wait(executor_, store_->remove(key));
      files_.crash(seed);
      open();
      const std::string found = get(key);
      if (removed.ok()) {
        EXPECT_EQ(found, "not_found");
      } else {
        EXPECT_TRUE(found == content || found == "not_found") << nth;
      }
      const std::string replaced = get(key + "b");
      EXPECT_TRUE(replaced == content || (!second.ok() && replaced == "not_found")) << nth;
      EXPECT_TRUE(first.ok() || !second.ok());
      EXPECT_EQ(files_.list("/objects/%tmp")->size(), 0U);
    }
  }
}

TEST_F(LocalStoreTest, EveryFailingOperationIsReportedAndTheNextPutWorks) {
  for (const int error : {EIO, ENOSPC}) {
    bool all_worked = false;
    for (std::uint64_t nth = 1; !all_worked; ++nth) {
      ASSERT_LT(nth, 30U);
      const std::string key = "e" + std::to_string(error) + "/" + std::to_string(nth);
      files_.fail_operation(nth, error);
      const base::Status done = put_if_absent(key, "bytes");
      files_.fail_operation(0, 0);
      all_worked = done.ok();
      if (!done.ok()) {
        EXPECT_EQ(done.code(), error == EIO ? base::StatusCode::kDataLoss : base::StatusCode::kResourceExhausted);
        EXPECT_NE(done.ToString().find(key), std::string::npos) << done;
      }
      EXPECT_TRUE(get(key) == "bytes" || (!done.ok() && get(key) == "not_found"));
      ASSERT_TRUE(put(key, "again").ok());
      EXPECT_EQ(get(key), "again");
    }
  }
}

TEST_F(LocalStoreTest, AFullDiskKeepsTheOldObject) {
  ASSERT_TRUE(put("a", std::string(1000, 'o')).ok());
  files_.set_capacity(files_.used_bytes() + 500);
  EXPECT_EQ(put("a", std::string(1000, 'n')).code(), base::StatusCode::kResourceExhausted);
  EXPECT_EQ(get("a"), std::string(1000, 'o'));
  EXPECT_TRUE(put("b", std::string(500, 'n')).ok());
}

TEST_F(LocalStoreTest, OpenSweepsTemporariesAndListIgnoresForeignFiles) {
  ASSERT_TRUE(put("a", "x").ok());
  for (const char* path : {"/objects/%tmp/left", "/objects/lost+found", "/objects/a b@", "/objects/note"}) {
    ASSERT_TRUE(files_.open(path, io::OpenMode::kCreateNew).ok());
  }
  ASSERT_TRUE(files_.remove("/objects/note").ok());
  ASSERT_TRUE(files_.make_directories("/objects/empty/er").ok());
  open();
  EXPECT_EQ(files_.list("/objects/%tmp")->size(), 0U);
  const auto page = base::sync_wait(executor_, store_->list("", "", 10));
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->objects.size(), 1U);
  EXPECT_EQ(page->objects[0].key, "a");
}

TEST_F(LocalStoreTest, ADirectoryThatSomebodyRemovedIsMadeAgain) {
  ASSERT_TRUE(put("d/a", "x").ok());
  ASSERT_TRUE(files_.remove("/objects/d/a@").ok());
  ASSERT_TRUE(files_.remove("/objects/d").ok());
  EXPECT_EQ(put("d/b", "x").code(), base::StatusCode::kUnavailable);
  EXPECT_TRUE(put("d/b", "x").ok());
}

TEST(KeyPathTest, PathsAreShortEnoughDifferentAndInsideTheStore) {
  std::set<std::string> paths;
  std::size_t keys = 0;
  for (const char last : {'a', '.', '-'}) {
    for (std::size_t length = 230; length <= 900; length += length < 500 ? 1 : 17) {
      for (const std::size_t slash : {std::size_t{0}, std::size_t{3}, length / 2, length - 2}) {
        std::string key(length, 'a');
        key[length - 1] = last;
        if (last == '.') key[length - 2] = '.';
        if (slash > 0) key[slash] = '/';
        if (!check_object_key(key).ok()) continue;
        ++keys;
        const std::string path = path_of_key(key);
        EXPECT_TRUE(paths.insert(path).second) << key;
        EXPECT_EQ(("/" + path + "/").find("/./"), std::string::npos);
        EXPECT_EQ(("/" + path + "/").find("/../"), std::string::npos);
        for (std::size_t begin = 0; begin < path.size();) {
          const std::size_t end = std::min(path.find('/', begin), path.size());
          EXPECT_LE(end - begin, 255U);
          begin = end + 1;
        }
      }
    }
  }
  EXPECT_EQ(paths.size(), keys);
  EXPECT_EQ(path_of_key("seg/a/1"), "seg/a/1@");
}

TEST(KeyPathTest, NamesAreReadBack) {
  EXPECT_EQ(entry_of_name("1.seg@").kind, EntryKind::kObject);
  EXPECT_EQ(entry_of_name("1.seg@").text, "1.seg");
  EXPECT_EQ(entry_of_name("..@").kind, EntryKind::kObject);
  EXPECT_EQ(entry_of_name("seg").kind, EntryKind::kDirectory);
  EXPECT_EQ(entry_of_name("seg%").kind, EntryKind::kPiece);
  for (const char* name : {"%tmp", "lost+found", "a b", "@@", "a@%", "%", "@x"}) {
    EXPECT_EQ(entry_of_name(name).kind, EntryKind::kForeign) << name;
  }
}

}  // namespace
}  // namespace cordwood::objectstore

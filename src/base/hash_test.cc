#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>

#include "base/hash_map.h"

namespace cordwood::base {
namespace {

// These values stand in files; the first two are those of the XXH3 specification.
TEST(HashTest, TheValuesNeverChange) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2U);
  EXPECT_EQ(to_hex(hash128("")), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hash64("cordwood"), 0x9bb0212b4c8a3734U);
  EXPECT_EQ(to_hex(hash128("cordwood")), "9a6b7be1af86d13079af2fb2bc5f759a");
  EXPECT_EQ(to_hex(hash128(std::string(300, 'x'))), "125237ea2ad7bc7aa5d1b4607dc83554");
  EXPECT_EQ(hash64(std::string("\0\xff", 2)), 0xa99b043a346c8bf3U);
}

TEST(HashTest, HexRoundTrip) {
  Hash128 parsed;
  ASSERT_TRUE(from_hex("00000000000000010fedcba987654321", parsed));
  EXPECT_EQ(parsed, (Hash128{1, 0x0fedcba987654321U}));
  EXPECT_EQ(to_hex(parsed), "00000000000000010fedcba987654321");
  ASSERT_TRUE(from_hex("ABCDEF0000000000ABCDEF0000000000", parsed));
  EXPECT_EQ(to_hex(parsed), "abcdef0000000000abcdef0000000000");
}

TEST(HashTest, BadHexIsRefusedAndLeavesTheHash) {
  const Hash128 before{5, 6};
  for (const std::string& text : {std::string(), std::string(31, '0'), std::string(33, '0'), std::string(31, '0') + "g",
                                  std::string(31, '0') + " ", "0x" + std::string(30, '0'), std::string(31, '0') + "/",
                                  std::string(31, '0') + ":", std::string(31, '0') + "@", std::string(31, '0') + "`"}) {
    Hash128 hash = before;
    EXPECT_FALSE(from_hex(text, hash)) << text;
    EXPECT_EQ(hash, before);
  }
}

TEST(HashTest, BytesAreHiThenLoLittleEndian) {
  std::string bytes = "x";
  append_bytes({0x0102030405060708U, 0x1112131415161718U}, bytes);
  EXPECT_EQ(bytes, std::string("x\x08\x07\x06\x05\x04\x03\x02\x01\x18\x17\x16\x15\x14\x13\x12\x11", 17));
  EXPECT_EQ(hash128_from_bytes(bytes.data() + 1), (Hash128{0x0102030405060708U, 0x1112131415161718U}));
}

TEST(HashMapTest, StringsAreFoundByViewAndNumbersSpread) {
  StringMap<int> strings;
  strings["key"] = 1;
  EXPECT_TRUE(strings.contains(std::string_view("key....").substr(0, 3)));
  struct Id {
    Hash128 value;
    bool operator==(const Id&) const = default;
  };
  IntegerMap<Id, int> ids;
  IntegerSet<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ids[Id{{i, i}}] = static_cast<int>(i);
    numbers.insert(i << 40);
  }
  EXPECT_EQ(ids.size(), 1000U);
  EXPECT_EQ(ids.at(Id{{7, 7}}), 7);
  EXPECT_EQ(numbers.size(), 1000U);
}

}  // namespace
}  // namespace cordwood::base

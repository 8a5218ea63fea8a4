#include "codec/lines/byte_classes.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace cordwood::codec::lines {
namespace {

bool same(const Bitmap& a, const Bitmap& b, std::uint32_t size) {
  for (std::uint32_t i = 0; i <= size; i += 64) {
    if (a.bits(i) != b.bits(i)) return false;
  }
  return true;
}

TEST(ByteClasses, TheFastAndTheSlowWayAgree) {
  base::SeededRandom random(5);
  for (std::uint32_t size : {0u, 1u, 31u, 32u, 63u, 64u, 65u, 1'000u, 4'096u}) {
    for (int round = 0; round < 20; ++round) {
      std::string bytes;
      for (std::uint32_t i = 0; i < size; ++i) {
        bytes.push_back(static_cast<char>(round % 2 == 0 ? random.next() % 256 : 32 + random.next() % 96));
      }
      std::string padded = bytes + std::string(ByteClasses::kPadding, 'x');
      ByteClasses fast;
      ByteClasses slow;
      fast.classify(std::string_view(padded).substr(0, size));
      slow.classify_slowly(bytes);
      EXPECT_TRUE(same(fast.token(), slow.token(), size));
      EXPECT_TRUE(same(fast.digit(), slow.digit(), size));
      EXPECT_TRUE(same(fast.no_hex(), slow.no_hex(), size));
      EXPECT_TRUE(same(fast.mark(), slow.mark(), size));
      EXPECT_TRUE(same(fast.stop(), slow.stop(), size));
    }
  }
}

TEST(ByteClasses, NextFindsWhatIsThere) {
  std::string bytes = std::string(100, ' ') + "abc" + std::string(200, ' ') + "9";
  ByteClasses classes;
  classes.classify_slowly(bytes);
  auto size = static_cast<std::uint32_t>(bytes.size());
  EXPECT_EQ(classes.token().next(0, size), 100u);
  EXPECT_EQ(classes.token().next(101, size), 101u);
  EXPECT_EQ(classes.token().next_zero(100, size), 103u);
  EXPECT_EQ(classes.token().next_zero(100, 102), 102u);
  EXPECT_EQ(classes.token().next(103, 303), 303u);
  EXPECT_EQ(classes.digit().next(0, size), 303u);
  EXPECT_EQ(classes.digit().next(304, size), size);
}

}  // namespace
}  // namespace cordwood::codec::lines

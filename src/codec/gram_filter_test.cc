#include "codec/gram_filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "base/status.h"

namespace cordwood::codec {
namespace {

std::string random_word(base::Random& random, std::size_t bytes) {
  static constexpr std::string_view kBytes = "0123456789abcdefABCDEFxyzXYZ";
  std::string word;
  while (word.size() < bytes) word.push_back(kBytes[random.next() % kBytes.size()]);
  return word;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

TEST(GramFilter, WhatWasEnteredMayBeContainedWithEveryPartOfIt) {
  base::SeededRandom random(1);
  for (const std::size_t count : {1U, 2U, 3U, 10U, 100U, 5000U}) {
    GramSet set;
    std::vector<std::string> words;
    for (std::size_t i = 0; i < count; ++i) {
      words.push_back(random_word(random, 9 + random.next() % 40));
      set.add_words("id=\"" + words.back() + "\" \xff" + words[random.next() % words.size()]);
    }
    std::string bytes;
    set.append_filter(bytes);
    const auto filter = GramFilter::open(bytes);
    ASSERT_TRUE(filter.ok()) << filter.status();
    for (const std::string& word : words) {
      const std::size_t begin = random.next() % word.size();
      const std::string part = word.substr(begin, 1 + random.next() % (word.size() - begin));
      EXPECT_TRUE(filter->may_contain(word));
      EXPECT_TRUE(filter->may_contain(part));
      EXPECT_TRUE(filter->may_contain("x " + part + ".y"));
      EXPECT_TRUE(filter->may_contain(upper(word), true));
    }
  }
}

TEST(GramFilter, WhatWasNotEnteredIsMostlyProvedAbsent) {
  base::SeededRandom random(2);
  GramSet set;
  for (int i = 0; i < 20000; ++i) set.add_words(random_word(random, 16));
  std::string bytes;
  set.append_filter(bytes);
  const auto filter = GramFilter::open(bytes);
  ASSERT_TRUE(filter.ok());
  EXPECT_LT(static_cast<double>(bytes.size()) * 8, 4.8 * static_cast<double>(set.size()));
  int short_ones = 0;
  int long_ones = 0;
  for (int i = 0; i < 2000; ++i) {
    short_ones += filter->may_contain(random_word(random, 9)) ? 1 : 0;
    long_ones += filter->may_contain(random_word(random, 24)) ? 1 : 0;
  }
  EXPECT_LT(short_ones, 200);  // one gram: 1 of 16
  EXPECT_LT(long_ones, 10);
}

TEST(GramFilter, ShortNeedlesProveNothing) {
  GramSet set;
  std::string bytes;
  set.append_filter(bytes);
  const auto filter = GramFilter::open(bytes);
  ASSERT_TRUE(filter.ok());
  EXPECT_TRUE(filter->may_contain("12345678"));
  EXPECT_TRUE(filter->may_contain("1234-5678-9"));
  EXPECT_TRUE(filter->may_contain(""));
  EXPECT_FALSE(filter->may_contain("123456789"));
  EXPECT_FALSE(GramFilter::can_prove("12345678-12345678"));
  EXPECT_TRUE(GramFilter::can_prove("a 123456789"));
  EXPECT_TRUE(GramFilter().may_contain("123456789"));
}

TEST(GramFilter, LettersThatUnicodeFoldsToOthersEndAWord) {
  GramSet set;
  set.add_words(
      "tran\xc5\xbf"
      "actionid");  // a long s
  std::string bytes;
  set.append_filter(bytes);
  const auto filter = GramFilter::open(bytes);
  ASSERT_TRUE(filter.ok());
  EXPECT_FALSE(filter->may_contain("transactionid"));
  EXPECT_TRUE(filter->may_contain("transactionid", true));
}

TEST(GramFilter, PairsAreWhole) {
  GramSet set;
  set.add_pair(key_of_pair("trace_id", "4bf92f3577b34da6"));
  set.add_pair(key_of_pair("", ""));
  std::string bytes;
  set.append_filter(bytes);
  const auto filter = GramFilter::open(bytes);
  ASSERT_TRUE(filter.ok());
  EXPECT_TRUE(filter->may_contain_pair("trace_id", "4bf92f3577b34da6"));
  EXPECT_TRUE(filter->may_contain_pair("", ""));
  int others = 0;
  for (int i = 0; i < 1000; ++i) others += filter->may_contain_pair("trace_id", std::to_string(i)) ? 1 : 0;
  EXPECT_LT(others, 120);
}

TEST(GramFilter, AFullSetGivesNoFilter) {
  base::SeededRandom random(3);
  GramSet set;
  while (!set.is_full()) set.add_words(random_word(random, 1000));
  std::string bytes;
  set.append_filter(bytes);
  EXPECT_TRUE(bytes.empty());
  set.clear();
  EXPECT_EQ(set.size(), 0U);
}

TEST(GramFilter, DamageIsFound) {
  base::SeededRandom random(4);
  GramSet set;
  for (int i = 0; i < 20; ++i) set.add_words(random_word(random, 16));
  std::string good;
  set.append_filter(good);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(GramFilter::open(bad).status().code(), base::StatusCode::kDataLoss);
  }
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) EXPECT_FALSE(GramFilter::open(good.substr(0, bytes)).ok());
}

}  // namespace
}  // namespace cordwood::codec

#include "exec/substring_finder.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace cordwood::exec {
namespace {

TEST(SubstringFinderTest, FindsAtEveryPlaceOfTextsOfEveryLength) {
  const SubstringFinder finder("needle");
  for (std::size_t length = 0; length < 150; ++length) {
    const std::string empty(length, 'e');
    EXPECT_EQ(finder.find(empty), SubstringFinder::kNotFound);
    for (std::size_t at = 0; at + 6 <= length; ++at) {
      std::string text = empty;
      text.replace(at, 6, "needle");
      ASSERT_EQ(finder.find(text), at);
      ASSERT_EQ(finder.find(text, at + 1), SubstringFinder::kNotFound);
    }
  }
}

TEST(SubstringFinderTest, AgreesWithStdFindOnRandomText) {
  base::SeededRandom random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text(random.next() % 200, ' ');
    for (char& c : text) c = static_cast<char>('a' + random.next() % 3);
    std::string needle(1 + random.next() % 5, ' ');
    for (char& c : needle) c = static_cast<char>('a' + random.next() % 3);
    const std::size_t from = random.next() % (text.size() + 2);
    const std::size_t wanted = text.find(needle, from);
    ASSERT_EQ(SubstringFinder(needle).find(text, from),
              wanted == std::string::npos ? SubstringFinder::kNotFound : wanted);
  }
}

TEST(SubstringFinderTest, FoldsAsciiLettersOnly) {
  base::SeededRandom random(9);
  const auto lower = [](std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
  };
  const std::string alphabet("aAbB[{@`\xe1\xc1");
  for (int round = 0; round < 3000; ++round) {
    std::string text(random.next() % 200, ' ');
    for (char& c : text) c = alphabet[random.next() % alphabet.size()];
    std::string needle(1 + random.next() % 4, ' ');
    for (char& c : needle) c = alphabet[random.next() % alphabet.size()];
    const std::size_t wanted = lower(text).find(lower(needle));
    ASSERT_EQ(SubstringFinder(needle, Case::kFoldAscii).find(text),
              wanted == std::string::npos ? SubstringFinder::kNotFound : wanted);
  }
}

TEST(SubstringFinderTest, NeedlesMayHoldAnyByte) {
  const std::string needle("\0\xff", 2);
  EXPECT_EQ(SubstringFinder(needle).find(std::string_view("a\0\xff", 3)), 1U);
  EXPECT_TRUE(SubstringFinder("x").in("x"));
  EXPECT_FALSE(SubstringFinder("xx").in("x"));
}

// Lines cut from one text with `gap` bytes between them, some far apart.
TEST(AppendRowsWithTest, AgreesWithLineByLineSearch) {
  base::SeededRandom random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string text(1 + random.next() % 400, ' ');
    for (char& c : text) c = static_cast<char>('a' + random.next() % 2);
    std::vector<std::string_view> lines;
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t length = std::min<std::size_t>(random.next() % 12, text.size() - at);
      lines.push_back(std::string_view(text).substr(at, length));
      at += length + (random.next() % 4 == 0 ? random.next() % 4 : random.next() % 2);
    }
    std::string needle(1 + random.next() % 4, ' ');
    for (char& c : needle) c = static_cast<char>('a' + random.next() % 2);
    std::vector<std::uint32_t> wanted;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].find(needle) != std::string_view::npos) wanted.push_back(static_cast<std::uint32_t>(i) + 5);
    }
    std::vector<std::uint32_t> rows;
    append_rows_with(SubstringFinder(needle), lines, 5, rows);
    ASSERT_EQ(rows, wanted);
  }
}

}  // namespace
}  // namespace cordwood::exec

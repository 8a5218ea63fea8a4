#include "exec/encoded/encoded_filters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "exec/encoded/encoded_testing.h"
#include "logql/ast.h"

namespace cordwood::exec {
namespace {

std::vector<logql::Stage> one_filter(logql::LineFilterOp op, const std::vector<std::string>& texts) {
  logql::LineFilter filter;
  filter.op = op;
  for (const std::string& text : texts) {
    logql::LineFilterTerm term;
    term.text = text;
    filter.terms.push_back(term);
  }
  return {filter};
}

LiteralFilters literals(std::vector<logql::Stage> stages) {
  return LiteralFilters::take(stages);
}

// The filters over the lines as text and over the block give the same rows; what is judged without pages is true.
void expect_same(const EncodedTestBlock& test, codec::LineBlock& block, const LiteralFilters& filters,
                 const std::string& what) {
  ASSERT_FALSE(filters.empty()) << what;
  std::vector<std::uint32_t> wanted;
  filters.select(test.lines(), 0, wanted);
  const EncodedFilters encoded(filters);
  const auto rows = encoded.select(block);
  ASSERT_TRUE(rows.ok()) << base::message_of(rows.status());
  std::vector<std::uint32_t> found;
  rows->append(0, rows->rows(), found);
  if (found != wanted) {
    std::vector<std::uint32_t> differing;
    std::ranges::set_symmetric_difference(found, wanted, std::back_inserter(differing));
    FAIL() << what << ": wanted " << wanted.size() << " rows, found " << found.size() << "; row " << differing[0]
           << ": " << test.lines()[differing[0]].substr(0, 300);
  }
  const codec::LineBlock directory = test.open(false);
  const BlockVerdict verdict = encoded.judge(directory);
  EXPECT_TRUE(verdict != BlockVerdict::kNoRow || wanted.empty()) << what;
  EXPECT_TRUE(verdict != BlockVerdict::kAllRows || wanted.size() == test.lines().size()) << what;
}

// Mostly pieces of lines, some of them changed, so that hits and near misses are both frequent.
std::string some_needle(const std::vector<std::string_view>& lines, Dice& dice) {
  while (true) {
    const std::string_view line = lines[dice.below(lines.size())];
    if (line.empty()) continue;
    const std::size_t begin = dice.below(line.size());
    const std::size_t bytes_max = dice.below(8) == 0 ? 120 : 24;
    std::string needle(line.substr(begin, 1 + dice.below(bytes_max)));
    if (dice.below(3) == 0) needle[dice.below(needle.size())] = "0a1 =-:/\"x"[dice.below(10)];
    if (dice.below(6) == 0) needle += static_cast<char>('0' + dice.below(10));
    if (needle.find("\uFFFD") == std::string::npos) return needle;
  }
}

std::string as_regex_in_any_case(const std::string& needle) {
  std::string regex = "(?i)";
  for (const char c : needle) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0) break;
    regex += regex.size() % 2 == 0 ? static_cast<char>(std::toupper(byte)) : c;
  }
  return regex;
}

void compare_many(const std::vector<std::string>& lines, std::uint64_t seed, int rounds) {
  const EncodedTestBlock test(lines);
  codec::LineBlock block = test.open();
  Dice dice(seed);
  using Op = logql::LineFilterOp;
  for (int round = 0; round < rounds; ++round) {
    const std::string needle = some_needle(test.lines(), dice);
    const std::string other = some_needle(test.lines(), dice);
    const Op op = dice.below(3) == 0 ? Op::kNotContains : Op::kContains;
    std::vector<logql::Stage> stages = one_filter(op, {needle});
    if (dice.below(3) == 0) stages = one_filter(op, {needle, other});
    if (dice.below(3) == 0) stages.push_back(one_filter(Op::kContains, {other.substr(0, 3)})[0]);
    expect_same(test, block, literals(stages), needle + " / " + other);
    const auto folded = literals(one_filter(Op::kRegex, {as_regex_in_any_case(needle)}));
    if (!folded.empty()) expect_same(test, block, folded, "any case: " + needle);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(EncodedFilters, SameAsOnTextOverGeneratedLines) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Dice dice(seed);
    std::vector<std::string> lines(300 + dice.below(4000));
    for (std::string& line : lines) line = generated_line(dice);
    compare_many(lines, seed, 150);
  }
}

TEST(EncodedFilters, SameAsOnTextOverRealFiles) {
  const std::filesystem::path folder(CORDWOOD_CORPORA);
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no corpora in " << folder;
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.insert(entry.path());
  for (const auto& path : files) {
    SCOPED_TRACE(path.filename().string());
    std::ifstream file(path, std::ios::binary);
    std::vector<std::string> lines;
    std::size_t bytes = 0;
    for (std::string line; bytes < (1 << 20) && lines.size() < codec::kLineBlockRowsMax && std::getline(file, line);) {
      bytes += line.size();
      lines.push_back(line);
    }
    compare_many(lines, 7, 40);
    if (HasFatalFailure()) return;
  }
}

TEST(EncodedFilters, JudgesWithoutPages) {
  std::vector<std::string> lines;
  for (int i = 0; i < 1000; ++i) lines.push_back(fmt::format("Received block {} from {}", 100000 + i * 7, i % 50));
  const EncodedTestBlock test(lines);
  const codec::LineBlock directory = test.open(false);
  const auto judge = [&](logql::LineFilterOp op, const std::string& text) {
    return EncodedFilters(literals(one_filter(op, {text}))).judge(directory);
  };
  using Op = logql::LineFilterOp;
  EXPECT_EQ(judge(Op::kContains, "Received block"), BlockVerdict::kAllRows);
  EXPECT_EQ(judge(Op::kNotContains, "Received block"), BlockVerdict::kNoRow);
  EXPECT_EQ(judge(Op::kContains, "Received clock"), BlockVerdict::kNoRow);
  EXPECT_EQ(judge(Op::kNotContains, "Received clock"), BlockVerdict::kAllRows);
  EXPECT_EQ(judge(Op::kContains, "block 12345678"), BlockVerdict::kNoRow);
  EXPECT_EQ(judge(Op::kContains, "block 9"), BlockVerdict::kNoRow);
  EXPECT_EQ(judge(Op::kContains, "block 100007"), BlockVerdict::kSomeRows);
  EXPECT_EQ(judge(Op::kContains, "block 1"), BlockVerdict::kSomeRows);
}

}  // namespace
}  // namespace cordwood::exec

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "corpora/corpus_compare.h"

namespace cordwood::corpora {
namespace {

// A few dozen queries a file; corpora_soak asks as many as one likes.
TEST(Corpora, SegmentsAnswerAsThePlainAlgorithm) {
  const std::filesystem::path folder(CORDWOOD_CORPORA);
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no corpora in " << folder;
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.insert(entry.path());
  int answered = 0;
  for (const auto& path : files) {
    const Comparison result = compare(first_lines(path, 200, 1 << 18), 1, 40);
    EXPECT_EQ(result.difference, "") << path;
    answered += result.answered;
  }
  EXPECT_GT(answered, 300);
}

TEST(Corpora, LinesThatAreHardlyAlike) {
  std::vector<std::string> lines;
  for (int i = 0; i < 300; ++i) {
    lines.push_back(
        i % 3 == 0   ? "level=info took=" + std::to_string(i * i) + " msg=\"a b\" id=" + std::to_string(i % 7)
        : i % 3 == 1 ? "{\"level\":\"warn\",\"took\":" + std::to_string(i) + ",\"id\":\"x" + std::to_string(i) + "\"}"
                     : "2026-11-23 11:00:" + std::to_string(i % 60) + " INFO plain text " + std::to_string(i));
  }
  lines[7] = "";
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Comparison result = compare(lines, seed, 60);
    EXPECT_EQ(result.difference, "") << seed;
    EXPECT_GT(result.answered, 30);
  }
}

}  // namespace
}  // namespace cordwood::corpora

// Queries over lines stored as segments against the plain algorithm (exec/reference.h) on their text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cordwood::corpora {

struct Comparison {
  int queries = 0;
  int answered = 0;  // with rows or points
  int refused = 0;   // by both, with the same text
  // Names the first query whose answers differ, and how.
  std::string difference;
};

// `count` queries from `seed` on. Each is asked twice, so that the second answer comes from what was remembered.
Comparison compare(const std::vector<std::string>& lines, std::uint64_t seed, int count);

// The first lines of a file, at most so many and `bytes_max` together.
std::vector<std::string> first_lines(const std::string& path, std::size_t lines_max, std::size_t bytes_max);

}  // namespace cordwood::corpora

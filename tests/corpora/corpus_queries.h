// Random queries about given lines: pieces of the lines as needles, their keys as fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace cordwood::corpora {

// The same seed and lines give the same queries.
class CorpusQueries {
 public:
  // `lines` must outlive it and hold one that is not empty.
  CorpusQueries(const std::vector<std::string>& lines, std::uint64_t seed);

  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  // A log query on stream {job="corpus"}.
  std::string log();
  std::string metric();

 private:
  std::string pick(const std::vector<std::string>& choices) { return choices[below(choices.size())]; }
  std::string piece(std::size_t bytes_max);
  std::string needle();
  std::string quoted(std::string_view text) const;
  std::string regex();
  std::string filter();
  std::string parser();
  std::string label_filter();
  std::string grouping();

  const std::vector<std::string>& lines_;
  base::SeededRandom random_;
  std::vector<std::string> keys_;    // as they stand
  std::vector<std::string> labels_;  // as labels
  bool json_ = false;                // lines begin with a brace
};

}  // namespace cordwood::corpora

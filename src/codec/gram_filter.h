// A filter that proves that a text does not occur: sparse grams of long words in a binary fuse filter (Graf and Lemire,
// "Binary Fuse Filters: Fast and Smaller Than Xor Filters", 2022). Bytes: docs/formats/segment.md.
//
// A word is a run of ASCII letters and digits. Of every nine bytes in a row of a word, which hold four grams of six
// bytes, the gram with the smallest hash is entered. The same nine bytes of a needle name the same gram wherever they
// stand in a word, so a needle with such a run is proved absent if one of its grams is missing: whole ids, prefixes,
// suffixes and middles alike. Words are entered in lower case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cordwood::codec {

// Words shorter than this prove nothing and are not entered.
inline constexpr std::size_t kGramWordBytesMin = 9;
// Entries of one filter. A set with more gives no filter.
inline constexpr std::size_t kGramsMax = 1 << 20;

std::uint64_t key_of_pair(std::string_view name, std::string_view value);

// The distinct grams and pairs of one block. Keeps its memory (at most 32 MB) between blocks.
class GramSet {
 public:
  GramSet();
  // All words of `text`.
  void add_words(std::string_view text);
  // A name and value of structured metadata, as a whole: key_of_pair().
  void add_pair(std::uint64_t key) { add(key); }
  std::size_t size() const { return size_; }
  // More than kGramsMax: nothing more is added, and there is no filter.
  bool is_full() const { return size_ >= kGramsMax; }
  void clear();
  // Appends the filter; nothing when the set is full. Takes up to 30 MB meanwhile. Deterministic.
  void append_filter(std::string& out) const;

 private:
  void add(std::uint64_t key);
  void grow();

  std::vector<std::uint64_t> slots_;  // 0: free; a power of two
  std::size_t size_ = 0;
};

// A view of a stored filter. One that was made by the default constructor proves nothing.
class GramFilter {
 public:
  GramFilter() = default;
  // Verifies the checksum. `bytes` must outlive the filter. DataLoss without a place.
  static base::StatusOr<GramFilter> open(std::string_view bytes);

  // False: no line of the block contains `needle`. `any_case`: the needle is to be found in any case, as the regex
  // engine folds letters.
  bool may_contain(std::string_view needle, bool any_case = false) const;
  // False: no row has this pair.
  bool may_contain_pair(std::string_view name, std::string_view value) const;
  // True if may_contain(needle) can be false for some block: for doing nothing where nothing is to be gained.
  static bool can_prove(std::string_view needle, bool any_case = false);

 private:
  bool has(std::uint64_t key) const;
  bool has_word(std::string_view word) const;

  bool present_ = false;
  std::uint64_t seed_ = 0;
  std::uint32_t segment_bytes_log_ = 0;
  std::uint64_t positions_ = 0;  // that a key's first place may be; 0: nothing was entered
  std::string_view array_;
};

}  // namespace cordwood::codec

// Finding a literal in text, as fast as memory allows: most lines of most searches are decided here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::exec {

enum class Case { kExact, kFoldAscii };  // kFoldAscii: A-Z and a-z are alike, other bytes as they are

// Compares the two rarest bytes of the needle at 32 places at once (W. Muła, "SIMD-friendly algorithms for substring
// searching", 2016) where the processor has AVX2; elsewhere memmem, or byte by byte when folding. Thread-safe.
class SubstringFinder {
 public:
  static constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);

  // `needle` is not empty.
  explicit SubstringFinder(std::string needle, Case folding = Case::kExact);
  // In lower case when folding.
  const std::string& needle() const { return needle_; }
  Case folding() const { return folding_; }
  // Offset of the first occurrence at or after `from`.
  std::size_t find(std::string_view text, std::size_t from = 0) const;
  bool in(std::string_view text) const { return find(text) != kNotFound; }

 private:
  std::string needle_;
  Case folding_ = Case::kExact;
  std::size_t first_probe_ = 0;  // offsets in the needle of its two rarest bytes, in order
  std::size_t second_probe_ = 0;
  bool vectorised_ = false;
};

// Appends to `rows` the indexes, plus `base`, of the lines that contain the needle. Lines that lie one behind the other
// in memory (at most one byte between them) are searched as one text.
void append_rows_with(const SubstringFinder& finder, std::span<const std::string_view> lines, std::uint32_t base,
                      std::vector<std::uint32_t>& rows);

}  // namespace cordwood::exec

// A set of rows of one block.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cordwood::exec {

class RowBitmap {
 public:
  RowBitmap() = default;
  explicit RowBitmap(std::uint32_t rows, bool all = false)
      : rows_(rows), words_((rows + 63) / 64, all ? ~std::uint64_t{0} : 0) {
    clear_tail();
  }

  std::uint32_t rows() const { return rows_; }
  bool test(std::uint32_t row) const { return (words_[row / 64] >> (row % 64) & 1) != 0; }
  void set(std::uint32_t row) { words_[row / 64] |= std::uint64_t{1} << (row % 64); }
  void reset(std::uint32_t row) { words_[row / 64] &= ~(std::uint64_t{1} << (row % 64)); }
  // 64 rows from 64 * index on, the first in the lowest bit.
  std::span<std::uint64_t> words() { return words_; }
  std::span<const std::uint64_t> words() const { return words_; }

  // The other set is of equally many rows.
  RowBitmap& operator&=(const RowBitmap& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  RowBitmap& operator|=(const RowBitmap& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  void flip() {
    for (std::uint64_t& word : words_) word = ~word;
    clear_tail();
  }

  bool any() const {
    for (const std::uint64_t word : words_) {
      if (word != 0) return true;
    }
    return false;
  }
  std::uint32_t count() const { return count(0, rows_); }
  // Of [begin, end).
  std::uint32_t count(std::uint32_t begin, std::uint32_t end) const {
    std::uint32_t total = 0;
    for_words(begin, end,
              [&](std::uint32_t, std::uint64_t word) { total += static_cast<std::uint32_t>(std::popcount(word)); });
    return total;
  }
  // Calls `use(row)` for those in [begin, end), in order.
  template <typename Use>
  void for_each(std::uint32_t begin, std::uint32_t end, Use use) const {
    for_words(begin, end, [&](std::uint32_t first, std::uint64_t word) {
      for (; word != 0; word &= word - 1) use(first + static_cast<std::uint32_t>(std::countr_zero(word)));
    });
  }
  void append(std::uint32_t begin, std::uint32_t end, std::vector<std::uint32_t>& out) const {
    for_each(begin, end, [&](std::uint32_t row) { out.push_back(row); });
  }

 private:
  template <typename Use>
  void for_words(std::uint32_t begin, std::uint32_t end, Use use) const {
    for (std::uint32_t first = begin / 64 * 64; first < end; first += 64) {
      std::uint64_t word = words_[first / 64];
      if (first < begin) word &= ~std::uint64_t{0} << (begin - first);
      if (end - first < 64) word &= (std::uint64_t{1} << (end - first)) - 1;
      use(first, word);
    }
  }
  void clear_tail() {
    if (rows_ % 64 != 0) words_.back() &= (std::uint64_t{1} << (rows_ % 64)) - 1;
  }

  std::uint32_t rows_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace cordwood::exec

// Columns of a LineBlock: the values of one variable, in the order of the rows whose template mentions it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::codec {

// What values look like to a reader. How they are stored (as deltas, as binary, ...) is the codec's affair: encodings
// are added, forms are not.
enum class ColumnForm : std::uint8_t {
  kConstant = 1,    // every row has the same value
  kIntegers = 2,    // unsigned decimal numbers
  kDictionary = 3,  // few distinct strings
  kBytes = 4,       // strings
  kNested = 5,      // strings cut by templates once more: text ColumnInfo::nested_text of the same block
};

// Which bytes occur in a column's values: one bit for each class. A needle with a byte of a class that is absent is not
// inside any value.
using Alphabet = std::uint32_t;
inline constexpr Alphabet kAlphabetDigits = 1u << 0;
inline constexpr Alphabet kAlphabetLowerHex = 1u << 1;    // a-f
inline constexpr Alphabet kAlphabetLowerOther = 1u << 2;  // g-z
inline constexpr Alphabet kAlphabetUpperHex = 1u << 3;    // A-F
inline constexpr Alphabet kAlphabetUpperOther = 1u << 4;  // G-Z
inline constexpr Alphabet kAlphabetUnderscore = 1u << 5;
inline constexpr Alphabet kAlphabetDash = 1u << 6;
inline constexpr Alphabet kAlphabetDot = 1u << 7;
inline constexpr Alphabet kAlphabetColon = 1u << 8;
inline constexpr Alphabet kAlphabetSlash = 1u << 9;
inline constexpr Alphabet kAlphabetSpace = 1u << 10;
inline constexpr Alphabet kAlphabetQuote = 1u << 11;  // "
inline constexpr Alphabet kAlphabetBackslash = 1u << 12;
inline constexpr Alphabet kAlphabetPunctuation = 1u << 13;  // all other of ! to ~
inline constexpr Alphabet kAlphabetControl = 1u << 14;      // 0 to 31 and 127
inline constexpr Alphabet kAlphabetHigh = 1u << 15;         // 128 and above
inline constexpr Alphabet kAlphabetAll = 0xffff;

Alphabet alphabet_of(unsigned char byte);
Alphabet alphabet_of(std::string_view text);

// What the directory says of a column; no page is needed.
struct ColumnInfo {
  ColumnForm form = ColumnForm::kConstant;
  std::uint32_t count = 0;  // values; 0: the column is not used in this block
  Alphabet alphabet = 0;
  // Of the values' text, in bytes.
  std::uint64_t length_min = 0;
  std::uint64_t length_max = 0;
  // kConstant: the value. Points into the block's directory.
  std::string_view constant;
  // kIntegers: the range of the values, and how they are written.
  std::uint64_t value_min = 0;
  std::uint64_t value_max = 0;
  // Digits are filled with zeros from the left up to `width` (0: no leading zeros). With `scale` > 0 a dot stands
  // before the last `scale` digits; `width` then counts digits without the dot and is at least scale + 1.
  std::uint32_t width = 0;
  std::uint32_t scale = 0;
  // kNested: index of the text, in which row i is value i.
  std::uint32_t nested_text = 0;
  // kDictionary.
  std::uint32_t dictionary_entries = 0;
  // For `inspect`: bytes in pages before compression, and after (of a page shared with others, its part by raw bytes).
  std::uint64_t raw_bytes = 0;
  std::uint64_t stored_bytes = 0;
  std::uint8_t encoding = 0;
};

// Strings one after another. Whoever owns the bytes is said where the list comes from.
class StringList {
 public:
  StringList() = default;
  // String i is [ends[i - 1], ends[i]) of data.
  StringList(const char* data, std::span<const std::uint32_t> ends) : data_(data), ends_(ends) {}
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t i) const {
    std::uint32_t begin = i == 0 ? 0 : ends_[i - 1];
    return {data_ + begin, ends_[i] - begin};
  }
  // All strings without anything between them: one search over this text finds every candidate (and matches that
  // reach over a boundary, to be told by ends()).
  std::string_view joined() const { return {data_, ends_.empty() ? 0 : ends_.back()}; }
  std::span<const std::uint32_t> ends() const { return ends_; }

 private:
  const char* data_ = nullptr;
  std::span<const std::uint32_t> ends_;
};

// A decoded column. Owned by its LineBlock; views live as long as the block.
class Column {
 public:
  const ColumnInfo& info() const { return info_; }
  ColumnForm form() const { return info_.form; }
  std::uint32_t size() const { return info_.count; }

  // kIntegers.
  std::span<const std::uint64_t> integers() const { return integers_; }
  // kDictionary: the distinct values, and the entry of each row (always below entries().size()).
  const StringList& entries() const { return strings_; }
  std::span<const std::uint32_t> ids() const { return ids_; }
  // kBytes.
  const StringList& strings() const { return strings_; }

  // Appends value `position` (below size()) to `out`. Not for kNested: LineBlock::append_value does all forms.
  void append_value(std::uint32_t position, std::string& out) const;

  // Memory that it takes beyond what it points to.
  std::size_t kept_bytes() const {
    return 8 * integers_.capacity() + 4 * ids_.capacity() + 4 * ends_.capacity() + owned_.capacity();
  }

 private:
  friend class ColumnDecoder;
  ColumnInfo info_;
  std::vector<std::uint64_t> integers_;
  std::vector<std::uint32_t> ids_;
  std::vector<std::uint32_t> ends_;
  std::string owned_;  // text that was not stored as such
  StringList strings_;
};

// The digits of `value` as `info` (kIntegers) says.
void append_number(const ColumnInfo& info, std::uint64_t value, std::string& out);

}  // namespace cordwood::codec

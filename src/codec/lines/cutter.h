// Cuts a line into static text and variables. Where it cuts decides only how small and how searchable the block
// becomes: any cut is put together to the same line.
//
// Variables: digits, also with dots between them (numbers, addresses); UUIDs; times of day and dates; tokens that mix
// letters and digits; words that are rare in the text; a quoted string that is not a JSON key, whole. Static:
// everything else. `name123` is the static text `name` and a variable if the name cannot be the start of a hexadecimal
// number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/lines/byte_classes.h"
#include "codec/lines/word_set.h"

namespace cordwood::codec::lines {

// Bytes [begin, begin + length) of the buffer that holds all lines of a block.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t length : 31 = 0;
  std::uint32_t time : 1 = 0;  // a variable that timestamps.h can read
  std::uint32_t size() const { return length; }
  std::uint32_t end() const { return begin + length; }
};

// The lines of a block, one after another, and the class of each byte.
struct LineBuffer {
  std::string bytes;  // followed by ByteClasses::kPadding more
  std::size_t size = 0;
  ByteClasses classes;
};

class Cutter {
 public:
  // Counts the words of a sample of `rows`, to tell rare words from others.
  void learn(const LineBuffer& buffer, std::span<const Span> rows);
  // Appends the variables of `row`, in order and without overlap; at most `variables_max`: the last one is then the
  // rest of the row. A variable may be empty only as such a rest. Gives a hash of the static text between.
  std::uint64_t cut(const LineBuffer& buffer, Span row, std::uint32_t variables_max,
                    std::vector<Span>& variables) const;

 private:
  WordSet words_;
};

}  // namespace cordwood::codec::lines

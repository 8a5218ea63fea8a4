#include "codec/lines/cutter.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "codec/lines/timestamps.h"

namespace cordwood::codec::lines {

namespace {

// A sample's size: enough rows that one in a thousand is seen several times.
constexpr std::size_t kSampleRows = 2'048;
constexpr std::uint32_t kSampleBytesOfRow = 8'192;
constexpr std::uint64_t kSampleBytes = 384u << 10;
constexpr std::uint32_t kTimesMin = 4;

bool is_level(std::string_view word) {
  constexpr std::string_view kLevels[] = {"trace",   "debug", "info",  "information", "notice", "warn",
                                          "warning", "error", "err",   "eror",        "fatal",  "critical",
                                          "emerg",   "panic", "alert", "crit"};
  if (word.size() < 3 || word.size() > 11) return false;
  char lower[11];
  for (std::size_t i = 0; i < word.size(); ++i) lower[i] = static_cast<char>(word[i] | 0x20);
  return std::ranges::find(kLevels, std::string_view(lower, word.size())) != std::end(kLevels);
}

// Calls visitor.word(begin, end) for words of letters, which may be static, visitor.time(begin, end) for times, and
// visitor.variable(begin, end) for all else that is cut out of a row. Either gives false to stop.
template <typename Visitor>
class Scan {
 public:
  Scan(const LineBuffer& buffer, std::uint32_t begin, std::uint32_t end, Visitor& visitor)
      : text_(buffer.bytes.data()), classes_(buffer.classes), begin_(begin), end_(end), visitor_(visitor) {}

  void run() {
    std::uint32_t at = begin_;
    while ((at = classes_.stop().next(at, end_)) != end_) {
      if (text_[at] == '"') {
        at = at == key_close_ ? at + 1 : quote(at);
      } else if (text_[at] == '\\') {
        ++at;
      } else {
        at = token(at);
      }
      if (at == kStopped) return;
    }
  }

 private:
  static constexpr std::uint32_t kStopped = 0xffffffff;

  std::uint32_t variable(std::uint32_t first, std::uint32_t end, std::uint32_t next) {
    return visitor_.variable(first, end) ? next : kStopped;
  }

  // A quoted value is one variable; the quotes of a key, of nothing, of a level and an unclosed quote are delimiters.
  std::uint32_t quote(std::uint32_t open) {
    if (open != begin_ && text_[open - 1] == '\\') return escaped_quote(open);
    std::uint32_t close = classes_.mark().next(open + 1, end_);
    while (close != end_ && text_[close] == '\\') {
      close = classes_.mark().next(std::min(close + 2, end_), end_);
    }
    if (close == end_ || close == open + 1) return open + 1;
    if (close + 1 != end_ && text_[close + 1] == ':') {
      key_close_ = close;
      return open + 1;
    }
    if (is_level({text_ + open + 1, close - open - 1})) return close + 1;
    return variable(open + 1, close, close + 1);
  }

  // The same within a string: \"key\":\"value\".
  std::uint32_t escaped_quote(std::uint32_t open) {
    std::uint32_t close = classes_.mark().next(open + 1, end_);
    while (close != end_ && !(text_[close] == '"' && text_[close - 1] == '\\')) {
      close = classes_.mark().next(close + 1, end_);
    }
    if (close == end_ || close - open <= 2) return open + 1;
    if (close + 1 != end_ && text_[close + 1] == ':') {
      key_close_ = close;
      return open + 1;
    }
    return variable(open + 1, close - 1, close + 1);
  }

  std::uint32_t token(std::uint32_t first) {
    std::uint32_t at = classes_.token().next_zero(first, end_);
    std::uint32_t length = at - first;
    if (length > 64) return long_token(first, at);
    std::uint64_t mask = ~std::uint64_t{0} >> (64 - length);
    std::uint64_t digits = classes_.digit().bits(first) & mask;
    if (digits == 0) return visitor_.word(first, at) ? at : kStopped;
    if (digits == mask) return number(first, at);
    auto letters = static_cast<std::uint32_t>(std::countr_zero(digits));
    bool digits_last = digits >> letters == mask >> letters;
    std::uint64_t no_hex = classes_.no_hex().bits(first);
    if (digits_last && letters != 0 && (no_hex & ((std::uint64_t{1} << letters) - 1)) != 0) {
      if (!visitor_.word(first, first + letters)) return kStopped;
      return variable(first + letters, at, at);
    }
    if (length == 8 && is_uuid(first)) at = first + 36;
    return variable(first, at, at);
  }

  std::uint32_t long_token(std::uint32_t first, std::uint32_t at) {
    if (classes_.digit().next(first, at) == at) return visitor_.word(first, at) ? at : kStopped;
    return variable(first, at, at);
  }

  std::uint32_t number(std::uint32_t first, std::uint32_t at) {
    bool may_be_time = (at - first == 2 || at - first == 4) && at != end_ &&
                       (text_[at] == ':' || text_[at] == '-' || text_[at] == '/');
    if (may_be_time) {
      if (const char* stop = timestamp_end(text_ + first, text_ + end_)) {
        auto end = static_cast<std::uint32_t>(stop - text_);
        return visitor_.time(first, end) ? end : kStopped;
      }
    }
    at = number_end(at);
    return variable(first, at, at);
  }

  // Where the number goes on after a dot: 1.5, 10.0.0.1.
  std::uint32_t number_end(std::uint32_t at) const {
    while (at + 1 < end_ && text_[at] == '.') {
      std::uint32_t part = classes_.digit().next_zero(at + 1, end_);
      if (part == at + 1 || classes_.token().next_zero(at + 1, end_) != part) return at;
      at = part;
    }
    return at;
  }

  // `first` begins a token of 8 bytes.
  bool is_uuid(std::uint32_t first) const {
    constexpr std::uint64_t kLength = 36;
    constexpr std::uint64_t kDashes = 1u << 8 | 1u << 13 | 1u << 18 | 1u << 23;
    constexpr std::uint64_t kAll = (std::uint64_t{1} << kLength) - 1;
    if (end_ - first < kLength || (classes_.no_hex().bits(first) & kAll) != 0) return false;
    if ((classes_.token().bits(first) & kAll) != (kAll & ~kDashes)) return false;
    if (text_[first + 8] != '-' || text_[first + 13] != '-' || text_[first + 18] != '-' || text_[first + 23] != '-') {
      return false;
    }
    return first + kLength == end_ || (classes_.token().bits(first) >> kLength & 1) == 0;
  }

  const char* text_;
  const ByteClasses& classes_;
  std::uint32_t begin_;
  std::uint32_t end_;
  Visitor& visitor_;
  std::uint32_t key_close_ = kStopped;  // the quote that ends the key being read
};

struct CountWords {
  const char* text;
  WordSet& words;
  bool word(std::uint32_t first, std::uint32_t end) const {
    words.count(word_hash(text + first, end - first));
    return true;
  }
  static bool variable(std::uint32_t, std::uint32_t) { return true; }
  static bool time(std::uint32_t, std::uint32_t) { return true; }
};

struct CollectVariables {
  const WordSet& words;
  const char* text;
  Span row;
  std::size_t size_max;
  std::vector<Span>& out;
  std::uint32_t static_begin;
  std::uint64_t hash = 0;

  bool word(std::uint32_t first, std::uint32_t end) {
    std::uint32_t length = end - first;
    if (words.contains(word_hash(text + first, length)) || is_level({text + first, length})) return true;
    return variable(first, end);
  }
  bool variable(std::uint32_t first, std::uint32_t end) { return add(first, end, 0); }
  bool time(std::uint32_t first, std::uint32_t end) { return add(first, end, 1); }
  bool add(std::uint32_t first, std::uint32_t end, std::uint32_t time) {
    bool last = out.size() + 1 == size_max;
    if (last) end = row.end();
    out.push_back({first, (end - first) & 0x7fffffff, last ? 0 : time & 1});
    hash = next_hash(hash, word_hash(text + static_begin, first - static_begin) + time);
    static_begin = end;
    return !last;
  }
};

}  // namespace

void Cutter::learn(const LineBuffer& buffer, std::span<const Span> rows) {
  words_.clear();
  std::uint64_t all_bytes = 0;
  for (Span row : rows) all_bytes += std::min(row.size(), kSampleBytesOfRow);
  std::size_t step = std::max<std::size_t>({1, rows.size() / kSampleRows, all_bytes / kSampleBytes});
  CountWords visitor{buffer.bytes.data(), words_};
  std::uint32_t sampled = 0;
  for (std::size_t i = 0; i < rows.size(); i += step) {
    std::uint32_t length = std::min(rows[i].size(), kSampleBytesOfRow);
    Scan<CountWords>(buffer, rows[i].begin, rows[i].begin + length, visitor).run();
    ++sampled;
  }
  words_.keep(std::max(kTimesMin, sampled / 1'000));
}

std::uint64_t Cutter::cut(const LineBuffer& buffer, Span row, std::uint32_t variables_max,
                          std::vector<Span>& variables) const {
  const char* text = buffer.bytes.data();
  CollectVariables visitor{words_, text, row, variables.size() + variables_max, variables, row.begin};
  Scan<CollectVariables>(buffer, row.begin, row.end(), visitor).run();
  std::uint64_t hash =
      next_hash(visitor.hash, word_hash(text + visitor.static_begin, row.end() - visitor.static_begin));
  return hash ^ (hash >> 31);
}

}  // namespace cordwood::codec::lines

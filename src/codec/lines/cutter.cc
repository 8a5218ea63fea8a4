#include "codec/lines/cutter.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "codec/lines/timestamps.h"

namespace cordwood::codec::lines {

namespace {

// A sample's size: enough rows that one in a thousand is seen several times.
constexpr std::size_t kSampleRows = 4'096;
constexpr std::uint32_t kSampleBytesOfRow = 16'384;
constexpr std::uint64_t kSampleBytes = 1u << 20;
constexpr std::uint32_t kTimesMin = 4;

enum Class : std::uint8_t { kOther = 0, kDigit = 1, kHexLetter = 2, kLetter = 4 };

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    if (c >= '0' && c <= '9') classes[c] = kDigit;
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) classes[c] = kHexLetter;
    if ((c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '_' || c >= 128) classes[c] = kLetter;
  }
  return classes;
}();

std::uint8_t class_of(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}

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
  Scan(const char* begin, const char* end, Visitor& visitor) : begin_(begin), end_(end), visitor_(visitor) {}

  void run() {
    const char* at = begin_;
    while (at != end_) {
      std::uint8_t c = class_of(*at);
      if (c == kOther) {
        at = *at == '"' && at != key_close_ ? quote(at) : at + 1;
      } else {
        at = token(at);
      }
      if (at == nullptr) return;
    }
  }

 private:
  // A quoted value is one variable; the quotes of a key, of nothing, of a level and an unclosed quote are delimiters.
  const char* quote(const char* open) {
    if (open != begin_ && open[-1] == '\\') return escaped_quote(open);
    const char* close = open + 1;
    while (close != end_ && *close != '"') close += (*close == '\\' && close + 1 != end_) ? 2 : 1;
    if (close == end_ || close == open + 1) return open + 1;
    const char* next = close + 1;
    if (next != end_ && *next == ':') {
      key_close_ = close;
      return open + 1;
    }
    if (is_level({open + 1, static_cast<std::size_t>(close - open - 1)})) return close + 1;
    return visitor_.variable(open + 1, close) ? close + 1 : nullptr;
  }

  // The same within a string: \"key\":\"value\".
  const char* escaped_quote(const char* open) {
    const char* close = open + 1;
    while (close != end_ && !(*close == '"' && close[-1] == '\\')) ++close;
    if (close == end_ || close - open <= 2) return open + 1;
    if (close + 1 != end_ && close[1] == ':') {
      key_close_ = close;
      return open + 1;
    }
    return visitor_.variable(open + 1, close - 1) ? close + 1 : nullptr;
  }

  const char* token(const char* first) {
    const char* at = first;
    std::uint8_t seen = 0;
    const char* letters_end = nullptr;  // of the letters that the token begins with
    bool digits_last = true;            // only digits follow these
    while (at != end_ && class_of(*at) != kOther) {
      std::uint8_t c = class_of(*at);
      if (c == kDigit && letters_end == nullptr) letters_end = at;
      if (c != kDigit && letters_end != nullptr) digits_last = false;
      seen |= c;
      ++at;
    }
    if ((seen & kDigit) == 0) return visitor_.word(first, at) ? at : nullptr;
    if (seen == kDigit && (at - first == 2 || at - first == 4) && at != end_ && may_be_time(*at)) {
      if (const char* stop = timestamp_end(first, end_)) return visitor_.time(first, stop) ? stop : nullptr;
    }
    if (seen == kDigit) return visitor_.variable(first, number_end(at)) ? number_end(at) : nullptr;
    if (digits_last && letters_end != first && !all_hex(first, letters_end)) {
      return visitor_.word(first, letters_end) && visitor_.variable(letters_end, at) ? at : nullptr;
    }
    if (at - first == 8 && is_uuid(first)) at = first + 36;
    return visitor_.variable(first, at) ? at : nullptr;
  }

  static bool may_be_time(char after_digits) {
    return after_digits == ':' || after_digits == '-' || after_digits == '/';
  }

  // Where the number goes on after a dot: 1.5, 10.0.0.1.
  const char* number_end(const char* at) const {
    while (end_ - at >= 2 && *at == '.' && class_of(at[1]) == kDigit) {
      const char* part = at + 1;
      while (part != end_ && class_of(*part) == kDigit) ++part;
      if (part != end_ && class_of(*part) != kOther) return at;
      at = part;
    }
    return at;
  }

  static bool all_hex(const char* at, const char* end) {
    return std::all_of(at, end, [](char c) { return class_of(c) == kHexLetter; });
  }

  bool is_uuid(const char* first) const {
    if (end_ - first < 36) return false;
    for (int i = 0; i < 36; ++i) {
      bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? first[i] != '-' : (class_of(first[i]) & (kDigit | kHexLetter)) == 0) return false;
    }
    return end_ - first == 36 || class_of(first[36]) == kOther;
  }

  const char* begin_;
  const char* end_;
  Visitor& visitor_;
  const char* key_close_ = nullptr;  // the quote that ends the key being read
};

struct CountWords {
  WordSet& words;
  bool word(const char* first, const char* end) const {
    words.count(word_hash(first, static_cast<std::size_t>(end - first)));
    return true;
  }
  static bool variable(const char*, const char*) { return true; }
  static bool time(const char*, const char*) { return true; }
};

struct CollectVariables {
  const WordSet& words;
  const char* buffer;
  Span row;
  std::size_t size_max;
  std::vector<Span>& out;

  bool word(const char* first, const char* end) const {
    auto length = static_cast<std::size_t>(end - first);
    if (words.contains(word_hash(first, length)) || is_level({first, length})) return true;
    return variable(first, end);
  }
  bool variable(const char* first, const char* end) const {
    auto begin = static_cast<std::uint32_t>(first - buffer);
    bool last = out.size() + 1 == size_max;
    std::uint32_t stop = last ? row.end() : static_cast<std::uint32_t>(end - buffer);
    out.push_back({begin, (stop - begin) & 0x7fffffff, 0});
    return !last;
  }
  bool time(const char* first, const char* end) const {
    bool more = variable(first, end);
    if (more) out.back().time = 1;
    return more;
  }
};

}  // namespace

void Cutter::learn(const char* buffer, std::span<const Span> rows) {
  words_.clear();
  std::size_t step = std::max<std::size_t>(1, rows.size() / kSampleRows);
  CountWords visitor{words_};
  std::uint64_t bytes = 0;
  std::uint32_t sampled = 0;
  for (std::size_t i = 0; i < rows.size() && bytes < kSampleBytes; i += step) {
    std::uint32_t length = std::min(rows[i].size(), kSampleBytesOfRow);
    Scan<CountWords>(buffer + rows[i].begin, buffer + rows[i].begin + length, visitor).run();
    bytes += length;
    ++sampled;
  }
  words_.keep(std::max(kTimesMin, sampled / 1'000));
}

void Cutter::cut(const char* buffer, Span row, std::uint32_t variables_max, std::vector<Span>& variables) const {
  CollectVariables visitor{words_, buffer, row, variables.size() + variables_max, variables};
  Scan<CollectVariables>(buffer + row.begin, buffer + row.end(), visitor).run();
}

}  // namespace cordwood::codec::lines

#include "exec/encoded/logfmt_template.h"

#include <utility>

namespace cordwood::exec {
namespace {

// A value with such a byte may end a pair.
constexpr codec::Alphabet kSpace = codec::kAlphabetSpace | codec::kAlphabetControl;
// A value with such a byte, `=` among them, may end a key.
constexpr codec::Alphabet kEndsKey = kSpace | codec::kAlphabetPunctuation | codec::kAlphabetQuote;

class Reader : FlatReader {
 public:
  using FlatReader::FlatReader;

  std::optional<std::vector<LogfmtPair>> pairs() {
    std::vector<LogfmtPair> pairs;
    while (true) {
      while (at_space()) next();
      if (peek() == kEnd) return pairs;
      LogfmtPair read;
      read.begin = place();
      if (!pair(read)) return std::nullopt;
      read.end = place();
      pairs.push_back(std::move(read));
    }
  }

 private:
  bool at_space() const { return peek() >= 0 && peek() <= ' '; }

  bool pair(LogfmtPair& out) {
    bool empty = true;
    for (; peek() != kEnd && !at_space(); empty = false) {
      const int c = peek();
      if (c == kVariable) {
        // What is not valid UTF-8 makes a key malformed.
        if ((variable().alphabet & (kEndsKey | codec::kAlphabetHigh)) != 0 || variable().length_min == 0) return false;
        out.key_known = false;
      } else if (c >= 0x80) {
        return false;
      } else if (c == '"' || (c == '=' && empty)) {
        return skip_plain();
      } else if (c == '=') {
        next();
        return value();
      } else {
        out.key.push_back(static_cast<char>(c));
      }
      next();
    }
    return true;
  }
  bool value() {
    if (peek() == '"') return quoted();
    if (peek() == kVariable && ((variable().alphabet & codec::kAlphabetQuote) != 0 || variable().length_min == 0)) {
      return false;
    }
    return skip_plain();
  }
  // Up to the next white space: a malformed value is stepped over in the same way.
  bool skip_plain() {
    for (; peek() != kEnd && !at_space(); next()) {
      if (peek() == kVariable && (variable().alphabet & kSpace) != 0) return false;
    }
    return true;
  }
  bool quoted() {
    next();
    bool escapes = false;
    while (peek() != kEnd) {
      const int c = peek();
      if (c == kVariable && (variable().alphabet & (codec::kAlphabetQuote | codec::kAlphabetBackslash)) != 0) {
        return false;
      }
      next();
      if (c == '\\') {
        if (peek() < 0) return false;
        next();
        escapes = true;
      } else if (c == '"') {
        // A wrong escape takes with it what follows without white space.
        return !escapes || peek() == kEnd || at_space();
      }
    }
    return true;
  }
};

}  // namespace

std::optional<std::vector<LogfmtPair>> pairs_of_template(const std::vector<FlatPiece>& pieces) {
  return Reader(pieces).pairs();
}

}  // namespace cordwood::exec

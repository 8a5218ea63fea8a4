#include "exec/encoded/json_template.h"

namespace cordwood::exec {
namespace {

constexpr codec::Alphabet kEndsWord = codec::kAlphabetSpace | codec::kAlphabetControl | codec::kAlphabetPunctuation |
                                      codec::kAlphabetQuote | codec::kAlphabetBackslash | codec::kAlphabetHigh;

class Reader : FlatReader {
 public:
  using FlatReader::FlatReader;

  std::optional<std::vector<JsonMember>> object() {
    std::vector<JsonMember> members;
    skip_space();
    if (!take('{')) return std::nullopt;
    skip_space();
    if (peek() == '}') return members;
    while (true) {
      JsonMember member;
      member.begin = place();
      if (!key(member.key)) return std::nullopt;
      skip_space();
      if (!take(':')) return std::nullopt;
      skip_space();
      member.is_object = peek() == '{';
      if (!value()) return std::nullopt;
      member.end = place();
      members.push_back(std::move(member));
      skip_space();
      if (peek() == '}') return members;
      if (!take(',')) return std::nullopt;
      skip_space();
    }
  }

 private:
  void skip_space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') next();
  }

  bool key(std::string& out) {
    if (!take('"')) return false;
    while (peek() >= 0 && peek() != '"' && peek() != '\\') {
      out.push_back(static_cast<char>(peek()));
      next();
    }
    return take('"');
  }
  bool value() {
    switch (peek()) {
      case '"':
        return string();
      case '{':
        return block('{', '}');
      case '[':
        return block('[', ']');
      default:
        return word();
    }
  }
  bool string() {
    next();
    while (true) {
      const int c = peek();
      if (c == kEnd) return false;
      if (c == kVariable && (variable().alphabet & (codec::kAlphabetQuote | codec::kAlphabetBackslash)) != 0) {
        return false;
      }
      next();
      if (c == '"') return true;
      if (c != '\\') continue;
      if (peek() < 0) return false;
      next();
    }
  }
  bool block(char open, char close) {
    int level = 0;
    while (true) {
      const int c = peek();
      if (c == kEnd) return false;
      if (c == kVariable) {
        if ((variable().alphabet & (codec::kAlphabetQuote | codec::kAlphabetPunctuation)) != 0) return false;
        next();
      } else if (c == '"') {
        if (!string()) return false;
      } else {
        next();
        if (c == static_cast<unsigned char>(open)) ++level;
        if (c == static_cast<unsigned char>(close) && --level == 0) return true;
      }
    }
  }
  // A number, true, false or null.
  bool word() {
    const int first = peek();
    bool number = (first >= '0' && first <= '9') || first == '-';
    if (first == kVariable) {
      number = piece().begins_number;
      if (!number) return false;
    }
    std::string text;
    while (true) {
      const int c = peek();
      if (c == kEnd) return false;
      if (c == kVariable) {
        if (!number || (variable().alphabet & kEndsWord) != 0) return false;
      } else {
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ',' || c == '}' || c == ']') break;
        text.push_back(static_cast<char>(c));
      }
      next();
    }
    return number || text == "true" || text == "false" || text == "null";
  }
};

}  // namespace

std::optional<std::vector<JsonMember>> members_of_template(const std::vector<FlatPiece>& pieces) {
  return Reader(pieces).object();
}

}  // namespace cordwood::exec

// fmt.Sprintf for the values templates know. Grammar and error forms ("%!d(string=hi)"): https://pkg.go.dev/fmt.
#include <algorithm>
#include <cmath>

#include "core/go_strings.h"
#include "core/labels.h"
#include "pipeline/gotemplate/functions.h"
#include "pipeline/text/go_number.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline::gotemplate {
namespace {

// Widths and precisions beyond this are refused, as in Go.
constexpr int kWidthMax = 1000000;

std::string quoted(std::string_view text) {
  std::string out;
  core::append_go_quoted(out, text);
  return out;
}

struct Flags {
  bool minus = false;
  bool plus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  int width = -1;
  int precision = -1;
};

std::size_t rune_count(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(core::decode_rune(text).bytes);
  return count;
}

std::string_view first_runes(std::string_view text, std::size_t count) {
  std::size_t bytes = 0;
  for (; count > 0 && bytes < text.size(); --count) bytes += core::decode_rune(text.substr(bytes)).bytes;
  return text.substr(0, bytes);
}

class Printer {
 public:
  Printer(std::string_view format, std::span<const Value> arguments) : format_(format), arguments_(arguments) {}

  base::StatusOr<std::string> run() {
    while (at_ < format_.size()) {
      const std::size_t percent = std::min(format_.find('%', at_), format_.size());
      out_.append(format_.substr(at_, percent - at_));
      at_ = percent;
      if (at_ < format_.size()) verb();
      if (out_.size() > kTemplateBytesMax) return base::invalid_argument_error("result is too long");
    }
    if (!reordered_ && used_ < arguments_.size()) append_extra();
    return std::move(out_);
  }

 private:
  char peek() const { return at_ < format_.size() ? format_[at_] : '\0'; }

  // Digits at the front; -1 when there are none or too many.
  int number() {
    int value = -1;
    while (peek() >= '0' && peek() <= '9') {
      value = std::min(std::max(value, 0) * 10 + (peek() - '0'), kWidthMax + 1);
      ++at_;
    }
    return value > kWidthMax ? -1 : value;
  }

  // [n]
  void argument_index() {
    good_index_ = true;
    if (peek() != '[') return;
    reordered_ = true;
    const std::size_t close = format_.find(']', at_);
    if (close == std::string_view::npos) {
      ++at_;
      good_index_ = false;
      return;
    }
    ++at_;
    const int index = number();
    good_index_ = at_ == close && index >= 1 && static_cast<std::size_t>(index) <= arguments_.size();
    at_ = close + 1;
    if (good_index_) used_ = static_cast<std::size_t>(index) - 1;
  }

  bool star(int& value) {
    if (used_ >= arguments_.size()) return false;
    const auto* integer = arguments_[used_++].as<Integer>();
    if (integer == nullptr || integer->value > kWidthMax || integer->value < -kWidthMax) return false;
    value = static_cast<int>(integer->value);
    return true;
  }

  void take_flags() {
    for (++at_; at_ < format_.size(); ++at_) {
      switch (format_[at_]) {
        case '#':
          flags_.sharp = true;
          continue;
        case '0':
          flags_.zero = true;
          continue;
        case '+':
          flags_.plus = true;
          continue;
        case '-':
          flags_.minus = true;
          continue;
        case ' ':
          flags_.space = true;
          continue;
        default:
          return;
      }
    }
  }

  void take_width() {
    argument_index();
    if (peek() != '*') {
      flags_.width = number();
      return;
    }
    ++at_;
    if (!star(flags_.width)) out_.append("%!(BADWIDTH)");
    if (flags_.width < 0) {
      flags_.width = flags_.width == -1 ? 1 : -flags_.width;
      flags_.minus = true;
    }
  }

  void take_precision() {
    if (peek() != '.') return;
    ++at_;
    argument_index();
    if (peek() == '*') {
      ++at_;
      if (!star(flags_.precision) || flags_.precision < 0) {
        flags_.precision = -1;
        out_.append("%!(BADPREC)");
      }
    } else {
      flags_.precision = std::max(number(), 0);
    }
  }

  void verb() {
    flags_ = {};
    take_flags();
    take_width();
    take_precision();
    if (good_index_) argument_index();
    if (at_ >= format_.size()) {
      out_.append("%!(NOVERB)");
      return;
    }
    const core::Rune rune = core::decode_rune(format_.substr(at_));
    const std::string_view name = format_.substr(at_, rune.bytes);
    at_ += rune.bytes;
    if (flags_.minus) flags_.zero = false;
    if (name == "%") {
      out_.push_back('%');
    } else if (!good_index_) {
      out_.append("%!").append(name).append("(BADINDEX)");
    } else if (used_ >= arguments_.size()) {
      out_.append("%!").append(name).append("(MISSING)");
    } else {
      print(arguments_[used_++], name);
    }
  }

  void append_extra() {
    out_.append("%!(EXTRA ");
    for (std::size_t i = used_; i < arguments_.size(); ++i) {
      if (i != used_) out_.append(", ");
      if (arguments_[i].is_nothing()) {
        out_.append("<nil>");
      } else {
        out_.append(type_name(arguments_[i])).append("=");
        append_printed(out_, arguments_[i]);
      }
    }
    out_.push_back(')');
  }

  void pad(std::string_view text) {
    const std::size_t length = rune_count(text);
    const std::size_t fill = flags_.width > 0 && static_cast<std::size_t>(flags_.width) > length
                                 ? static_cast<std::size_t>(flags_.width) - length
                                 : 0;
    if (flags_.minus) {
      out_.append(text).append(fill, ' ');
    } else {
      out_.append(fill, flags_.zero ? '0' : ' ').append(text);
    }
  }
  // Zeros go between the sign and the digits.
  void pad_number(std::string_view text) {
    const bool sign = !text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == ' ');
    if (!flags_.zero || !sign || flags_.width < 0) return pad(text);
    out_.push_back(text[0]);
    --flags_.width;
    pad(text.substr(1));
  }

  void bad_verb(const Value& value, std::string_view name) {
    out_.append("%!").append(name).append("(");
    if (value.is_nothing()) {
      out_.append("<nil>");
    } else {
      out_.append(type_name(value)).append("=");
      append_printed(out_, value);
    }
    out_.push_back(')');
  }

  void print(const Value& value, std::string_view name) {
    const char c = name.size() == 1 ? name[0] : '\0';
    if (c == 'T') return pad(value.is_nothing() ? "<nil>" : type_name(value));
    if (value.is_nothing()) return c == 'v' ? pad("<nil>") : bad_verb(value, name);
    if (const auto* text = value.as<std::string>()) return print_text(value, *text, c, name);
    if (const auto* integer = value.as<Integer>()) return print_integer(value, *integer, c, name);
    if (const auto* number = value.as<double>()) return print_float(value, *number, c, name);
    if (const auto* boolean = value.as<bool>()) {
      return c == 't' || c == 'v' ? pad(*boolean ? "true" : "false") : bad_verb(value, name);
    }
    // Lists, maps and times as a whole: their text, quoted for %q.
    if (c == 'q') return pad(quoted(printed(value)));
    if (c == 'v' || c == 's' || c == 'd') return pad(printed(value));
    bad_verb(value, name);
  }

  void print_text(const Value& value, std::string_view text, char c, std::string_view name) {
    if (flags_.precision >= 0 && c != 'x' && c != 'X')
      text = first_runes(text, static_cast<std::size_t>(flags_.precision));
    switch (c) {
      case 's':
        return pad(text);
      case 'v':
        return flags_.sharp ? pad(quoted(text)) : pad(text);
      case 'q':
        if (flags_.sharp && text.find('`') == std::string_view::npos) return pad("`" + std::string(text) + "`");
        return pad(quoted(text));
      case 'x':
      case 'X':
        return print_hex_text(text, c == 'X');
      default:
        return bad_verb(value, name);
    }
  }

  void print_hex_text(std::string_view text, bool upper) {
    const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    if (flags_.precision >= 0) text = text.substr(0, static_cast<std::size_t>(flags_.precision));
    std::string hex;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (flags_.space && i != 0) hex.push_back(' ');
      if (flags_.sharp && (flags_.space || i == 0)) hex.append(upper ? "0X" : "0x");
      const auto byte = static_cast<unsigned char>(text[i]);
      hex.push_back(digits[byte >> 4]);
      hex.push_back(digits[byte & 15]);
    }
    pad(hex);
  }

  void print_integer(const Value& value, const Integer& integer, char c, std::string_view name) {
    const bool named = integer.type > IntType::kUint8;
    switch (c) {
      case 'v':
      case 'd':
        if (named && c == 'v') return pad(printed(value));
        return print_digits(integer.value, 10, false);
      case 'b':
        return print_digits(integer.value, 2, false);
      case 'o':
      case 'O':
        return print_digits(integer.value, 8, false, c == 'O' ? "0o" : "");
      case 'x':
        return print_digits(integer.value, 16, false);
      case 'X':
        return print_digits(integer.value, 16, true);
      case 's':
      case 'q':
        if (named) return pad(c == 'q' ? quoted(printed(value)) : printed(value));
        if (c == 's') return bad_verb(value, name);
        return print_rune(integer.value, true);
      case 'c':
        return print_rune(integer.value, false);
      case 'U':
        return pad(fmt::format("U+{:04X}", static_cast<std::uint64_t>(integer.value)));
      default:
        return bad_verb(value, name);
    }
  }

  void print_rune(std::int64_t code, bool quote) {
    std::string text;
    core::append_rune(text, code < 0 || code > 0x10FFFF ? char32_t{0xFFFD} : static_cast<char32_t>(code));
    if (!quote) return pad(text);
    std::string inner = quoted(text);
    inner = inner.substr(1, inner.size() - 2);
    if (inner == "\\\"") inner = "\"";
    if (inner == "'") inner = "\\'";
    pad("'" + inner + "'");
  }

  void print_digits(std::int64_t value, unsigned base, bool upper, std::string_view prefix = {}) {
    const bool negative = value < 0;
    std::uint64_t rest = negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    std::string digits;
    do {
      digits.push_back((upper ? "0123456789ABCDEF" : "0123456789abcdef")[rest % base]);
      rest /= base;
    } while (rest != 0);
    if (flags_.precision == 0 && value == 0) digits.clear();
    // A precision is the least number of digits, and takes zero padding's place.
    const std::size_t least = flags_.precision > 0 ? static_cast<std::size_t>(flags_.precision) : 0;
    if (digits.size() < least) digits.append(least - digits.size(), '0');
    if (flags_.precision >= 0) flags_.zero = false;
    std::reverse(digits.begin(), digits.end());
    std::string text = negative ? "-" : flags_.plus ? "+" : flags_.space ? " " : "";
    if (flags_.sharp && prefix.empty())
      prefix = base == 16 ? (upper ? "0X" : "0x") : base == 8 ? "0" : base == 2 ? "0b" : "";
    text.append(prefix).append(digits);
    pad_number(text);
  }

  void print_float(const Value& value, double number, char c, std::string_view name) {
    char form = c;
    int precision = flags_.precision;
    switch (c) {
      case 'v':
        form = 'g';
        break;
      case 'e':
      case 'E':
      case 'f':
      case 'F':
        if (precision < 0) precision = 6;
        break;
      case 'g':
      case 'G':
        break;
      default:
        return bad_verb(value, name);
    }
    std::string text = format_float(number, form == 'F' ? 'f' : form, precision);
    if (std::isinf(number) || std::isnan(number)) flags_.zero = false;
    // Infinities carry their sign already.
    if (text[0] != '-' && text[0] != '+') {
      if (flags_.plus) {
        text.insert(text.begin(), '+');
      } else if (flags_.space) {
        text.insert(text.begin(), ' ');
      }
    }
    pad_number(text);
  }

  std::string_view format_;
  std::span<const Value> arguments_;
  std::size_t at_ = 0;
  std::size_t used_ = 0;
  bool reordered_ = false;
  bool good_index_ = true;
  Flags flags_;
  std::string out_;
};

}  // namespace

base::StatusOr<std::string> go_printf(std::string_view format, std::span<const Value> arguments) {
  return Printer(format, arguments).run();
}

}  // namespace cordwood::pipeline::gotemplate

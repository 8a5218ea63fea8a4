// Strings, regular expressions and encodings: Loki's own functions and those it takes from sprig.
#include <algorithm>
#include <utility>
#include <vector>

#include "core/go_strings.h"
#include "core/labels.h"
#include "logql/units.h"
#include "pipeline/gotemplate/escape.h"
#include "pipeline/gotemplate/functions.h"
#include "pipeline/gotemplate/json_value.h"
#include "pipeline/text/regex.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline::gotemplate {
namespace {

using Arguments = std::span<const Value>;
using ValueOr = base::StatusOr<Value>;
using P = ParameterType;

const std::string& text(const Value& value) {
  return *value.as<std::string>();
}
std::int64_t integer(const Value& value) {
  return value.as<Integer>()->value;
}
base::Status error(std::string_view message) {
  return base::invalid_argument_error("{}", message);
}
base::Status too_long() {
  return error("result is too long");
}

// --- case and white space --------------------------------------------------------------------------------------------

ValueOr to_lower_case(const CallContext&, Arguments a) {
  return Value(to_lower(text(a[0])));
}
ValueOr to_upper_case(const CallContext&, Arguments a) {
  return Value(to_upper(text(a[0])));
}

// strings.Title: upper case for letters that begin a word.
ValueOr title(const CallContext&, Arguments a) {
  std::string out;
  bool begins = true;
  for (std::string_view rest = text(a[0]); !rest.empty();) {
    const core::Rune rune = core::decode_rune(rest);
    core::append_rune(out, begins ? to_upper_rune(rune.code) : rune.code);
    const bool word = rune.code < 0x80 ? is_letter_rune(rune.code) || is_digit_rune(rune.code) || rune.code == '_'
                                       : !is_space_rune(rune.code) || is_letter_rune(rune.code);
    begins = !word;
    rest.remove_prefix(rune.bytes);
  }
  return Value(std::move(out));
}

ValueOr trim_spaces(const CallContext&, Arguments a) {
  return Value(std::string(trim_space(text(a[0]))));
}

bool in_cutset(std::string_view cutset, char32_t rune) {
  while (!cutset.empty()) {
    const core::Rune one = core::decode_rune(cutset);
    if (one.code == rune) return true;
    cutset.remove_prefix(one.bytes);
  }
  return false;
}

std::string trim_set(std::string_view subject, std::string_view cutset, bool left, bool right) {
  while (left && !subject.empty()) {
    const core::Rune rune = core::decode_rune(subject);
    if (!in_cutset(cutset, rune.code)) break;
    subject.remove_prefix(rune.bytes);
  }
  while (right && !subject.empty()) {
    std::size_t begin = subject.size() - 1;
    while (begin > 0 && subject.size() - begin < 4 && (static_cast<unsigned char>(subject[begin]) & 0xC0) == 0x80)
      --begin;
    core::Rune rune = core::decode_rune(subject.substr(begin));
    if (begin + rune.bytes != subject.size()) rune = {0xFFFD, 1, false};
    if (!in_cutset(cutset, rune.code)) break;
    subject.remove_suffix(rune.bytes);
  }
  return std::string(subject);
}

ValueOr trim(const CallContext&, Arguments a) {
  return Value(trim_set(text(a[0]), text(a[1]), true, true));
}
ValueOr trim_left(const CallContext&, Arguments a) {
  return Value(trim_set(text(a[0]), text(a[1]), true, false));
}
ValueOr trim_right(const CallContext&, Arguments a) {
  return Value(trim_set(text(a[0]), text(a[1]), false, true));
}
ValueOr trim_all(const CallContext&, Arguments a) {
  return Value(trim_set(text(a[1]), text(a[0]), true, true));
}

Value without_prefix(std::string_view subject, std::string_view prefix) {
  if (subject.starts_with(prefix)) subject.remove_prefix(prefix.size());
  return std::string(subject);
}
Value without_suffix(std::string_view subject, std::string_view suffix) {
  if (subject.ends_with(suffix)) subject.remove_suffix(suffix.size());
  return std::string(subject);
}
ValueOr trim_prefix(const CallContext&, Arguments a) {
  return without_prefix(text(a[0]), text(a[1]));
}
ValueOr trim_suffix(const CallContext&, Arguments a) {
  return without_suffix(text(a[0]), text(a[1]));
}
ValueOr sprig_trim_prefix(const CallContext&, Arguments a) {
  return without_prefix(text(a[1]), text(a[0]));
}
ValueOr sprig_trim_suffix(const CallContext&, Arguments a) {
  return without_suffix(text(a[1]), text(a[0]));
}

// --- parts -----------------------------------------------------------------------------------------------------------

ValueOr contains(const CallContext&, Arguments a) {
  return Value(text(a[1]).find(text(a[0])) != std::string::npos);
}
ValueOr has_prefix(const CallContext&, Arguments a) {
  return Value(text(a[1]).starts_with(text(a[0])));
}
ValueOr has_suffix(const CallContext&, Arguments a) {
  return Value(text(a[1]).ends_with(text(a[0])));
}

// strings.Replace; an empty `from` matches before each rune and at the end.
ValueOr replace_count(std::string_view subject, std::string_view from, std::string_view to, std::int64_t limit) {
  std::string out;
  std::int64_t done = 0;
  std::size_t at = 0;
  while (limit < 0 || done < limit) {
    std::size_t found = at;
    if (from.empty()) {
      if (done > 0) {
        if (at >= subject.size()) break;
        found = at + core::decode_rune(subject.substr(at)).bytes;
      }
    } else {
      found = subject.find(from, at);
      if (found == std::string_view::npos) break;
    }
    out.append(subject.substr(at, found - at)).append(to);
    at = found + from.size();
    ++done;
    if (out.size() > kTemplateBytesMax) return too_long();
  }
  out.append(subject.substr(at));
  return Value(std::move(out));
}
ValueOr replace(const CallContext&, Arguments a) {
  return replace_count(text(a[0]), text(a[1]), text(a[2]), integer(a[3]));
}
ValueOr sprig_replace(const CallContext&, Arguments a) {
  return replace_count(text(a[2]), text(a[0]), text(a[1]), -1);
}

ValueOr repeated(std::string_view subject, std::int64_t count) {
  if (count < 0) return error("strings: negative Repeat count");
  if (!subject.empty() && static_cast<std::uint64_t>(count) > kTemplateBytesMax / subject.size()) return too_long();
  std::string out;
  for (std::int64_t i = 0; i < count && !subject.empty(); ++i) out.append(subject);
  return Value(std::move(out));
}
ValueOr repeat(const CallContext&, Arguments a) {
  return repeated(text(a[1]), integer(a[0]));
}

ValueOr indented(std::string_view before, const Value& spaces, const Value& subject) {
  ASSIGN_OR_RETURN(const Value pad, repeated(" ", integer(spaces)));
  ASSIGN_OR_RETURN(const Value body, replace_count(text(subject), "\n", "\n" + text(pad), -1));
  return Value(std::string(before) + text(pad) + text(body));
}
ValueOr indent(const CallContext&, Arguments a) {
  return indented("", a[0], a[1]);
}
ValueOr nindent(const CallContext&, Arguments a) {
  return indented("\n", a[0], a[1]);
}

// Loki counts runes here, unlike sprig.
std::vector<std::size_t> rune_offsets(std::string_view subject) {
  std::vector<std::size_t> offsets;
  for (std::size_t at = 0; at < subject.size(); at += core::decode_rune(subject.substr(at)).bytes)
    offsets.push_back(at);
  offsets.push_back(subject.size());
  return offsets;
}
Value rune_slice(const std::string& subject, const std::vector<std::size_t>& offsets, std::int64_t begin,
                 std::int64_t end) {
  const std::size_t from = offsets[static_cast<std::size_t>(begin)];
  return subject.substr(from, offsets[static_cast<std::size_t>(end)] - from);
}

ValueOr trunc(const CallContext&, Arguments a) {
  const std::vector<std::size_t> offsets = rune_offsets(text(a[1]));
  const auto length = static_cast<std::int64_t>(offsets.size()) - 1;
  const std::int64_t count = integer(a[0]);
  if (count < 0 && count > -length) return rune_slice(text(a[1]), offsets, length + count, length);
  if (count >= 0 && length > count) return rune_slice(text(a[1]), offsets, 0, count);
  return a[1];
}

ValueOr substr(const CallContext&, Arguments a) {
  const std::vector<std::size_t> offsets = rune_offsets(text(a[2]));
  const auto length = static_cast<std::int64_t>(offsets.size()) - 1;
  const std::int64_t start = std::min(integer(a[0]), length);
  const std::int64_t end = std::min(integer(a[1]), length);
  if (start < 0) return end < 0 ? Value(std::string()) : rune_slice(text(a[2]), offsets, 0, end);
  if (end < 0) return rune_slice(text(a[2]), offsets, start, length);
  if (start > end) return Value(std::string());
  return rune_slice(text(a[2]), offsets, start, end);
}

ValueOr aligned(Arguments a, bool left) {
  const std::string& subject = text(a[1]);
  const std::vector<std::size_t> offsets = rune_offsets(subject);
  const auto length = static_cast<std::int64_t>(offsets.size()) - 1;
  const std::int64_t count = integer(a[0]);
  if (count < 0 || count == length) return a[1];
  if (count > length) {
    ASSIGN_OR_RETURN(const Value pad, repeated(" ", count - length));
    return Value(left ? subject + text(pad) : text(pad) + subject);
  }
  return left ? rune_slice(subject, offsets, 0, count) : rune_slice(subject, offsets, length - count, length);
}
ValueOr align_left(const CallContext&, Arguments a) {
  return aligned(a, true);
}
ValueOr align_right(const CallContext&, Arguments a) {
  return aligned(a, false);
}

// --- regular expressions ---------------------------------------------------------------------------------------------

// Templates run for each row with the same few expressions: the last ones stay compiled, per thread.
base::StatusOr<const Regex*> compiled(const std::string& pattern) {
  constexpr std::size_t kKept = 16;
  thread_local std::vector<std::pair<std::string, Regex>> cache;
  for (const auto& [known, regex] : cache) {
    if (known == pattern) return &regex;
  }
  ASSIGN_OR_RETURN(Regex regex, Regex::compile(pattern));
  if (cache.size() == kKept) cache.erase(cache.begin());
  cache.emplace_back(pattern, std::move(regex));
  return &cache.back().second;
}

ValueOr regex_replaced(Arguments a, bool literal) {
  ASSIGN_OR_RETURN(const Regex* regex, compiled(text(a[0])));
  bool truncated = false;
  std::string out = regex->replace_all(text(a[1]), text(a[2]), literal, kTemplateBytesMax, truncated);
  if (truncated) return too_long();
  return Value(std::move(out));
}
ValueOr regex_replace_all(const CallContext&, Arguments a) {
  return regex_replaced(a, false);
}
ValueOr regex_replace_all_literal(const CallContext&, Arguments a) {
  return regex_replaced(a, true);
}
ValueOr count(const CallContext&, Arguments a) {
  ASSIGN_OR_RETURN(const Regex* regex, compiled(text(a[0])));
  return make_int(static_cast<std::int64_t>(regex->count(text(a[1]))));
}

// --- encodings -------------------------------------------------------------------------------------------------------

ValueOr urlencode(const CallContext&, Arguments a) {
  return Value(escape_query(text(a[0])));
}
ValueOr urldecode(const CallContext&, Arguments a) {
  std::string bad;
  std::optional<std::string> out = unescape_query(text(a[0]), bad);
  if (out.has_value()) return Value(std::move(*out));
  std::string quoted;
  core::append_go_quoted(quoted, bad);
  return error("invalid URL escape " + quoted);
}
ValueOr b64enc(const CallContext&, Arguments a) {
  return Value(encode_base64(text(a[0])));
}
ValueOr b64dec(const CallContext&, Arguments a) {
  std::size_t bad_at = 0;
  std::optional<std::string> out = decode_base64(text(a[0]), bad_at);
  // sprig's function has no error result: the error's text is the value.
  if (!out.has_value()) return Value(fmt::format("illegal base64 data at input byte {}", bad_at));
  return Value(std::move(*out));
}
ValueOr from_json(const CallContext&, Arguments a) {
  return parse_json_value(text(a[0]));
}

constexpr Function kFunctions[] = {
    {"ToLower", to_lower_case, 1, {P::kString}},
    {"ToUpper", to_upper_case, 1, {P::kString}},
    {"Replace", replace, 4, {P::kString, P::kString, P::kString, P::kInt}},
    {"Trim", trim, 2, {P::kString, P::kString}},
    {"TrimLeft", trim_left, 2, {P::kString, P::kString}},
    {"TrimRight", trim_right, 2, {P::kString, P::kString}},
    {"TrimPrefix", trim_prefix, 2, {P::kString, P::kString}},
    {"TrimSuffix", trim_suffix, 2, {P::kString, P::kString}},
    {"TrimSpace", trim_spaces, 1, {P::kString}},
    {"regexReplaceAll", regex_replace_all, 3, {P::kString, P::kString, P::kString}},
    {"regexReplaceAllLiteral", regex_replace_all_literal, 3, {P::kString, P::kString, P::kString}},
    {"count", count, 2, {P::kString, P::kString}},
    {"urldecode", urldecode, 1, {P::kString}},
    {"urlencode", urlencode, 1, {P::kString}},
    {"alignLeft", align_left, 2, {P::kInt, P::kString}},
    {"alignRight", align_right, 2, {P::kInt, P::kString}},
    {"b64enc", b64enc, 1, {P::kString}},
    {"b64dec", b64dec, 1, {P::kString}},
    {"lower", to_lower_case, 1, {P::kString}},
    {"upper", to_upper_case, 1, {P::kString}},
    {"title", title, 1, {P::kString}},
    {"trunc", trunc, 2, {P::kInt, P::kString}},
    {"substr", substr, 3, {P::kInt, P::kInt, P::kString}},
    {"contains", contains, 2, {P::kString, P::kString}},
    {"hasPrefix", has_prefix, 2, {P::kString, P::kString}},
    {"hasSuffix", has_suffix, 2, {P::kString, P::kString}},
    {"indent", indent, 2, {P::kInt, P::kString}},
    {"nindent", nindent, 2, {P::kInt, P::kString}},
    {"replace", sprig_replace, 3, {P::kString, P::kString, P::kString}},
    {"repeat", repeat, 2, {P::kInt, P::kString}},
    {"trim", trim_spaces, 1, {P::kString}},
    {"trimAll", trim_all, 2, {P::kString, P::kString}},
    {"trimPrefix", sprig_trim_prefix, 2, {P::kString, P::kString}},
    {"trimSuffix", sprig_trim_suffix, 2, {P::kString, P::kString}},
    {"fromJson", from_json, 1, {P::kString}},
};

}  // namespace

std::span<const Function> text_functions() {
  return kFunctions;
}

}  // namespace cordwood::pipeline::gotemplate

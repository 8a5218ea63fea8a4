#include "pipeline/text/regex.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/json_writer.h"
#include "core/go_strings.h"

namespace cordwood::pipeline {
namespace {

using core::decode_rune;

// A text with U+FFFD for each invalid byte, and the original offset of each of its bytes (and of its end).
struct Repaired {
  std::string text;
  std::vector<std::size_t> origin;
};

Repaired repair(std::string_view text) {
  Repaired out;
  out.text.reserve(text.size() + 16);
  for (std::size_t at = 0; at < text.size();) {
    const core::Rune rune = decode_rune(text.substr(at));
    const std::size_t before = out.text.size();
    if (rune.valid) {
      out.text.append(text.substr(at, rune.bytes));
    } else {
      out.text.append("\xEF\xBF\xBD");
    }
    for (std::size_t i = before; i < out.text.size(); ++i) out.origin.push_back(rune.valid ? at + (i - before) : at);
    at += rune.bytes;
  }
  out.origin.push_back(text.size());
  return out;
}

bool needs_repair(std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return !ascii && !base::is_valid_utf8(text);
}

}  // namespace

base::StatusOr<Regex> Regex::compile(std::string_view pattern, logql::RegexUse use) {
  Regex out;
  ASSIGN_OR_RETURN(out.regex_, logql::compile_regex(pattern, use));
  out.names_.assign(static_cast<std::size_t>(out.regex_->NumberOfCapturingGroups()) + 1, "");
  for (const auto& [index, name] : out.regex_->CapturingGroupNames())
    out.names_[static_cast<std::size_t>(index)] = name;
  return out;
}

bool Regex::matches(std::string_view text) const {
  if (needs_repair(text)) [[unlikely]] {
    const std::string repaired = repair(text).text;
    return regex_->Match(repaired, 0, repaired.size(), re2::RE2::UNANCHORED, nullptr, 0);
  }
  return regex_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

bool Regex::find(std::string_view text, std::size_t position, std::vector<Span>& spans) const {
  Repaired repaired;
  std::string_view subject = text;
  if (needs_repair(text)) [[unlikely]] {
    repaired = repair(text);
    subject = repaired.text;
    position = static_cast<std::size_t>(std::lower_bound(repaired.origin.begin(), repaired.origin.end(), position) -
                                        repaired.origin.begin());
  }
  std::vector<re2::StringPiece> pieces(names_.size());
  if (!regex_->Match(re2::StringPiece(subject.data(), subject.size()), position, subject.size(), re2::RE2::UNANCHORED,
                     pieces.data(), static_cast<int>(pieces.size()))) {
    return false;
  }
  spans.assign(pieces.size(), Span{});
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].data() == nullptr) continue;
    const auto begin = static_cast<std::size_t>(pieces[i].data() - subject.data());
    const std::size_t end = begin + pieces[i].size();
    spans[i] = repaired.origin.empty() ? Span{begin, end} : Span{repaired.origin[begin], repaired.origin[end]};
  }
  return true;
}

std::size_t Regex::count(std::string_view text) const {
  std::vector<Span> spans;
  std::size_t found = 0;
  std::size_t previous_end = std::string_view::npos;
  for (std::size_t position = 0; position <= text.size() && find(text, position, spans);) {
    const auto [begin, end] = spans[0];
    bool accept = true;
    if (end == position) {
      // An empty match right after a match does not count.
      accept = begin != previous_end;
      position += position < text.size() ? decode_rune(text.substr(position)).bytes : 1;
    } else {
      position = end;
    }
    previous_end = end;
    if (accept) ++found;
  }
  return found;
}

void Regex::expand(std::string& out, std::string_view replacement, std::string_view text,
                   const std::vector<Span>& spans) const {
  while (!replacement.empty()) {
    const std::size_t dollar = replacement.find('$');
    out.append(replacement.substr(0, dollar));
    if (dollar == std::string_view::npos) return;
    replacement.remove_prefix(dollar + 1);
    if (!replacement.empty() && replacement[0] == '$') {
      out.push_back('$');
      replacement.remove_prefix(1);
      continue;
    }
    const bool braces = !replacement.empty() && replacement[0] == '{';
    std::size_t length = braces ? 1 : 0;
    const std::size_t name_begin = length;
    while (length < replacement.size()) {
      const core::Rune rune = decode_rune(replacement.substr(length));
      const bool word = (rune.code < 0x80 && std::isalnum(static_cast<int>(rune.code)) != 0) || rune.code == '_';
      if (!word) break;
      length += rune.bytes;
    }
    const std::string_view name = replacement.substr(name_begin, length - name_begin);
    const bool closed = !braces || (length < replacement.size() && replacement[length] == '}');
    if (name.empty() || !closed) {
      out.push_back('$');  // malformed: kept as it is
      continue;
    }
    replacement.remove_prefix(length + (braces ? 1 : 0));
    std::size_t index = names_.size();
    if (std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }) && name.size() < 9) {
      index = static_cast<std::size_t>(std::stoul(std::string(name)));
    } else {
      index = static_cast<std::size_t>(std::find(names_.begin() + 1, names_.end(), name) - names_.begin());
    }
    if (index < spans.size()) out.append(spans[index].of(text));
  }
}

std::string Regex::replace_all(std::string_view text, std::string_view replacement, bool literal, std::size_t bytes_max,
                               bool& truncated) const {
  std::string out;
  std::vector<Span> spans;
  std::size_t copied = 0;
  truncated = false;
  for (std::size_t position = 0; position <= text.size() && find(text, position, spans);) {
    const auto [begin, end] = spans[0];
    out.append(text.substr(copied, begin - copied));
    // No replacement for an empty match directly after a match.
    if (end > copied || begin == 0) {
      if (literal) {
        out.append(replacement);
      } else {
        expand(out, replacement, text, spans);
      }
    }
    if (out.size() > bytes_max) {
      truncated = true;
      return out;
    }
    copied = end;
    const std::size_t width = position < text.size() ? decode_rune(text.substr(position)).bytes : 0;
    if (position + width > end) {
      position += width;
    } else if (position + 1 > end) {
      ++position;
    } else {
      position = end;
    }
  }
  out.append(text.substr(copied));
  return out;
}

}  // namespace cordwood::pipeline

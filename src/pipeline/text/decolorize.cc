#include "pipeline/text/decolorize.h"

#include "base/check.h"
#include "pipeline/text/regex.h"

namespace cordwood::pipeline {
namespace {

// An introducer (ESC or the one-character CSI), intermediate characters, then either an OSC text that BEL ends, or
// numbers and a final character.
constexpr std::string_view kSequence =
    "[\\x{1b}\\x{9b}][[\\]()#;?]*(?:(?:(?:[a-zA-Z\\d]*(?:;[a-zA-Z\\d]*)*)?\\x{07})|"
    "(?:(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PRZcf-ntqry=><~]))";

const Regex& sequence() {
  static const Regex regex = [] {
    base::StatusOr<Regex> compiled = Regex::compile(kSequence);
    CHECK(compiled.ok());
    return std::move(compiled).value();
  }();
  return regex;
}

}  // namespace

bool append_decolorized(std::string& out, std::string_view text) {
  // Both introducers are rare; U+009B is C2 9B in UTF-8.
  if (text.find('\x1b') == std::string_view::npos && text.find('\x9b') == std::string_view::npos) return false;
  bool truncated = false;
  out.append(sequence().replace_all(text, "", true, text.size(), truncated));
  return true;
}

}  // namespace cordwood::pipeline

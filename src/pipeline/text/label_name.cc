#include "pipeline/text/label_name.h"

#include "core/go_strings.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline {

void append_sanitized(std::string& out, std::string_view key) {
  key = trim_space(key);
  if (key.empty()) return;
  if (out.empty() && key[0] >= '0' && key[0] <= '9') out.push_back('_');
  while (!key.empty()) {
    const char c = key[0];
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    out.push_back(allowed ? c : '_');
    key.remove_prefix(static_cast<unsigned char>(c) < 0x80 ? 1 : core::decode_rune(key).bytes);
  }
}

std::string sanitize_label_name(std::string_view key) {
  std::string out;
  append_sanitized(out, key);
  return out;
}

}  // namespace cordwood::pipeline

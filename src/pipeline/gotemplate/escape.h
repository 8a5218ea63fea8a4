// Escaping as Go's template and net/url packages do it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cordwood::pipeline::gotemplate {

std::string escape_html(std::string_view text);
std::string escape_js(std::string_view text);
// url.QueryEscape: a space becomes +.
std::string escape_query(std::string_view text);
// url.QueryUnescape; on failure nullopt, and `bad` is the malformed escape.
std::optional<std::string> unescape_query(std::string_view text, std::string& bad);
std::string encode_base64(std::string_view bytes);
// Standard alphabet; CR and LF are skipped and the padding may be left out, as Loki does. nullopt when malformed, with
// the offset of the first bad byte in `bad_at`.
std::optional<std::string> decode_base64(std::string_view text, std::size_t& bad_at);

}  // namespace cordwood::pipeline::gotemplate

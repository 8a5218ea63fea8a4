// Base64 of RFC 4648.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cordwood::api {

// Standard alphabet with padding: lines that are not text.
void append_base64(std::string& out, std::string_view bytes);
// Nullopt unless it is exactly what append_base64 gives for some bytes.
std::optional<std::string> decode_base64(std::string_view text);
// URL alphabet without padding: cursors.
std::string base64url(std::string_view bytes);
// Nullopt unless it is exactly what base64url gives for some bytes.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace cordwood::api

#include "core/ids.h"

namespace cordwood::core {

base::StatusOr<TenantId> parse_tenant_id(std::string_view text) {
  if (text.empty()) return base::unauthenticated_error("no org id");
  if (text.size() > 150) return base::invalid_argument_error("tenant ID is too long: max 150 characters");
  if (text == "." || text == "..") return base::invalid_argument_error("tenant ID is '.' or '..'");
  for (const char c : text) {
    const bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && std::string_view("!-_.*'()").find(c) == std::string_view::npos) {
      return base::invalid_argument_error("tenant ID '{}' contains unsupported character '{}'", text, c);
    }
  }
  return TenantId{std::string(text)};
}

}  // namespace cordwood::core

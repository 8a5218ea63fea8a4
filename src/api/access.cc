#include "api/access.h"

#include "api/base64.h"
#include "io/sha256.h"

namespace cordwood::api {
namespace {

std::string_view name_of(Right right) {
  switch (right) {
    case Right::kWrite:
      return "write";
    case Right::kRead:
      return "read";
    case Right::kAdmin:
      return "admin";
    case Right::kNothing:
      break;
  }
  return "do this";
}

bool has_scheme(std::string_view header, std::string_view scheme) {
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return false;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    if ((header[i] | 0x20) != (scheme[i] | 0x20)) return false;
  }
  return true;
}

// Of the header; empty when there is none. Senders that know only Basic put the token into the password.
std::string token_of(const io::HttpRequest& request) {
  const std::string_view header = request.headers.get("Authorization");
  if (has_scheme(header, "bearer")) return std::string(header.substr(7));
  if (!has_scheme(header, "basic")) return {};
  const std::optional<std::string> pair = decode_base64(header.substr(6));
  if (!pair.has_value()) return {};
  const std::size_t colon = pair->find(':');
  return colon == std::string::npos ? std::string() : pair->substr(colon + 1);
}

}  // namespace

void AccessList::set(std::vector<AccessToken> tokens) {
  std::unordered_map<std::string, AccessToken> by_hash;
  for (AccessToken& token : tokens) {
    std::string hash = token.sha256;
    by_hash.insert_or_assign(std::move(hash), std::move(token));
  }
  base::MutexLock lock(mutex_);
  on_ = true;
  by_hash_ = std::move(by_hash);
}

base::StatusOr<AccessList::Grant> AccessList::check(const io::HttpRequest& request, Right right) const {
  if (right == Right::kNothing) return Grant{};
  base::MutexLock lock(mutex_);
  if (!on_) return Grant{};
  const std::string token = token_of(request);
  if (token.empty()) return base::unauthenticated_error("a token is needed: send Authorization: Bearer TOKEN");
  // Looked up by its hash, so that the time it takes says nothing of the tokens that exist.
  const auto it = by_hash_.find(io::sha256_hex(token));
  if (it == by_hash_.end()) return base::unauthenticated_error("the token is not known");
  const AccessToken& known = it->second;
  if ((known.rights & static_cast<std::uint8_t>(right)) == 0) {
    return base::permission_denied_error("token \"{}\" has no right to {}", known.name, name_of(right));
  }
  return Grant{known.name, known.tenant};
}

}  // namespace cordwood::api

// Who may do what: bearer tokens with a tenant and rights. docs/operating/security.md tells users.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "core/ids.h"
#include "io/http.h"

namespace cordwood::api {

// What a route needs. kNothing: anybody, for probes.
enum class Right : std::uint8_t { kNothing = 0, kWrite = 1, kRead = 2, kAdmin = 4 };

struct AccessToken {
  std::string name;    // for people and logs
  std::string sha256;  // of the token, 64 lower-case hex digits
  // Its requests are of this tenant; nullopt: of the one that X-Scope-OrgID names.
  std::optional<core::TenantId> tenant;
  std::uint8_t rights = 0;  // of Right, together
};

// Thread-safe.
class AccessList {
 public:
  // Replaces all tokens; from now on requests need one.
  void set(std::vector<AccessToken> tokens);

  struct Grant {
    std::string token_name;  // "" without authentication
    std::optional<core::TenantId> tenant;
  };
  // Takes `Authorization: Bearer TOKEN`, or Basic with the token as password. Unauthenticated without a known token;
  // PermissionDenied when it lacks the right. Everything passes until set() was called.
  base::StatusOr<Grant> check(const io::HttpRequest& request, Right right) const;

 private:
  mutable base::Mutex mutex_;
  bool on_ GUARDED_BY(mutex_) = false;
  std::unordered_map<std::string, AccessToken> by_hash_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::api

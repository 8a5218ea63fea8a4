// The file of access tokens (auth.tokens_file): TOML, a table [[token]] each. docs/operating/security.md describes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/access.h"
#include "base/status.h"

namespace cordwood::app {

// InvalidArgument naming `source`, the line and what is wrong. A token that may do nothing, an unknown key and a hash
// that is none are errors: a typing error must not open or close a door silently.
base::StatusOr<std::vector<api::AccessToken>> parse_tokens(std::string_view document, std::string_view source);
// The document of the file at `path`; blocks. An error when it is missing or far too large.
base::StatusOr<std::string> read_tokens_file(const std::string& path);

struct NewToken {
  std::string token;  // the secret; nothing keeps it
  std::string entry;  // TOML to append to the file
};
// `rights` as in the file: "write", "read", "admin". A tenant of "" is none.
base::StatusOr<NewToken> make_token(const std::string& name, const std::string& tenant,
                                    const std::vector<std::string>& rights);

}  // namespace cordwood::app

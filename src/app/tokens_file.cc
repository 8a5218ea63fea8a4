#include "app/tokens_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/random.h"
#include "io/file.h"
#include "io/sha256.h"

namespace cordwood::app {
namespace {

constexpr std::uint64_t kFileBytesMax = 4 << 20;

base::StatusOr<std::uint8_t> right_of(std::string_view name) {
  if (name == "write") return static_cast<std::uint8_t>(api::Right::kWrite);
  if (name == "read") return static_cast<std::uint8_t>(api::Right::kRead);
  if (name == "admin") return static_cast<std::uint8_t>(api::Right::kAdmin);
  return base::invalid_argument_error("right \"{}\" is none of write, read, admin", name);
}

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

base::StatusOr<std::uint8_t> read_rights(const toml::table& table) {
  const toml::array* list = table["rights"].as_array();
  if (list == nullptr) return base::invalid_argument_error("rights is missing: [\"write\"], [\"read\"], [\"admin\"]");
  std::uint8_t rights = 0;
  for (const toml::node& node : *list) {
    ASSIGN_OR_RETURN(const std::uint8_t right, right_of(node.value_or(std::string())));
    rights |= right;
  }
  if (rights == 0) return base::invalid_argument_error("rights is empty");
  return rights;
}

base::StatusOr<api::AccessToken> read_token(const toml::table& table) {
  static constexpr std::string_view kKeys[] = {"name", "sha256", "tenant", "rights"};
  for (const auto& [key, node] : table) {
    if (std::find(std::begin(kKeys), std::end(kKeys), key.str()) == std::end(kKeys)) {
      return base::invalid_argument_error("unknown key \"{}\": a token has name, sha256, tenant and rights", key.str());
    }
  }
  api::AccessToken token;
  token.name = table["name"].value_or(std::string());
  token.sha256 = table["sha256"].value_or(std::string());
  if (token.name.empty()) return base::invalid_argument_error("name is missing");
  if (!is_hash(token.sha256)) return base::invalid_argument_error("sha256 is not 64 hex digits in lower case");
  if (const auto tenant = table["tenant"].value<std::string>()) {
    ASSIGN_OR_RETURN(token.tenant, core::parse_tenant_id(*tenant));
  }
  ASSIGN_OR_RETURN(token.rights, read_rights(table));
  return token;
}

}  // namespace

base::StatusOr<std::vector<api::AccessToken>> parse_tokens(std::string_view document, std::string_view source) {
  try {
    const toml::table root = toml::parse(document);
    std::vector<api::AccessToken> tokens;
    for (const auto& [key, node] : root) {
      if (key.str() != "token" || !node.is_array_of_tables()) {
        return base::invalid_argument_error("{}:{}: \"{}\" is not [[token]]", source, key.source().begin.line,
                                            key.str());
      }
    }
    const toml::array* list = root["token"].as_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const toml::table& table = *list->get(i)->as_table();
      base::StatusOr<api::AccessToken> token = read_token(table);
      if (!token.ok()) {
        return base::invalid_argument_error("{}:{}: {}", source, table.source().begin.line,
                                            base::message_of(token.status()));
      }
      tokens.push_back(*std::move(token));
    }
    return tokens;
  } catch (const toml::parse_error& error) {
    return base::invalid_argument_error("{}:{}: {}", source, error.source().begin.line, error.description());
  }
}

base::StatusOr<std::string> read_tokens_file(const std::string& path) {
  return io::read_whole_file(io::system_files(), path, kFileBytesMax);
}

base::StatusOr<NewToken> make_token(const std::string& name, const std::string& tenant,
                                    const std::vector<std::string>& rights) {
  base::SystemRandom random;
  NewToken made;
  made.token = "cw_" + base::to_hex(random.next_id()) + base::to_hex(random.next_id());
  toml::array list;
  for (const std::string& right : rights) {
    RETURN_IF_ERROR(right_of(right).status());
    list.push_back(right);
  }
  toml::table table;
  table.insert("name", name);
  table.insert("sha256", io::sha256_hex(made.token));
  if (!tenant.empty()) table.insert("tenant", tenant);
  table.insert("rights", std::move(list));
  RETURN_IF_ERROR(read_token(table).status());
  std::ostringstream text;
  text << table;
  made.entry = "\n[[token]]\n" + text.str() + "\n";
  return made;
}

}  // namespace cordwood::app

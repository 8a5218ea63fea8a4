#include "layers/third_party.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace cordwood::layers {
namespace {

struct Rule {
  std::string_view header;                // its beginning
  std::vector<std::string_view> folders;  // below src/; empty: any
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> table = {
      // absl stays behind base/status.h and base/hash_map.h: Debian builds it with its own string_view.
      {"absl/", {"base"}},
      {"fmt/", {}},
      {"spdlog/", {"base"}},
      {"xxhash.h", {"base"}},
      {"simdjson.h", {"pipeline", "ingest", "exec", "client"}},
      {"re2/", {"pipeline", "exec", "logql", "agent", "client"}},
      {"zstd", {"codec"}},
      {"zlib.h", {"codec", "agent"}},  // agent: restart points of inflate
      {"snappy", {"codec"}},
      {"lzma.h", {"agent"}},
      {"bzlib.h", {"agent"}},
      {"systemd/", {"agent"}},
      {"sqlite3", {"catalog/sqlite"}},
      {"libpq", {"catalog/postgres"}},
      {"boost/", {"io"}},
      {"openssl/", {"io"}},
      {"curl/", {"io"}},
      {"protozero/", {"ingest", "query", "rules"}},
      {"CLI/", {"app"}},
      {"toml++/", {"app"}},
  };
  return table;
}

// Headers of the operating system and of the C library.
bool is_system_header(std::string_view header) {
  for (const std::string_view folder : {"sys/", "netinet/", "arpa/", "linux/"}) {
    if (header.starts_with(folder)) return true;
  }
  static const std::set<std::string_view> names = {
      "dirent.h", "errno.h",   "fcntl.h",   "fnmatch.h", "glob.h",   "immintrin.h", "locale.h",   "langinfo.h",
      "netdb.h",  "poll.h",    "pthread.h", "pwd.h",     "regex.h",  "signal.h",    "stdio.h",    "stdlib.h",
      "string.h", "termios.h", "time.h",    "unistd.h",  "wctype.h", "grp.h",       "execinfo.h", "malloc.h"};
  return names.contains(header);
}

// <vector>, <chrono>: no dot and no slash.
bool is_standard_header(std::string_view header) {
  return header.find_first_of("./") == std::string_view::npos;
}

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with("src/" + std::string(folder) + "/");
}

std::string check_header(const SourceFile& file, std::string_view header) {
  if (is_standard_header(header) || is_system_header(header)) return {};
  if (header.starts_with("gtest/") || header.starts_with("gmock/")) {
    // A header with it is test code by that; layers_test.cc looks who includes it.
    return is_test_code(file.path) || has_suffix(file.path, ".h") ? "" : "googletest is for tests only";
  }
  const auto rule = std::find_if(rules().begin(), rules().end(),
                                 [header](const Rule& each) { return header.starts_with(each.header); });
  if (rule == rules().end()) return "the header is not in the table of tests/layers/third_party.cc";
  const bool allowed =
      rule->folders.empty() || std::any_of(rule->folders.begin(), rule->folders.end(),
                                           [&file](std::string_view folder) { return is_below(file.path, folder); });
  return allowed ? "" : "this folder may not include it (tests/layers/third_party.cc)";
}

}  // namespace

std::vector<std::string> check_third_party(const SourceFile& file) {
  std::vector<std::string> faults;
  for (const Include& include : includes_of(file)) {
    if (include.quoted) continue;
    const std::string fault = check_header(file, include.name);
    if (!fault.empty()) {
      faults.push_back(file.path + ":" + std::to_string(include.line) + ": <" + include.name + ">: " + fault);
    }
  }
  return faults;
}

}  // namespace cordwood::layers

#include "logql/case_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace cordwood::logql_cases {
namespace {

constexpr const char* kRows = CORDWOOD_SOURCE_DIR "/../shared/logql-cases/cases.jsonl";
constexpr const char* kKnownDifferences = CORDWOOD_SOURCE_DIR "/tests/logql/known_differences.txt";
constexpr int kSkipped = 77;

[[noreturn]] void broken(const Json& row, std::string_view what) {
  fmt::print(stderr, "broken row ({}): {}\n", what, simdjson::minify(row));
  std::exit(1);
}

std::optional<double> number_of(const Json& json) {
  double value = 0;
  if (json.get(value) == simdjson::SUCCESS) return value;
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS || text.empty()) return std::nullopt;
  const std::string copy(text);
  char* end = nullptr;
  value = std::strtod(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size()) return std::nullopt;
  return value;
}

std::string difference(const std::string& path, const Json& want, std::string_view got) {
  return fmt::format("at {}: want {} got {}", path.empty() ? "/" : path, std::string(simdjson::minify(want)), got);
}

std::string compare_objects(const simdjson::dom::object& want, const simdjson::dom::object& got,
                            const std::string& path) {
  for (const auto& [key, value] : want) {
    const std::string inner = fmt::format("{}/{}", path, key);
    Json other;
    if (got.at_key(key).get(other) != simdjson::SUCCESS) {
      if (value.is_null()) continue;
      return difference(inner, value, "nothing");
    }
    if (std::string found = compare_json(value, other, inner); !found.empty()) return found;
  }
  return "";
}

std::string compare_arrays(const simdjson::dom::array& want, const simdjson::dom::array& got, const std::string& path) {
  if (want.size() != got.size()) {
    return fmt::format("at {}: want {} got {}", path, std::string(simdjson::minify(want)),
                       std::string(simdjson::minify(got)));
  }
  for (std::size_t i = 0; i < want.size(); ++i) {
    std::string found =
        compare_json(want.at(i).value_unsafe(), got.at(i).value_unsafe(), fmt::format("{}/{}", path, i));
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace

bool Row::has(std::string_view name) const {
  Json value;
  return json_.at_key(name).get(value) == simdjson::SUCCESS && !value.is_null();
}

Json Row::at(std::string_view name) const {
  Json value;
  if (json_.at_key(name).get(value) != simdjson::SUCCESS) broken(json_, name);
  return value;
}

std::string_view Row::text(std::string_view name) const {
  std::string_view value;
  if (at(name).get(value) != simdjson::SUCCESS) broken(json_, name);
  return value;
}

bool Row::boolean(std::string_view name) const {
  bool value = false;
  if (at(name).get(value) != simdjson::SUCCESS) broken(json_, name);
  return value;
}

std::int64_t Row::integer(std::string_view name) const {
  std::int64_t value = 0;
  if (at(name).get(value) != simdjson::SUCCESS) broken(json_, name);
  return value;
}

std::string Row::query() const {
  if (!has("query_hex")) return std::string(text("query"));
  const std::string hex(text("query_hex"));
  std::string query;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    query += static_cast<char>(std::strtoul(hex.substr(i, 2).c_str(), nullptr, 16));
  }
  return query;
}

std::string compare(std::string_view want, std::string_view got) {
  return want == got ? "" : fmt::format("want {} got {}", want, got);
}

std::string compare_json(Json want, Json got, const std::string& path) {
  if (want.is_object() && got.is_object()) return compare_objects(want, got, path);
  if (want.is_array() && got.is_array()) return compare_arrays(want, got, path);
  if (simdjson::minify(want) == simdjson::minify(got)) return "";
  const std::optional<double> a = number_of(want);
  const std::optional<double> b = number_of(got);
  if (a.has_value() && b.has_value() && *a == *b) return "";
  return difference(path, want, std::string(simdjson::minify(got)));
}

bool CaseSuite::read_known_differences() {
  std::ifstream file(kKnownDifferences);
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || space + 1 == line.size()) {
      fmt::print("known_differences.txt: a reason is missing: {}\n", line);
      return false;
    }
    const std::string id = line.substr(0, space);
    if (checks_.contains(id.substr(0, id.rfind('-')))) known_[id] = line.substr(space + 1);
  }
  return true;
}

bool CaseSuite::wanted(const Row& row) const {
  if (only_.empty()) return true;
  return std::any_of(only_.begin(), only_.end(),
                     [&](const std::string& name) { return name == row.id() || name == row.kind(); });
}

void CaseSuite::run_row(const Row& row, const Check& check) {
  Count& count = counts_[std::string(row.kind())];
  const std::string found = check(row);
  const auto known = known_.find(row.id());
  if (known == known_.end()) {
    ++(found.empty() ? count.passed : count.failed);
    if (!found.empty()) fmt::print("FAILED {}: {}\n", row.id(), found);
    return;
  }
  known_.erase(known);
  ++(found.empty() ? count.failed : count.known);
  if (found.empty()) fmt::print("FAILED {}: passes, but is listed in known_differences.txt\n", row.id());
}

int CaseSuite::report(bool complete) const {
  Count total;
  for (const auto& [kind, count] : counts_) {
    fmt::print("{:<22} {:>5} passed {:>4} failed {:>4} known differences\n", kind, count.passed, count.failed,
               count.known);
    total.passed += count.passed;
    total.failed += count.failed;
    total.known += count.known;
  }
  if (complete) {
    for (const auto& [id, reason] : known_) {
      fmt::print("FAILED {}: listed in known_differences.txt, but there is no such row\n", id);
      ++total.failed;
    }
  }
  fmt::print("{} passed, {} failed, {} known differences\n", total.passed, total.failed, total.known);
  return total.failed == 0 ? 0 : 1;
}

int CaseSuite::run(int argc, char** argv) {
  std::ifstream file(kRows);
  if (!file.is_open()) {
    fmt::print("skipped: no conformance rows (../shared/logql-cases/cases.jsonl beside the repository)\n");
    return kSkipped;
  }
  only_.assign(argv + 1, argv + argc);
  if (!read_known_differences()) return 1;
  simdjson::dom::parser parser;
  std::string line;
  while (std::getline(file, line)) {
    Json json;
    if (parser.parse(line).get(json) != simdjson::SUCCESS) {
      fmt::print("a row is no JSON: {}\n", line);
      return 1;
    }
    const Row row(json);
    const auto check = checks_.find(std::string(row.kind()));
    if (check != checks_.end() && wanted(row)) run_row(row, check->second);
  }
  return report(only_.empty());
}

}  // namespace cordwood::logql_cases

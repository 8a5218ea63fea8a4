#include "layers/layer_table.h"

#include <sstream>

namespace cordwood::layers {
namespace {

// Depth first; `path` holds the folders on the way. The first cycle found is enough.
bool find_cycle(const LayerTable& table, const std::string& folder, std::vector<std::string>& path,
                std::set<std::string>& done) {
  for (const std::string& on_the_way : path) {
    if (on_the_way == folder) {
      path.push_back(folder);
      return true;
    }
  }
  if (done.contains(folder)) return false;
  path.push_back(folder);
  if (const auto it = table.find(folder); it != table.end()) {
    for (const std::string& next : it->second) {
      if (find_cycle(table, next, path, done)) return true;
    }
  }
  path.pop_back();
  done.insert(folder);
  return false;
}

std::string check_edge(const SourceFile& file, const std::string& from, const std::string& to,
                       const LayerTable& table) {
  if (from == to) return {};
  if (to == "testing") return is_test_code(file.path) ? "" : "testing is for *_test.cc only";
  const auto it = table.find(from);
  if (it == table.end()) return "src/" + from + " has no line in LAYERS";
  return it->second.contains(to) ? "" : "LAYERS does not let " + from + " include " + to;
}

}  // namespace

LayerTable parse_layers(std::string_view text) {
  LayerTable table;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(':');
    if (line.starts_with('#') || colon == std::string::npos) continue;
    std::set<std::string>& allowed = table[line.substr(0, colon)];
    std::istringstream names(line.substr(colon + 1));
    for (std::string name; names >> name;) allowed.insert(name);
  }
  return table;
}

std::vector<std::string> faults_of(const LayerTable& table) {
  std::vector<std::string> faults;
  for (const auto& [folder, allowed] : table) {
    for (const std::string& name : allowed) {
      if (!table.contains(name)) faults.push_back(folder + " names " + name + ", which has no line");
    }
  }
  std::vector<std::string> path;
  std::set<std::string> done;
  for (const auto& [folder, allowed] : table) {
    path.clear();
    if (!find_cycle(table, folder, path, done)) continue;
    std::string text = "a cycle:";
    for (const std::string& step : path) text += " " + step;
    faults.push_back(text);
    break;
  }
  return faults;
}

std::vector<std::string> check_includes(const SourceFile& file, const LayerTable& table) {
  std::vector<std::string> faults;
  for (const Include& include : includes_of(file)) {
    if (!include.quoted) continue;
    const std::string where = file.path + ":" + std::to_string(include.line) + ": ";
    const std::size_t slash = include.name.find('/');
    if (slash == std::string::npos || include.name.find("..") != std::string::npos) {
      faults.push_back(where + "write the path from src/: \"" + include.name + "\"");
      continue;
    }
    if (is_test_code(include.name) && !is_test_code(file.path) && folder_of(file.path) != "testing") {
      faults.push_back(where + include.name + " is for tests only");
    }
    const std::string fault = check_edge(file, folder_of(file.path), include.name.substr(0, slash), table);
    if (!fault.empty()) faults.push_back(where + fault);
  }
  return faults;
}

}  // namespace cordwood::layers

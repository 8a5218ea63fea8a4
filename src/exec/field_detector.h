// What fields lines have, found by looking at a sample of them: Loki's detected_fields.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "core/explore.h"
#include "core/labels.h"
#include "core/query_runner.h"

namespace cordwood::exec {

// int float boolean duration bytes string: the first of Go's parsers that takes the value.
std::string_view type_of_value(std::string_view value);

// Names are those that the parsers would give: sanitized, nested ones joined by `_`, `_extracted` behind a name that
// the stream or the metadata has. Not thread-safe.
class FieldDetector {
 public:
  // `parsers`: of the query's own stages; when it has some, the labels that they made are taken instead of looking at
  // the line. `only`: one field alone, or empty.
  FieldDetector(std::vector<std::string> parsers, std::size_t fields_max, std::string only)
      : parsers_(std::move(parsers)), fields_max_(fields_max), only_(std::move(only)) {}

  void add(const core::Labels& stream, const core::LogEntry& entry);
  // Sorted by name.
  std::vector<core::DetectedField> take();

 private:
  struct Field {
    std::string_view type;  // of all values so far
    std::set<std::string, std::less<>> values;
    std::set<std::string, std::less<>> parsers;
    std::vector<std::string> json_path;
  };
  Field* field(std::string_view name);
  void add_value(Field& field, std::string_view value);
  bool add_json(std::string_view line);
  void add_logfmt(std::string_view line);
  void add_parsed(std::string name, std::string_view value, std::string_view parser, std::vector<std::string> path);

  const std::vector<std::string> parsers_;
  const std::size_t fields_max_;
  const std::string only_;
  base::StringMap<Field> fields_;
  // Of the line that is looked at: names that parsers do not get.
  const core::Labels* stream_ = nullptr;
  const core::LogEntry* entry_ = nullptr;
};

}  // namespace cordwood::exec

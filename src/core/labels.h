// Labels: the names and values that make up a stream, and their text form `{job="nginx", host="web-1"}`.
#pragma once

#include <compare>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "core/ids.h"

namespace cordwood::core {

struct Label {
  std::string name;
  std::string value;
  auto operator<=>(const Label&) const = default;
};

// Sorted by name, names unique. Immutable after construction, so one copy is shared by all records of a stream.
// Label order of two Labels compares name by name, value by value (the order of Loki's answers).
class Labels {
 public:
  Labels() = default;
  // Sorts; of equal names the last wins.
  explicit Labels(std::vector<Label> labels);

  std::span<const Label> all() const { return labels_; }
  bool empty() const { return labels_.empty(); }
  std::size_t size() const { return labels_.size(); }
  // The value, or "" when there is no such label (LogQL does not tell the two apart).
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  // `{a="x", b="y"}` with Go's quoting of values: the canonical text, and Loki's.
  std::string to_text() const;
  StreamId stream_id() const;
  auto operator<=>(const Labels&) const = default;

 private:
  std::vector<Label> labels_;
};

using SharedLabels = std::shared_ptr<const Labels>;

// Parses the text form as Loki's push does. Errors name the byte offset.
base::StatusOr<Labels> parse_labels(std::string_view text);
// [a-zA-Z_][a-zA-Z0-9_]*; a colon is not allowed in a label name.
bool is_valid_label_name(std::string_view name);
// Appends `text` as a Go double-quoted string (strconv.Quote): \n, \t, \", \\, \xHH for invalid bytes, \u for
// unprintable runes.
void append_go_quoted(std::string& out, std::string_view text);

}  // namespace cordwood::core

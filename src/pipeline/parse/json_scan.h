// A lenient JSON scanner with the tolerance of Loki's: no validation beyond finding where values end, a comma before a
// closing brace is fine, text after the outermost object is not looked at. Strict JSON is read with other means; this
// one exists because which broken lines give labels, and which error text, is part of LogQL's behaviour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cordwood::pipeline {

enum class JsonType : std::uint8_t { kString, kNumber, kObject, kArray, kBoolean, kNull };

enum class JsonError : std::uint8_t {
  kNone,
  kMalformed,
  kMalformedString,
  kMalformedArray,
  kMalformedObject,
  kMalformedValue,
  kUnknownType,
  kMalformedEscape,
};
// Loki's text for the error, as found in __error_details__.
std::string_view json_error_text(JsonError error);

struct JsonValue {
  JsonType type = JsonType::kNull;
  std::string_view text;  // of a string: what is between the quotes, still escaped
  std::size_t end = 0;    // offset behind the value in the text that was scanned
};

// The value at the start of `text` (after white space).
JsonError scan_json_value(std::string_view text, JsonValue& value);

// One pass over the members of the object at the start of `text`.
class JsonObjectScanner {
 public:
  explicit JsonObjectScanner(std::string_view text) : text_(text) {}
  // False at the end of the object and on an error. `key` is unescaped; it points into the text or into this scanner
  // and lives until the next call.
  bool next(std::string_view& key, JsonValue& value);
  JsonError error() const { return error_; }

 private:
  bool fail(JsonError error);
  bool open();
  bool skip_space();
  std::string_view text_;
  std::size_t at_ = 0;
  bool opened_ = false;
  bool done_ = false;
  JsonError error_ = JsonError::kNone;
  std::string key_buffer_;
};

// The elements of the array at the start of `text`.
class JsonArrayScanner {
 public:
  explicit JsonArrayScanner(std::string_view text) : text_(text) {}
  bool next(JsonValue& value);

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool opened_ = false;
  bool done_ = false;
};

// Replaces escapes. `out` is used only when there are some; the answer points into `escaped` or `out`. nullopt for an
// unknown escape or half a surrogate pair.
std::optional<std::string_view> unescape_json(std::string_view escaped, std::string& out);
// The value of a label: unescaped, with invalid bytes and U+FFFD turned to spaces; empty when an escape is malformed.
std::string_view json_label_value(std::string_view escaped, std::string& out);

}  // namespace cordwood::pipeline

// Appends JSON to a string. Commas are placed by the writer; the caller keeps objects and arrays balanced.
//   JsonWriter json(out);
//   json.begin_object().key("status").string("success").key("n").number(3).end_object();
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cordwood::base {

// Appends `text` quoted. Invalid UTF-8 bytes become U+FFFD each, as Go's encoding/json does; <, > and & stay.
void append_json_string(std::string& out, std::string_view text);
// True when `text` is valid UTF-8.
bool is_valid_utf8(std::string_view text);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& number(std::int64_t value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& number(int value) { return number(static_cast<std::int64_t>(value)); }
  // Shortest form that reads back the same; NaN and infinities, which JSON lacks, become null.
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  // Text that is JSON already.
  JsonWriter& raw(std::string_view json);

 private:
  void separate();
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace cordwood::base

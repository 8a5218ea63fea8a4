// Values of Go's text/template as far as LogQL's templates can make them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/gotime/go_time.h"
#include "pipeline/labels_builder.h"

namespace cordwood::pipeline::gotemplate {

struct Value;

// No value at all: prints "<no value>".
struct NoValue {
  bool operator==(const NoValue&) const = default;
};
// An interface that holds nothing (JSON's null, a missing key of a JSON object).
struct Nil {
  bool operator==(const Nil&) const = default;
};

enum class IntType : std::uint8_t { kInt, kInt64, kUint8, kMonth, kWeekday, kDuration };
struct Integer {
  std::int64_t value = 0;
  IntType type = IntType::kInt;
};

using List = std::vector<Value>;              // []interface {}
using Object = std::map<std::string, Value>;  // map[string]interface {}

// The dot of Loki's templates: map[string]string, sorted by name.
struct LabelMap {
  std::span<const LabelView> labels;
};

struct Value {
  std::variant<NoValue, Nil, bool, Integer, double, std::string, GoTime, std::shared_ptr<const List>,
               std::shared_ptr<const Object>, LabelMap>
      data;

  Value() = default;
  template <typename T>
    requires(!std::is_same_v<std::decay_t<T>, Value>)
  Value(T&& value) : data(std::forward<T>(value)) {}  // NOLINT: values convert

  template <typename T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  bool has_value() const { return !std::holds_alternative<NoValue>(data); }
  bool is_nothing() const { return std::holds_alternative<NoValue>(data) || std::holds_alternative<Nil>(data); }
};

inline Value make_int(std::int64_t value) {
  return Integer{value, IntType::kInt};
}
inline Value make_int64(std::int64_t value) {
  return Integer{value, IntType::kInt64};
}

// The name of the Go type: "string", "map[string]string", "time.Time", ...
std::string_view type_name(const Value& value);
// Whether `if` takes the value for true.
bool is_true(const Value& value);
// Go's "zero value" test of sprig's default: nothing, "", 0, false, no elements.
bool is_empty(const Value& value);
// fmt's %v.
void append_printed(std::string& out, const Value& value);
std::string printed(const Value& value);
// The value of a label, or nullptr.
const LabelView* find_label(const LabelMap& map, std::string_view name);

}  // namespace cordwood::pipeline::gotemplate

// What templates can call: Go's builtins, Loki's own functions and those Loki takes from sprig.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "pipeline/gotemplate/value.h"

namespace cordwood::pipeline::gotemplate {

// What a call may look at besides its arguments.
struct CallContext {
  std::string_view line;      // __line__
  base::UnixNanos timestamp;  // __timestamp__
  base::UnixNanos now;        // now
};

// The Go type of a parameter, as far as it decides about what may be passed.
enum class ParameterType : std::uint8_t { kAny, kString, kInt, kFloat, kTime };
std::string_view type_name(ParameterType type);

// Arguments have the declared types and number. An error's message is what Go's function returns (or panics with).
using FunctionBody = base::StatusOr<Value> (*)(const CallContext& context, std::span<const Value> arguments);

struct Function {
  static constexpr std::size_t kParametersMax = 4;
  std::string_view name;
  FunctionBody body = nullptr;
  std::size_t parameter_count = 0;
  ParameterType parameters[kParametersMax] = {};
  // The last parameter stands for any number of arguments.
  bool variadic = false;
  // `and` and `or` evaluate their arguments one by one.
  bool short_circuit = false;

  ParameterType parameter(std::size_t index) const {
    return parameters[index < parameter_count ? index : parameter_count - 1];
  }
};

// nullptr when there is none.
const Function* find_function(std::string_view name);

// The methods of time.Time, time.Duration, time.Month and time.Weekday; the receiver is arguments[0]. nullptr when
// values of this kind have no such method.
const Function* find_method(const Value& receiver, std::string_view name);

// No string that a function makes is longer than this.
inline constexpr std::size_t kTemplateBytesMax = 16 << 20;

// The tables, one a file.
std::span<const Function> builtin_functions();  // Go
std::span<const Function> text_functions();     // strings, regexes, encodings
std::span<const Function> number_functions();   // arithmetic and conversions
std::span<const Function> time_functions();
base::StatusOr<std::string> go_printf(std::string_view format, std::span<const Value> arguments);

}  // namespace cordwood::pipeline::gotemplate

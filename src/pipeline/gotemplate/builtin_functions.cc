// The functions that every Go template has.
#include <algorithm>
#include <cmath>
#include <optional>

#include "core/go_strings.h"
#include "pipeline/gotemplate/escape.h"
#include "pipeline/gotemplate/functions.h"
#include "pipeline/text/runes.h"

namespace cordwood::pipeline::gotemplate {
namespace {

using Arguments = std::span<const Value>;
using ValueOr = base::StatusOr<Value>;
using P = ParameterType;

base::Status error(std::string_view message) {
  return base::invalid_argument_error("{}", message);
}

ValueOr logical_not(const CallContext&, Arguments a) {
  return Value(!is_true(a[0]));
}
// and and or are evaluated by the evaluator; these bodies are never reached.
ValueOr unreachable_body(const CallContext&, Arguments a) {
  return a.empty() ? Value() : a[0];
}

// --- comparison ----------------------------------------------------------------------------------------------------

enum class Basic { kNone, kBool, kInt, kFloat, kString };
Basic basic_kind(const Value& value) {
  if (value.as<bool>() != nullptr) return Basic::kBool;
  if (value.as<Integer>() != nullptr) return Basic::kInt;
  if (value.as<double>() != nullptr) return Basic::kFloat;
  if (value.as<std::string>() != nullptr) return Basic::kString;
  return Basic::kNone;
}

ValueOr equal_values(const Value& left, const Value& right) {
  const Basic kind = basic_kind(left);
  if (kind != basic_kind(right)) {
    if (!left.is_nothing() && !right.is_nothing()) return error("incompatible types for comparison");
    return Value(false);
  }
  switch (kind) {
    case Basic::kBool:
      return Value(*left.as<bool>() == *right.as<bool>());
    case Basic::kInt:
      return Value(left.as<Integer>()->value == right.as<Integer>()->value);
    case Basic::kFloat:
      return Value(*left.as<double>() == *right.as<double>());
    case Basic::kString:
      return Value(*left.as<std::string>() == *right.as<std::string>());
    case Basic::kNone:
      break;
  }
  if (left.is_nothing() || right.is_nothing()) return Value(left.is_nothing() == right.is_nothing());
  const auto* a = left.as<GoTime>();
  const auto* b = right.as<GoTime>();
  if (a == nullptr || b == nullptr) {
    return error(fmt::format("non-comparable type {}: {}", printed(left), type_name(left)));
  }
  return Value(a->seconds == b->seconds && a->nanos == b->nanos && a->zone == b->zone);
}

ValueOr eq(const CallContext&, Arguments a) {
  if (a.size() < 2) return error("missing argument for comparison");
  for (std::size_t i = 1; i < a.size(); ++i) {
    ASSIGN_OR_RETURN(const Value same, equal_values(a[0], a[i]));
    if (is_true(same)) return Value(true);
  }
  return Value(false);
}

ValueOr ne(const CallContext&, Arguments a) {
  ASSIGN_OR_RETURN(const Value same, equal_values(a[0], a[1]));
  return Value(!is_true(same));
}

ValueOr less(const Value& left, const Value& right) {
  const Basic kind = basic_kind(left);
  if (kind == Basic::kNone || basic_kind(right) == Basic::kNone ||
      (kind == Basic::kBool && basic_kind(right) == kind)) {
    return error("invalid type for comparison");
  }
  if (kind != basic_kind(right)) return error("incompatible types for comparison");
  if (kind == Basic::kInt) return Value(left.as<Integer>()->value < right.as<Integer>()->value);
  if (kind == Basic::kFloat) return Value(*left.as<double>() < *right.as<double>());
  return Value(*left.as<std::string>() < *right.as<std::string>());
}

ValueOr lt(const CallContext&, Arguments a) {
  return less(a[0], a[1]);
}
ValueOr le(const CallContext&, Arguments a) {
  ASSIGN_OR_RETURN(const Value is_less, less(a[0], a[1]));
  if (is_true(is_less)) return Value(true);
  return equal_values(a[0], a[1]);
}
ValueOr gt(const CallContext& context, Arguments a) {
  ASSIGN_OR_RETURN(const Value at_most, le(context, a));
  return Value(!is_true(at_most));
}
ValueOr ge(const CallContext&, Arguments a) {
  ASSIGN_OR_RETURN(const Value is_less, less(a[0], a[1]));
  return Value(!is_true(is_less));
}

// --- collections ---------------------------------------------------------------------------------------------------

ValueOr len(const CallContext&, Arguments a) {
  const Value& item = a[0];
  std::size_t size = 0;
  if (const auto* text = item.as<std::string>()) {
    size = text->size();
  } else if (const auto* list = item.as<std::shared_ptr<const List>>()) {
    size = (*list)->size();
  } else if (const auto* object = item.as<std::shared_ptr<const Object>>()) {
    size = (*object)->size();
  } else if (const auto* labels = item.as<LabelMap>()) {
    size = labels->labels.size();
  } else if (item.is_nothing()) {
    return error("len of nil pointer");
  } else {
    return error(fmt::format("len of type {}", type_name(item)));
  }
  return make_int(static_cast<std::int64_t>(size));
}

base::StatusOr<std::size_t> to_index(const Value& index, std::size_t most) {
  const auto* integer = index.as<Integer>();
  if (integer == nullptr) {
    if (index.is_nothing()) return error("cannot index slice/array with nil");
    return error(fmt::format("cannot index slice/array with type {}", type_name(index)));
  }
  if (integer->value < 0 || static_cast<std::uint64_t>(integer->value) > most) {
    return error(fmt::format("index out of range: {}", integer->value));
  }
  return static_cast<std::size_t>(integer->value);
}

ValueOr index_once(const Value& item, const Value& index) {
  const auto* text = item.as<std::string>();
  const auto* list = item.as<std::shared_ptr<const List>>();
  if (text != nullptr || list != nullptr) {
    const std::size_t size = text != nullptr ? text->size() : (*list)->size();
    ASSIGN_OR_RETURN(const std::size_t at, to_index(index, size));
    if (at == size) return error(fmt::format("reflect: {} index out of range", text != nullptr ? "string" : "slice"));
    if (list != nullptr) return (**list)[at];
    return Value(Integer{static_cast<unsigned char>((*text)[at]), IntType::kUint8});
  }
  const auto* labels = item.as<LabelMap>();
  const auto* object = item.as<std::shared_ptr<const Object>>();
  if (labels == nullptr && object == nullptr) {
    if (item.is_nothing()) return error("index of nil pointer");
    return error(fmt::format("can't index item of type {}", type_name(item)));
  }
  const auto* key = index.as<std::string>();
  if (key == nullptr) {
    if (index.is_nothing()) return error("value is nil; should be of type string");
    return error(fmt::format("value has type {}; should be string", type_name(index)));
  }
  if (labels != nullptr) {
    const LabelView* label = find_label(*labels, *key);
    return Value(label == nullptr ? std::string() : std::string(label->value));
  }
  const auto member = (*object)->find(*key);
  return member == (*object)->end() ? Value(Nil{}) : member->second;
}

ValueOr index(const CallContext&, Arguments a) {
  if (a[0].is_nothing()) return error("index of untyped nil");
  Value item = a[0];
  for (std::size_t i = 1; i < a.size(); ++i) {
    ASSIGN_OR_RETURN(item, index_once(item, a[i]));
  }
  return item;
}

ValueOr slice(const CallContext&, Arguments a) {
  const Value& item = a[0];
  if (item.is_nothing()) return error("slice of untyped nil");
  if (a.size() > 4) return error(fmt::format("too many slice indexes: {}", a.size() - 1));
  const auto* text = item.as<std::string>();
  const auto* list = item.as<std::shared_ptr<const List>>();
  if (text == nullptr && list == nullptr) return error(fmt::format("can't slice item of type {}", type_name(item)));
  if (text != nullptr && a.size() == 4) return error("cannot 3-index slice a string");
  const std::size_t size = text != nullptr ? text->size() : (*list)->size();
  std::size_t bounds[3] = {0, size, size};
  for (std::size_t i = 1; i < a.size(); ++i) {
    ASSIGN_OR_RETURN(bounds[i - 1], to_index(a[i], size));
  }
  if (bounds[0] > bounds[1]) return error(fmt::format("invalid slice index: {} > {}", bounds[0], bounds[1]));
  if (bounds[1] > bounds[2]) return error(fmt::format("invalid slice index: {} > {}", bounds[1], bounds[2]));
  if (text != nullptr) return Value(text->substr(bounds[0], bounds[1] - bounds[0]));
  const auto begin = (*list)->begin();
  return Value(std::make_shared<const List>(begin + static_cast<std::ptrdiff_t>(bounds[0]),
                                            begin + static_cast<std::ptrdiff_t>(bounds[1])));
}

ValueOr call(const CallContext&, Arguments a) {
  if (a[0].is_nothing()) return error("call of nil");
  return error(fmt::format("non-function {} of type {}", printed(a[0]), type_name(a[0])));
}

// --- printing ------------------------------------------------------------------------------------------------------

void append_fmt(std::string& out, const Value& value) {
  // fmt, unlike the template itself, shows a missing value as <nil>.
  if (value.is_nothing()) {
    out.append("<nil>");
  } else {
    append_printed(out, value);
  }
}

// fmt.Sprint: a space between operands when neither is a string. The evaluator bounds what the operands have together.
std::string sprint(Arguments a) {
  std::string out;
  bool previous_string = true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool is_string = a[i].as<std::string>() != nullptr;
    if (i != 0 && !is_string && !previous_string) out.push_back(' ');
    append_fmt(out, a[i]);
    previous_string = is_string;
  }
  return out;
}

ValueOr print(const CallContext&, Arguments a) {
  return Value(sprint(a));
}
ValueOr println(const CallContext&, Arguments a) {
  std::string out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (i != 0) out.push_back(' ');
    append_fmt(out, a[i]);
  }
  out.push_back('\n');
  return Value(std::move(out));
}
ValueOr printf(const CallContext&, Arguments a) {
  ASSIGN_OR_RETURN(std::string out, go_printf(*a[0].as<std::string>(), a.subspan(1)));
  return Value(std::move(out));
}

ValueOr html(const CallContext&, Arguments a) {
  return Value(escape_html(sprint(a)));
}
ValueOr js(const CallContext&, Arguments a) {
  return Value(escape_js(sprint(a)));
}
ValueOr urlquery(const CallContext&, Arguments a) {
  return Value(escape_query(sprint(a)));
}

constexpr Function kFunctions[] = {
    {"and", unreachable_body, 2, {P::kAny, P::kAny}, true, true},
    {"or", unreachable_body, 2, {P::kAny, P::kAny}, true, true},
    {"not", logical_not, 1, {P::kAny}},
    {"eq", eq, 2, {P::kAny, P::kAny}, true},
    {"ne", ne, 2, {P::kAny, P::kAny}},
    {"lt", lt, 2, {P::kAny, P::kAny}},
    {"le", le, 2, {P::kAny, P::kAny}},
    {"gt", gt, 2, {P::kAny, P::kAny}},
    {"ge", ge, 2, {P::kAny, P::kAny}},
    {"len", len, 1, {P::kAny}},
    {"index", index, 2, {P::kAny, P::kAny}, true},
    {"slice", slice, 2, {P::kAny, P::kAny}, true},
    {"call", call, 2, {P::kAny, P::kAny}, true},
    {"print", print, 1, {P::kAny}, true},
    {"println", println, 1, {P::kAny}, true},
    {"printf", printf, 2, {P::kString, P::kAny}, true},
    {"html", html, 1, {P::kAny}, true},
    {"js", js, 1, {P::kAny}, true},
    {"urlquery", urlquery, 1, {P::kAny}, true},
};

}  // namespace

std::span<const Function> builtin_functions() {
  return kFunctions;
}

}  // namespace cordwood::pipeline::gotemplate

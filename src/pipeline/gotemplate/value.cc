#include "pipeline/gotemplate/value.h"

#include <algorithm>

#include "logql/ast.h"
#include "logql/units.h"
#include "pipeline/text/go_number.h"

namespace cordwood::pipeline::gotemplate {

using logql::Overloaded;

std::string_view type_name(const Value& value) {
  return std::visit(
      Overloaded{[](const NoValue&) -> std::string_view { return "nil"; },
                 [](const Nil&) -> std::string_view { return "interface {}"; },
                 [](const bool&) -> std::string_view { return "bool"; },
                 [](const Integer& i) -> std::string_view {
                   switch (i.type) {
                     case IntType::kInt:
                       return "int";
                     case IntType::kInt64:
                       return "int64";
                     case IntType::kUint8:
                       return "uint8";
                     case IntType::kMonth:
                       return "time.Month";
                     case IntType::kWeekday:
                       return "time.Weekday";
                     case IntType::kDuration:
                       return "time.Duration";
                   }
                   return "int";
                 },
                 [](const double&) -> std::string_view { return "float64"; },
                 [](const std::string&) -> std::string_view { return "string"; },
                 [](const GoTime&) -> std::string_view { return "time.Time"; },
                 [](const std::shared_ptr<const List>&) -> std::string_view { return "[]interface {}"; },
                 [](const std::shared_ptr<const Object>&) -> std::string_view { return "map[string]interface {}"; },
                 [](const LabelMap&) -> std::string_view { return "map[string]string"; }},
      value.data);
}

bool is_true(const Value& value) {
  return std::visit(Overloaded{[](const NoValue&) { return false; }, [](const Nil&) { return false; },
                               [](const bool& b) { return b; }, [](const Integer& i) { return i.value != 0; },
                               [](const double& d) { return d != 0; }, [](const std::string& s) { return !s.empty(); },
                               [](const GoTime&) { return true; },  // structs are always true
                               [](const std::shared_ptr<const List>& l) { return !l->empty(); },
                               [](const std::shared_ptr<const Object>& o) { return !o->empty(); },
                               [](const LabelMap& m) { return !m.labels.empty(); }},
                    value.data);
}

bool is_empty(const Value& value) {
  return !is_true(value);
}

namespace {

// Lists nest as deep as fromJson lets them; bounded there.
void append_list(std::string& out, const List& list) {
  out.push_back('[');
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) out.push_back(' ');
    append_printed(out, list[i]);
  }
  out.push_back(']');
}

void append_object(std::string& out, const Object& object) {
  out.append("map[");
  bool first = true;
  for (const auto& [name, value] : object) {
    if (!first) out.push_back(' ');
    first = false;
    out.append(name).push_back(':');
    append_printed(out, value);
  }
  out.push_back(']');
}

void append_labels(std::string& out, const LabelMap& map) {
  out.append("map[");
  for (std::size_t i = 0; i < map.labels.size(); ++i) {
    if (i != 0) out.push_back(' ');
    out.append(map.labels[i].name).push_back(':');
    out.append(map.labels[i].value);
  }
  out.push_back(']');
}

void append_integer(std::string& out, const Integer& integer) {
  if (integer.type == IntType::kMonth && integer.value >= 1 && integer.value <= 12) {
    out.append(month_name(static_cast<int>(integer.value)));
  } else if (integer.type == IntType::kWeekday && integer.value >= 0 && integer.value <= 6) {
    out.append(weekday_name(static_cast<int>(integer.value)));
  } else if (integer.type == IntType::kDuration) {
    out.append(logql::format_go_duration(base::nanoseconds(integer.value)));
  } else {
    out.append(std::to_string(integer.value));
  }
}

}  // namespace

void append_printed(std::string& out, const Value& value) {
  std::visit(
      Overloaded{[&](const NoValue&) { out.append("<no value>"); }, [&](const Nil&) { out.append("<nil>"); },
                 [&](const bool& b) { out.append(b ? "true" : "false"); },
                 [&](const Integer& i) { append_integer(out, i); },
                 [&](const double& d) { out.append(format_go_float(d)); }, [&](const std::string& s) { out.append(s); },
                 [&](const GoTime& t) { out.append(t.to_string()); },
                 [&](const std::shared_ptr<const List>& l) { append_list(out, *l); },
                 [&](const std::shared_ptr<const Object>& o) { append_object(out, *o); },
                 [&](const LabelMap& m) { append_labels(out, m); }},
      value.data);
}

std::string printed(const Value& value) {
  std::string out;
  append_printed(out, value);
  return out;
}

const LabelView* find_label(const LabelMap& map, std::string_view name) {
  const auto found =
      std::lower_bound(map.labels.begin(), map.labels.end(), name,
                       [](const LabelView& label, std::string_view wanted) { return label.name < wanted; });
  return found != map.labels.end() && found->name == name ? &*found : nullptr;
}

}  // namespace cordwood::pipeline::gotemplate

#include "pipeline/gotemplate/functions.h"

#include "base/check.h"
#include "base/hash_map.h"

namespace cordwood::pipeline::gotemplate {

std::string_view type_name(ParameterType type) {
  switch (type) {
    case ParameterType::kAny:
      return "interface {}";
    case ParameterType::kString:
      return "string";
    case ParameterType::kInt:
      return "int";
    case ParameterType::kFloat:
      return "float64";
    case ParameterType::kTime:
      return "time.Time";
  }
  return "";
}

const Function* find_function(std::string_view name) {
  static const base::StringMap<const Function*> table = [] {
    base::StringMap<const Function*> all;
    for (const auto& functions : {builtin_functions(), text_functions(), number_functions(), time_functions()}) {
      for (const Function& function : functions) CHECK(all.emplace(std::string(function.name), &function).second);
    }
    return all;
  }();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace cordwood::pipeline::gotemplate

// The members of the JSON objects that the rows of a template are, found without looking at any row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exec/encoded/flat_template.h"

namespace cordwood::exec {

// `"key": value` of the outermost object, with what stands between them.
struct JsonMember {
  std::string key;
  bool is_object = false;
  FlatPlace begin;
  FlatPlace end;
};

// nullopt unless every row of the template is an object with exactly these members, each where it says, that
// pipeline/parse/json_scan.h reads without an error (values inside of objects and arrays apart). Escapes in keys,
// variables in them and values whose kind depends on a variable are left to the text.
std::optional<std::vector<JsonMember>> members_of_template(const std::vector<FlatPiece>& pieces);

}  // namespace cordwood::exec

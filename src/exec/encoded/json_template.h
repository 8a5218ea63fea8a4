// The members of the JSON objects that the rows of a template are, found without looking at any row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/line_column.h"

namespace cordwood::exec {

// Static text, or the value of a column.
struct FlatPiece {
  std::string text;
  const codec::ColumnInfo* column = nullptr;
  std::uint32_t column_number = 0;
  bool begins_number = false;  // every value of the column begins with a digit or a minus sign
};

// A byte of static text, or the place of a column.
struct FlatPlace {
  std::size_t piece = 0;
  std::size_t offset = 0;
  bool operator==(const FlatPlace&) const = default;
};

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

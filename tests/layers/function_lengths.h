// How long the functions of a file are.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "layers/source_text.h"

namespace cordwood::layers {

struct FunctionLength {
  std::string name;       // "Lister::walk" as written, or what stands before the parenthesis
  std::size_t begin = 0;  // line of the first word, from 1
  std::size_t lines = 0;  // to the closing brace
};

// Functions defined in namespaces and classes, by counting braces outside of comments and literals. It does not know
// C++, only how clang-format leaves it: what opens a brace after a ')' and is not a type or a namespace is a function.
std::vector<FunctionLength> function_lengths(const SourceFile& file);

}  // namespace cordwood::layers

// label_replace(v, dst, replacement, src, regex).
#pragma once

#include "base/status.h"
#include "exec/matrix.h"
#include "logql/ast.h"

namespace cordwood::exec {

// InvalidArgument when the regex is not valid RE2 (the parser has checked it).
base::StatusOr<Matrix> replace_labels(const logql::LabelReplace& replace, Matrix input);

// Go's regexp.Expand: $1, ${1}, $name, ${name}, $$; a name that does not exist is empty, a `$` that starts none stays.
// groups[0] is the whole match; `names` gives the number of a named group.
std::string expand_template(std::string_view text, const std::vector<std::string_view>& groups,
                            const std::vector<std::pair<std::string, int>>& names);

}  // namespace cordwood::exec

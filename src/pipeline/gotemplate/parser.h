// Text to the tree of node.h.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "pipeline/gotemplate/node.h"

namespace cordwood::pipeline::gotemplate {

// Parentheses, branches and else-ifs inside each other.
inline constexpr int kTemplateDepthMax = 100;

// `name` appears in error messages: "template: line:1: unclosed action". Functions must exist.
base::StatusOr<TemplateSet> parse_template(std::string_view name, std::string_view text);

}  // namespace cordwood::pipeline::gotemplate

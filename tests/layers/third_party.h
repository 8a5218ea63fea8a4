// Which folders may include which third-party header (docs of the architecture, "a third-party header is included by a
// few folders only").
#pragma once

#include <string>
#include <vector>

#include "layers/source_text.h"

namespace cordwood::layers {

// What is wrong with the <...> includes of one file of src/, as `path:line: sentence`.
std::vector<std::string> check_third_party(const SourceFile& file);

}  // namespace cordwood::layers

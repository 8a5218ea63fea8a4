// ANSI control sequences (ECMA-48 CSI and OSC as terminals know them).
#pragma once

#include <string>
#include <string_view>

namespace cordwood::pipeline {

// Appends `text` without its control sequences. False, with nothing appended, when there are none.
bool append_decolorized(std::string& out, std::string_view text);

}  // namespace cordwood::pipeline

// The table of the file LAYERS: which folder of src/ may include which.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "layers/source_text.h"

namespace cordwood::layers {

using LayerTable = std::map<std::string, std::set<std::string>>;

// Lines `folder: folders`; comments start with '#'.
LayerTable parse_layers(std::string_view text);
// Folders that a line names but that have no line of their own, and cycles, as sentences.
std::vector<std::string> faults_of(const LayerTable& table);
// What is wrong with the includes of one file of src/, as `path:line: sentence`.
std::vector<std::string> check_includes(const SourceFile& file, const LayerTable& table);

}  // namespace cordwood::layers

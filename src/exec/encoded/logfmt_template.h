// The pairs of the logfmt lines that the rows of a template are, found without looking at any row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exec/encoded/flat_template.h"

namespace cordwood::exec {

// What pipeline/parse/logfmt_decoder.h reads as one pair, malformed ones included.
struct LogfmtPair {
  std::string key;
  bool key_known = true;  // no variable in it
  FlatPlace begin;
  FlatPlace end;
};

// nullopt unless in every row of the template the pairs begin and end where it says. A pair alone, with white space
// around it, is read as it is read in the line; what is said of malformed ones is another matter.
std::optional<std::vector<LogfmtPair>> pairs_of_template(const std::vector<FlatPiece>& pieces);

}  // namespace cordwood::exec

// A parsed query as the neutral JSON tree of the `parse` rows.
#pragma once

#include <string>

#include "logql/ast.h"

namespace cordwood::logql_cases {

std::string neutral_ast(const logql::Query& query);

}  // namespace cordwood::logql_cases

// The pieces of text that print() and format() share. Internal to this folder. Each appends to `out`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "logql/ast.h"

namespace cordwood::logql {

void append_selector(std::string& out, const std::vector<Matcher>& matchers);
void append_joined(std::string& out, const std::vector<std::string>& names, std::string_view separator);
// ` by (a,b)`, with the leading space; nothing for nullopt.
void append_grouping(std::string& out, const std::optional<Grouping>& grouping);
// The grouping of a vector aggregation, where `by ()` is what nothing means.
void append_vector_grouping(std::string& out, const std::optional<Grouping>& grouping);
// `> bool on (a) group_left (b)`.
void append_operator(std::string& out, const BinaryOperation& operation);
// `| unwrap duration(x)`, without its filters.
void append_unwrap(std::string& out, const Unwrap& unwrap);
// ` [5m]` comes from the caller; this is ` offset 1h0m0s`, nothing for zero.
void append_offset(std::string& out, const std::string& duration, const LogRange& range);
// Binding strength of an operator, as in the parser: larger binds first.
int precedence_of(BinaryOp op);

}  // namespace cordwood::logql

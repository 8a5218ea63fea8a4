// The tree of ast.h back to text.
//
// print() is canonical: one text per tree, Loki's String(). It parses back to the same tree, so it serves as a cache
// key and on the wire between nodes. Where Loki's own text would lose something (byte sizes are rounded, `without ()`
// vanishes) the exact form is printed instead.
#pragma once

#include <string>
#include <string_view>

#include "logql/ast.h"

namespace cordwood::logql {

std::string print(const Query& query);
std::string print(const LogExpr& log);
std::string print(const MetricExpr& expr);
std::string print(const LogRange& range);
std::string print(const Stage& stage);  // "| json", "|= \"x\""
std::string print(const LabelFilter& filter);
std::string print(const Matcher& matcher);

// The names as they stand in queries: "=~", "|=", ">=", "rate", "topk", "unless".
std::string_view name_of(MatchOp op);
std::string_view name_of(LineFilterOp op);
std::string_view name_of(CompareOp op);
std::string_view name_of(RangeOp op);
std::string_view name_of(VectorOp op);
std::string_view name_of(BinaryOp op);
std::string_view name_of(UnwrapConversion conversion);  // "" for kNone

// Several lines for people: what would be longer than `max_chars` in canonical form is split, two spaces a level
// (Loki's format_query).
inline constexpr std::size_t kFormatWidth = 100;
std::string format(const Query& query, std::size_t max_chars = kFormatWidth);

}  // namespace cordwood::logql

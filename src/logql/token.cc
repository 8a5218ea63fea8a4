#include "logql/token.h"

#include <array>
#include <cctype>

#include "base/hash_map.h"

namespace cordwood::logql {
namespace {

enum class Sort : std::uint8_t { kOther, kKeyword, kFunction };

struct TokenInfo {
  TokenKind kind;
  std::string_view name;
  Sort sort = Sort::kOther;
  std::string_view text = {};  // how it is written, for keywords and functions
};

using enum TokenKind;
using enum Sort;

// Names of functions appear in messages in capitals, because Loki prints the written form of keywords only; `ip` and
// label_replace are both.
constexpr auto kTokens = std::to_array<TokenInfo>({
    {kEnd, "$end"},
    {kError, "error"},
    {kBytes, "BYTES"},
    {kIdentifier, "IDENTIFIER"},
    {kString, "STRING"},
    {kNumber, "NUMBER"},
    {kFlag, "FUNCTION_FLAG"},
    {kDuration, "DURATION"},
    {kRange, "RANGE"},
    {kEq, "EQ", kKeyword, "="},
    {kRe, "RE", kKeyword, "=~"},
    {kNre, "NRE", kKeyword, "!~"},
    {kNotPattern, "NPA", kKeyword, "!>"},
    {kOpenBrace, "OPEN_BRACE", kKeyword, "{"},
    {kCloseBrace, "CLOSE_BRACE", kKeyword, "}"},
    {kOpenBracket, "OPEN_BRACKET", kKeyword, "["},
    {kCloseBracket, "CLOSE_BRACKET", kKeyword, "]"},
    {kComma, "COMMA", kKeyword, ","},
    {kDot, "DOT", kKeyword, "."},
    {kPipeMatch, "PIPE_MATCH", kKeyword, "|~"},
    {kPipeExact, "PIPE_EXACT", kKeyword, "|="},
    {kPipePattern, "PIPE_PATTERN", kKeyword, "|>"},
    {kOpenParenthesis, "OPEN_PARENTHESIS", kKeyword, "("},
    {kCloseParenthesis, "CLOSE_PARENTHESIS", kKeyword, ")"},
    {kBy, "BY", kKeyword, "by"},
    {kWithout, "WITHOUT", kKeyword, "without"},
    {kCountOverTime, "COUNT_OVER_TIME", kFunction, "count_over_time"},
    {kRate, "RATE", kFunction, "rate"},
    {kRateCounter, "RATE_COUNTER", kFunction, "rate_counter"},
    {kSum, "SUM", kFunction, "sum"},
    {kSort, "SORT", kFunction, "sort"},
    {kSortDesc, "SORT_DESC", kFunction, "sort_desc"},
    {kAvg, "AVG", kFunction, "avg"},
    {kMax, "MAX", kFunction, "max"},
    {kMin, "MIN", kFunction, "min"},
    {kCount, "COUNT", kFunction, "count"},
    {kStddev, "STDDEV", kFunction, "stddev"},
    {kStdvar, "STDVAR", kFunction, "stdvar"},
    {kBottomk, "BOTTOMK", kFunction, "bottomk"},
    {kTopk, "TOPK", kFunction, "topk"},
    {kApproxTopk, "APPROX_TOPK", kFunction, "approx_topk"},
    {kBytesOverTime, "BYTES_OVER_TIME", kFunction, "bytes_over_time"},
    {kBytesRate, "BYTES_RATE", kFunction, "bytes_rate"},
    {kBool, "BOOL", kKeyword, "bool"},
    {kJson, "JSON", kKeyword, "json"},
    {kRegexp, "REGEXP", kKeyword, "regexp"},
    {kLogfmt, "LOGFMT", kKeyword, "logfmt"},
    {kPipe, "PIPE", kKeyword, "|"},
    {kLineFormat, "LINE_FMT", kKeyword, "line_format"},
    {kLabelFormat, "LABEL_FMT", kKeyword, "label_format"},
    {kUnwrap, "UNWRAP", kKeyword, "unwrap"},
    {kAvgOverTime, "AVG_OVER_TIME", kFunction, "avg_over_time"},
    {kSumOverTime, "SUM_OVER_TIME", kFunction, "sum_over_time"},
    {kMinOverTime, "MIN_OVER_TIME", kFunction, "min_over_time"},
    {kMaxOverTime, "MAX_OVER_TIME", kFunction, "max_over_time"},
    {kStdvarOverTime, "STDVAR_OVER_TIME", kFunction, "stdvar_over_time"},
    {kStddevOverTime, "STDDEV_OVER_TIME", kFunction, "stddev_over_time"},
    {kQuantileOverTime, "QUANTILE_OVER_TIME", kFunction, "quantile_over_time"},
    {kBytesConversion, "BYTES_CONV", kFunction, "bytes"},
    {kDurationConversion, "DURATION_CONV", kFunction, "duration"},
    {kDurationSecondsConversion, "DURATION_SECONDS_CONV", kFunction, "duration_seconds"},
    {kFirstOverTime, "FIRST_OVER_TIME", kFunction, "first_over_time"},
    {kLastOverTime, "LAST_OVER_TIME", kFunction, "last_over_time"},
    {kAbsentOverTime, "ABSENT_OVER_TIME", kFunction, "absent_over_time"},
    {kVector, "VECTOR", kFunction, "vector"},
    {kLabelReplace, "LABEL_REPLACE", kKeyword, "label_replace"},
    {kUnpack, "UNPACK", kKeyword, "unpack"},
    {kOffset, "OFFSET", kKeyword, "offset"},
    {kPattern, "PATTERN", kKeyword, "pattern"},
    {kIp, "IP", kFunction, "ip"},
    {kOn, "ON", kKeyword, "on"},
    {kIgnoring, "IGNORING", kKeyword, "ignoring"},
    {kGroupLeft, "GROUP_LEFT", kKeyword, "group_left"},
    {kGroupRight, "GROUP_RIGHT", kKeyword, "group_right"},
    {kDecolorize, "DECOLORIZE", kKeyword, "decolorize"},
    {kDrop, "DROP", kKeyword, "drop"},
    {kKeep, "KEEP", kKeyword, "keep"},
    {kOr, "OR", kKeyword, "or"},
    {kAnd, "AND", kKeyword, "and"},
    {kUnless, "UNLESS", kKeyword, "unless"},
    {kCmpEq, "CMP_EQ", kKeyword, "=="},
    {kNeq, "NEQ", kKeyword, "!="},
    {kLt, "LT", kKeyword, "<"},
    {kLte, "LTE", kKeyword, "<="},
    {kGt, "GT", kKeyword, ">"},
    {kGte, "GTE", kKeyword, ">="},
    {kAdd, "ADD", kKeyword, "+"},
    {kSub, "SUB", kKeyword, "-"},
    {kMul, "MUL", kKeyword, "*"},
    {kDiv, "DIV", kKeyword, "/"},
    {kMod, "MOD", kKeyword, "%"},
    {kPow, "POW", kKeyword, "^"},
});

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTokens.size(); ++i) {
    if (static_cast<std::size_t>(kTokens[i].kind) != i) return false;
  }
  return true;
}
static_assert(in_order(), "kTokens is indexed by TokenKind");

// Longer than any keyword: nothing above it is looked up.
constexpr std::size_t kLongestWord = 24;

TokenKind find(std::string_view text, Sort sort) {
  static const base::StringMap<TokenKind>* const maps[2] = {
      [] {
        auto* map = new base::StringMap<TokenKind>();
        for (const TokenInfo& info : kTokens) {
          if (info.sort == kKeyword) map->emplace(std::string(info.text), info.kind);
        }
        return map;
      }(),
      [] {
        auto* map = new base::StringMap<TokenKind>();
        for (const TokenInfo& info : kTokens) {
          if (info.sort == kFunction) map->emplace(std::string(info.text), info.kind);
        }
        return map;
      }(),
  };
  if (text.size() > kLongestWord) return kError;
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto& map = *maps[sort == kFunction ? 1 : 0];
  const auto found = map.find(lower);
  return found == map.end() ? kError : found->second;
}

}  // namespace

std::string_view token_name(TokenKind kind) {
  return kTokens[static_cast<std::size_t>(kind)].name;
}

std::string_view token_text(TokenKind kind) {
  const TokenInfo& info = kTokens[static_cast<std::size_t>(kind)];
  return info.sort == kKeyword || kind == kIp ? info.text : info.name;
}

TokenKind find_keyword(std::string_view text) {
  return find(text, kKeyword);
}
TokenKind find_function(std::string_view text) {
  return find(text, kFunction);
}

}  // namespace cordwood::logql

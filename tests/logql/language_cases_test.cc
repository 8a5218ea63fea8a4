// The language level of the conformance rows: tokens, trees, texts.
#include <fmt/format.h>

#include "core/labels.h"
#include "logql/case_reader.h"
#include "logql/evaluate.h"
#include "logql/json_path.h"
#include "logql/lexer.h"
#include "logql/neutral_ast.h"
#include "logql/parse.h"
#include "logql/parser.h"
#include "logql/pattern.h"
#include "logql/print.h"
#include "logql/units.h"

namespace cordwood::logql_cases {
namespace {

std::string_view message(const base::Status& status) {
  return base::message_of(status);
}

// Rows say `ok` and, for errors, `error`: the message itself, or {message, line, col, text}, or {contains}.
std::string compare_error(const Row& row, const base::Status& status) {
  if (row.boolean("ok")) return status.ok() ? "" : fmt::format("want ok got error {}", message(status));
  if (status.ok()) return "want an error got ok";
  if (!row.has("error")) return "";
  const Json error = row.at("error");
  std::string_view text;
  if (error.get(text) == simdjson::SUCCESS) return compare(text, message(status));
  if (error["contains"].get(text) == simdjson::SUCCESS) {
    return message(status).find(text) != std::string_view::npos ? "" : compare(text, message(status));
  }
  if (error["text"].get(text) == simdjson::SUCCESS) return compare(text, message(status));
  if (error["message"].get(text) != simdjson::SUCCESS) return "";
  return message(status).ends_with(text) ? "" : compare(text, message(status));
}

// The rows keep operations on two literals as they were written; the parser folds them.
std::optional<double> fold(Json json) {
  double value = 0;
  std::string_view text;
  if (!json.is_object() || json["type"].get(text) != simdjson::SUCCESS) return std::nullopt;
  if (text == "literal" && json["value"].get(value) == simdjson::SUCCESS) return value;
  if (text != "binop") return std::nullopt;
  const std::optional<double> left = fold(json["lhs"]);
  const std::optional<double> right = fold(json["rhs"]);
  if (!left.has_value() || !right.has_value() || json["op"].get(text) != simdjson::SUCCESS) return std::nullopt;
  for (int op = 0; op <= static_cast<int>(logql::BinaryOp::kPow); ++op) {
    const auto candidate = static_cast<logql::BinaryOp>(op);
    if (logql::name_of(candidate) == text) return logql::evaluate(candidate, *left, *right);
  }
  return std::nullopt;
}

std::string check_parse(const Row& row) {
  const std::string text = row.query();
  const base::StatusOr<logql::Query> query = logql::parse(text);
  if (std::string found = compare_error(row, query.status()); !found.empty() || !query.ok()) return found;
  if (row.has("result")) {
    if (std::string found = compare(row.text("result"), query->is_log() ? "log" : "metric"); !found.empty()) {
      return found;
    }
  }
  const std::string printed = logql::print(*query);
  const base::StatusOr<logql::Query> again = logql::parse(printed);
  if (!again.ok()) return fmt::format("printed as {}, which fails: {}", printed, message(again.status()));
  if (std::string found = compare(printed, logql::print(*again)); !found.empty()) return found;
  if (!row.has("ast")) return "";
  if (const std::optional<double> folded = fold(row.at("ast")); folded.has_value()) {
    return compare(logql::format_float_shortest(*folded), printed);
  }
  const std::string got = neutral_ast(*query);
  simdjson::dom::parser parser;
  return compare_json(row.at("ast"), parser.parse(got).value());
}

std::string check_lex(const Row& row) {
  const std::string_view input = row.text("input");
  logql::Lexer lexer(input);
  std::string got;
  for (logql::Token token = lexer.next(); token.kind != logql::TokenKind::kEnd; token = lexer.next()) {
    if (token.kind == logql::TokenKind::kError) break;
    got += fmt::format("{} ", logql::token_name(token.kind));
  }
  std::string want;
  for (const Json token : row.at("tokens").get_array()) want += fmt::format("{} ", token.get_string().value());
  return compare(want, got);
}

std::string check_canonical(const Row& row) {
  const base::StatusOr<logql::Query> query = logql::parse(row.query());
  if (!query.ok()) return std::string(message(query.status()));
  if (row.has("has_filter") && query->is_log() && row.boolean("has_filter") != logql::has_filter(query->log())) {
    return fmt::format("want has_filter {}", row.boolean("has_filter"));
  }
  return compare(row.text("canonical"), logql::print(*query));
}

std::string check_format(const Row& row) {
  const base::StatusOr<logql::Query> query = logql::parse(row.query());
  if (!query.ok()) return std::string(message(query.status()));
  const auto width = static_cast<std::size_t>(row.integer("max_chars_per_line"));
  return compare(row.text("formatted"), logql::format(*query, width));
}

std::string check_stage_string(const Row& row) {
  const std::string_view parser = row.text("parser");
  const std::string param(row.text("param"));
  logql::Stage stage;
  if (parser == "json") {
    stage = logql::JsonParser{};
  } else if (parser == "logfmt") {
    stage = logql::LogfmtParser{};
  } else if (parser == "unpack") {
    stage = logql::UnpackParser{};
  } else if (parser == "regexp") {
    stage = logql::RegexpParser{0, param};
  } else if (parser == "pattern") {
    stage = logql::PatternParser{0, param, logql::split_pattern(param)};
  } else {
    return fmt::format("unknown parser {}", parser);
  }
  return compare(row.text("canonical"), logql::print(stage));
}

std::string check_label_filter_string(const Row& row) {
  logql::Matcher matcher{0, std::string(row.text("label")), logql::MatchOp::kEqual, std::string(row.text("value"))};
  for (const logql::MatchOp op :
       {logql::MatchOp::kEqual, logql::MatchOp::kNotEqual, logql::MatchOp::kRegex, logql::MatchOp::kNotRegex}) {
    if (logql::name_of(op) == row.text("op")) matcher.op = op;
  }
  return compare(row.text("canonical"), logql::print(logql::LabelFilter{0, logql::StringCompare{matcher}}));
}

std::string check_parse_matchers(const Row& row) {
  const auto matchers = logql::parse_matchers(row.text("input"), logql::SelectorCheck::kOff);
  if (std::string found = compare_error(row, matchers.status()); !found.empty() || !matchers.ok()) return found;
  std::string got;
  for (const logql::Matcher& m : *matchers) got += fmt::format("[{} {} {}]", m.name, logql::name_of(m.op), m.value);
  std::string want;
  for (const Json m : row.at("matchers").get_array()) {
    want += fmt::format("[{} {} {}]", m.at(0).get_string().value(), m.at(1).get_string().value(),
                        m.at(2).get_string().value());
  }
  return compare(want, got);
}

std::string check_parse_labels(const Row& row) {
  const base::StatusOr<core::Labels> labels = core::parse_labels(row.text("input"));
  if (row.has("ok") && !row.boolean("ok")) return labels.ok() ? "want an error" : "";
  if (!row.has("labels")) return labels.ok() ? "want an error" : "";
  if (!labels.ok()) return std::string(message(labels.status()));
  std::vector<core::Label> want;
  for (const auto& [name, value] : row.at("labels").get_object()) {
    want.push_back({std::string(name), std::string(value.get_string().value())});
  }
  return compare(core::Labels(want).to_text(), labels->to_text());
}

std::string check_parse_duration(const Row& row) {
  const auto duration = logql::parse_duration(row.text("input"));
  if (!row.has("ns")) return duration.ok() ? "want an error" : "";
  if (!duration.ok()) return std::string(message(duration.status()));
  return compare(fmt::format("{}", row.integer("ns")), fmt::format("{}", duration->count()));
}

std::string check_json_path(const Row& row) {
  const auto path = logql::parse_json_path(row.text("expression"));
  if (std::string found = compare_error(row, path.status()); !found.empty() || !path.ok()) return found;
  std::string got;
  for (const logql::JsonPathStep& step : *path) {
    got += std::holds_alternative<std::string>(step) ? fmt::format("\"{}\" ", std::get<std::string>(step))
                                                     : fmt::format("{} ", std::get<std::uint64_t>(step));
  }
  std::string want;
  for (const Json step : row.at("path").get_array()) want += fmt::format("{} ", std::string(simdjson::minify(step)));
  return compare(want, got);
}

std::string check_logfmt_path(const Row& row) {
  const auto key = logql::parse_logfmt_key(row.text("expression"));
  if (std::string found = compare_error(row, key.status()); !found.empty() || !key.ok()) return found;
  const auto path = row.at("path").get_array();
  return compare(path.at(0).get_string().value(), *key);
}

std::string check_pattern_parse(const Row& row) {
  return compare_error(row, logql::parse_pattern(row.text("pattern")).status());
}

std::string check_pattern_filter_parse(const Row& row) {
  return compare_error(row, logql::parse_filter_pattern(row.text("pattern")).status());
}

std::string check_pattern_nodes(const Row& row) {
  std::string got;
  for (const logql::PatternNode& node : logql::split_pattern(row.text("pattern"))) {
    got += fmt::format("[{} {}]", node.is_capture() ? "capture" : "literal", node.text);
  }
  if (!row.has("nodes")) return "";
  std::string want;
  for (const Json node : row.at("nodes").get_array()) {
    for (const auto& [kind, text] : node.get_object()) want += fmt::format("[{} {}]", kind, text.get_string().value());
  }
  return compare(want, got);
}

std::string check_limit(const Row& row) {
  const base::StatusOr<logql::Query> query = logql::parse(row.query());
  if (!query.ok()) return std::string(message(query.status()));
  const auto limit = logql::parse_duration(row.at("limits")["max_query_range"].get_string().value());
  if (!limit.ok()) return std::string(message(limit.status()));
  const base::Status status = logql::check_range_limit(*query, *limit);
  if (row.boolean("ok")) return status.ok() ? "" : std::string(message(status));
  const bool contained = message(status).find(row.text("error_contains")) != std::string_view::npos;
  return contained ? "" : compare(row.text("error_contains"), message(status));
}

}  // namespace
}  // namespace cordwood::logql_cases

int main(int argc, char** argv) {
  using namespace cordwood::logql_cases;
  CaseSuite suite;
  suite.add("lex", check_lex);
  suite.add("parse", check_parse);
  suite.add("parse_matchers", check_parse_matchers);
  suite.add("parse_labels", check_parse_labels);
  suite.add("parse_duration", check_parse_duration);
  suite.add("canonical", check_canonical);
  suite.add("format", check_format);
  suite.add("stage_string", check_stage_string);
  suite.add("label_filter_string", check_label_filter_string);
  suite.add("json_path", check_json_path);
  suite.add("logfmt_path", check_logfmt_path);
  suite.add("pattern_parse", check_pattern_parse);
  suite.add("pattern_filter_parse", check_pattern_filter_parse);
  suite.add("pattern_nodes", check_pattern_nodes);
  suite.add("limit_check", check_limit);
  return suite.run(argc, argv);
}

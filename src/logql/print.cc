#include "logql/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/go_strings.h"
#include "core/labels.h"
#include "logql/printer.h"
#include "logql/units.h"

namespace cordwood::logql {
namespace {

void append(std::string& out, const LabelFilter& filter);
void append(std::string& out, const MetricExpr& expr);

void append(std::string& out, const Matcher& matcher) {
  out.append(matcher.name).append(name_of(matcher.op));
  core::append_go_quoted(out, matcher.value);
}

bool fits_backticks(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const core::Rune rune = core::decode_rune(text.substr(at));
    if (!rune.valid || rune.code == 0 || rune.code == '`') return false;
    at += rune.bytes;
  }
  return true;
}

// Loki prints the regexes of label filters between backticks, except one that matches everything.
void append(std::string& out, const StringCompare& compare) {
  const Matcher& matcher = compare.matcher;
  const bool regex = matcher.op == MatchOp::kRegex || matcher.op == MatchOp::kNotRegex;
  const bool everything = matcher.op == MatchOp::kRegex && (matcher.value == ".*" || matcher.value.empty());
  if (!regex || everything || !fits_backticks(matcher.value)) return append(out, matcher);
  out.append(matcher.name).append(name_of(matcher.op)).append("`").append(matcher.value).append("`");
}

void append_ip(std::string& out, std::string_view pattern) {
  out += "ip(";
  core::append_go_quoted(out, pattern);
  out += ')';
}

void append_pair(std::string& out, const LabelFilterPtr& left, std::string_view joint, const LabelFilterPtr& right) {
  out += "( ";
  append(out, *left);
  out += joint;
  append(out, *right);
  out += " )";
}

void append(std::string& out, const LabelFilter& filter) {
  const auto compare = [&](const auto& node, const std::string& value) {
    out.append(node.label).append(name_of(node.op)).append(value);
  };
  std::visit(Overloaded{
                 [&](const StringCompare& node) { append(out, node); },
                 [&](const NumberCompare& node) { compare(node, format_float_plain(node.value)); },
                 [&](const DurationCompare& node) { compare(node, format_go_duration(node.value)); },
                 [&](const BytesCompare& node) { compare(node, format_bytes_exact(node.bytes)); },
                 [&](const IpCompare& node) {
                   out.append(node.label).append(node.negated ? "!=" : "=");
                   append_ip(out, node.pattern);
                 },
                 [&](const BothFilter& node) { append_pair(out, node.left, " , ", node.right); },
                 [&](const EitherFilter& node) { append_pair(out, node.left, " or ", node.right); },
             },
             filter.node);
}

void append(std::string& out, const LineFilter& filter) {
  out.append(name_of(filter.op)).append(" ");
  for (std::size_t i = 0; i < filter.terms.size(); ++i) {
    if (i > 0) out += " or ";
    const LineFilterTerm& term = filter.terms[i];
    if (term.is_ip) {
      append_ip(out, term.text);
    } else {
      core::append_go_quoted(out, term.text);
    }
  }
}

template <typename Extraction>
void append_extractions(std::string& out, const std::vector<Extraction>& extractions) {
  std::string_view separator = " ";
  for (const Extraction& extraction : extractions) {
    out.append(separator).append(extraction.label).append("=");
    core::append_go_quoted(out, extraction.expression);
    separator = ",";
  }
}

void append_quoted(std::string& out, std::string_view keyword, std::string_view text) {
  out.append("| ").append(keyword).append(" ");
  core::append_go_quoted(out, text);
}

void append_choices(std::string& out, std::string_view keyword, const std::vector<LabelChoice>& choices) {
  out.append("| ").append(keyword);
  std::string_view separator = " ";
  for (const LabelChoice& choice : choices) {
    out += separator;
    separator = ",";
    if (choice.matcher.has_value()) {
      append(out, *choice.matcher);
    } else {
      out += choice.name;
    }
  }
}

void append(std::string& out, const LabelFormat& format) {
  out += "| label_format ";
  std::string_view separator;
  for (const LabelAssignment& assignment : format.assignments) {
    out.append(separator).append(assignment.target).append("=");
    separator = ",";
    if (assignment.is_rename) {
      out += assignment.value;
    } else {
      core::append_go_quoted(out, assignment.value);
    }
  }
}

void append(std::string& out, const Stage& stage) {
  std::visit(Overloaded{
                 [&](const LineFilter& s) { append(out, s); },
                 [&](const JsonParser& s) { append_extractions(out += "| json", s.extractions); },
                 [&](const LogfmtParser& s) {
                   out += "| logfmt";
                   if (s.strict) out += " --strict";
                   if (s.keep_empty) out += " --keep-empty";
                   append_extractions(out, s.extractions);
                 },
                 [&](const RegexpParser& s) { append_quoted(out, "regexp", s.regex); },
                 [&](const PatternParser& s) { append_quoted(out, "pattern", s.text); },
                 [&](const UnpackParser&) { out += "| unpack"; },
                 [&](const LabelFilterStage& s) { append(out += "| ", *s.filter); },
                 [&](const LineFormat& s) { append_quoted(out, "line_format", s.template_text); },
                 [&](const LabelFormat& s) { append(out, s); },
                 [&](const Decolorize&) { out += "| decolorize"; },
                 [&](const DropLabels& s) { append_choices(out, "drop", s.choices); },
                 [&](const KeepLabels& s) { append_choices(out, "keep", s.choices); },
             },
             stage);
}

void append(std::string& out, const LogExpr& log) {
  append_selector(out, log.matchers);
  for (const Stage& stage : log.stages) append(out += ' ', stage);
}

void append(std::string& out, const LogRange& range) {
  append(out, range.log);
  if (range.unwrap.has_value()) {
    append_unwrap(out += ' ', *range.unwrap);
    for (const LabelFilterPtr& filter : range.unwrap->filters) append(out += " | ", *filter);
  }
  out.append("[").append(format_prometheus_duration(range.range)).append("]");
  append_offset(out, format_go_duration(range.offset), range);
}

// Loki's text for values that no literal can express would not parse; arithmetic that folds to them does.
void append_literal(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "(0 / 0)";
  } else if (std::isinf(value)) {
    out += value < 0 ? "(-1e+308 * 10)" : "(1e+308 * 10)";
  } else {
    out += format_float_shortest(value);
  }
}

void append_vector(std::string& out, double value) {
  const std::string loki = fmt::format("{:f}", value);
  const base::StatusOr<double> back = parse_go_float(loki);
  out.append("vector(").append(back.ok() && *back == value ? loki : format_float_plain(value)).append(")");
}

void append(std::string& out, const RangeAggregation& aggregation) {
  out.append(name_of(aggregation.op)).append("(");
  if (aggregation.op == RangeOp::kQuantileOverTime) out.append(format_float_plain(aggregation.quantile)).append(",");
  append(out, aggregation.range);
  out += ')';
  append_grouping(out, aggregation.grouping);
}

void append(std::string& out, const VectorAggregation& aggregation) {
  out += name_of(aggregation.op);
  append_vector_grouping(out, aggregation.grouping);
  out += '(';
  if (aggregation.k > 0) fmt::format_to(std::back_inserter(out), "{},", aggregation.k);
  append(out, *aggregation.inner);
  out += ')';
}

void append(std::string& out, const LabelReplace& replace) {
  out += "label_replace(";
  append(out, *replace.inner);
  for (const std::string* argument : {&replace.destination, &replace.replacement, &replace.source, &replace.regex}) {
    core::append_go_quoted(out += ',', *argument);
  }
  out += ')';
}

void append(std::string& out, const MetricExpr& expr) {
  std::visit(Overloaded{
                 [&](const BinaryOperation& e) {
                   append(out += '(', *e.left);
                   append_operator(out += ' ', e);
                   append(out += ' ', *e.right);
                   out += ')';
                 },
                 [&](const Literal& e) { append_literal(out, e.value); },
                 [&](const VectorLiteral& e) { append_vector(out, e.value); },
                 [&](const auto& e) { append(out, e); },
             },
             expr.node);
}

template <typename Node>
std::string text_of(const Node& node) {
  std::string out;
  append(out, node);
  return out;
}

}  // namespace

void append_selector(std::string& out, const std::vector<Matcher>& matchers) {
  out += '{';
  std::string_view separator;
  for (const Matcher& matcher : matchers) {
    append(out += separator, matcher);
    separator = ", ";
  }
  out += '}';
}

void append_joined(std::string& out, const std::vector<std::string>& names, std::string_view separator) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += separator;
    out += names[i];
  }
}

void append_grouping(std::string& out, const std::optional<Grouping>& grouping) {
  if (!grouping.has_value()) return;
  append_joined(out += grouping->without ? " without (" : " by (", grouping->labels, ",");
  out += ')';
}

void append_vector_grouping(std::string& out, const std::optional<Grouping>& grouping) {
  if (grouping.has_value() && (grouping->without || !grouping->labels.empty())) append_grouping(out, grouping);
}

void append_operator(std::string& out, const BinaryOperation& operation) {
  const VectorMatching& matching = operation.matching;
  out += name_of(operation.op);
  if (operation.return_bool) out += " bool";
  const bool grouped = matching.cardinality != VectorMatching::Cardinality::kOneToOne;
  if (!matching.on && matching.labels.empty() && !grouped) return;
  append_joined(out += matching.on ? " on (" : " ignoring (", matching.labels, ",");
  out += ')';
  if (!grouped) return;
  out += matching.cardinality == VectorMatching::Cardinality::kManyToOne ? " group_left" : " group_right";
  // Without its list a group_left in front of a parenthesis would swallow that when read back.
  const auto& right = operation.right->node;
  const bool opens = std::holds_alternative<BinaryOperation>(right) || std::holds_alternative<Literal>(right);
  if (matching.include.empty() && !opens) return;
  append_joined(out += " (", matching.include, ",");
  out += ')';
}

void append_unwrap(std::string& out, const Unwrap& unwrap) {
  out += "| unwrap ";
  if (unwrap.conversion == UnwrapConversion::kNone) {
    out += unwrap.label;
  } else {
    out.append(name_of(unwrap.conversion)).append("(").append(unwrap.label).append(")");
  }
}

void append_offset(std::string& out, const std::string& duration, const LogRange& range) {
  if (range.offset.count() != 0) out.append(" offset ").append(duration);
}

std::string print(const Query& query) {
  return query.is_log() ? print(query.log()) : print(query.metric());
}
std::string print(const LogExpr& log) {
  return text_of(log);
}
std::string print(const MetricExpr& expr) {
  return text_of(expr);
}
std::string print(const LogRange& range) {
  return text_of(range);
}
std::string print(const Stage& stage) {
  return text_of(stage);
}
std::string print(const LabelFilter& filter) {
  return text_of(filter);
}
std::string print(const Matcher& matcher) {
  return text_of(matcher);
}

}  // namespace cordwood::logql

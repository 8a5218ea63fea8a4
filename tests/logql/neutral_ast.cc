#include "logql/neutral_ast.h"

#include "base/json_writer.h"
#include "logql/print.h"
#include "logql/units.h"

namespace cordwood::logql_cases {
namespace {

using namespace logql;  // the tree's names, all over this file

class Writer {
 public:
  explicit Writer(std::string& out) : json_(out) {}

  void write(const LogExpr& log) {
    json_.begin_object().key("type").string("log");
    write_log(log);
    json_.end_object();
  }

  void write(const MetricExpr& expr) {
    json_.begin_object();
    std::visit([&](const auto& node) { write_node(node); }, expr.node);
    json_.end_object();
  }

 private:
  void text(std::string_view key, std::string_view value) { json_.key(key).string(value); }
  void names(std::string_view key, const std::vector<std::string>& values) {
    json_.key(key).begin_array();
    for (const std::string& value : values) json_.string(value);
    json_.end_array();
  }
  void tuple(std::initializer_list<std::string_view> values) {
    json_.begin_array();
    for (const std::string_view value : values) json_.string(value);
    json_.end_array();
  }

  void write_log(const LogExpr& log) {
    json_.key("selector").begin_array();
    for (const Matcher& matcher : log.matchers) tuple({matcher.name, name_of(matcher.op), matcher.value});
    json_.end_array().key("pipeline").begin_array();
    for (std::size_t i = 0; i < log.stages.size();) {
      json_.begin_object();
      if (std::holds_alternative<LineFilter>(log.stages[i])) {
        json_.key("line_filters").begin_array();
        while (i < log.stages.size() && std::holds_alternative<LineFilter>(log.stages[i])) {
          write_line_filter(std::get<LineFilter>(log.stages[i++]));
        }
        json_.end_array();
      } else {
        std::visit([&](const auto& stage) { write_stage(stage); }, log.stages[i++]);
      }
      json_.end_object();
    }
    json_.end_array();
  }

  void write_term(const LineFilterTerm& term) {
    text("value", term.text);
    if (term.is_ip) text("fn", "ip");
  }
  void write_line_filter(const LineFilter& filter) {
    json_.begin_object();
    text("op", name_of(filter.op));
    write_term(filter.terms[0]);
    if (filter.terms.size() > 1) {
      json_.key("or").begin_array();
      for (std::size_t i = 1; i < filter.terms.size(); ++i) {
        json_.begin_object();
        write_term(filter.terms[i]);
        json_.end_object();
      }
      json_.end_array();
    }
    json_.end_object();
  }

  void write_stage(const LineFilter&) {}
  template <typename Extraction>
  void write_extractions(const std::vector<Extraction>& extractions) {
    if (extractions.empty()) return;
    json_.key("expressions").begin_array();
    for (const Extraction& extraction : extractions) tuple({extraction.label, extraction.expression});
    json_.end_array();
  }
  void write_stage(const JsonParser& stage) {
    text("parser", "json");
    write_extractions(stage.extractions);
  }
  void write_stage(const LogfmtParser& stage) {
    text("parser", "logfmt");
    json_.key("flags").begin_array();
    if (stage.strict) json_.string("--strict");
    if (stage.keep_empty) json_.string("--keep-empty");
    json_.end_array();
    write_extractions(stage.extractions);
  }
  void write_stage(const RegexpParser& stage) {
    text("parser", "regexp");
    text("param", stage.regex);
  }
  void write_stage(const PatternParser& stage) {
    text("parser", "pattern");
    text("param", stage.text);
  }
  void write_stage(const UnpackParser&) { text("parser", "unpack"); }
  void write_stage(const LabelFilterStage& stage) {
    json_.key("label_filter");
    write_filter(*stage.filter);
  }
  void write_stage(const LineFormat& stage) { text("line_format", stage.template_text); }
  void write_stage(const LabelFormat& stage) {
    json_.key("label_format").begin_array();
    for (const LabelAssignment& a : stage.assignments) tuple({a.target, a.is_rename ? "rename" : "template", a.value});
    json_.end_array();
  }
  void write_stage(const Decolorize&) { json_.key("decolorize").boolean(true); }
  void write_choices(std::string_view key, const std::vector<LabelChoice>& choices) {
    json_.key(key).begin_array();
    for (const LabelChoice& choice : choices) {
      if (choice.matcher.has_value()) {
        tuple({choice.name, name_of(choice.matcher->op), choice.matcher->value});
      } else {
        json_.string(choice.name);
      }
    }
    json_.end_array();
  }
  void write_stage(const DropLabels& stage) { write_choices("drop", stage.choices); }
  void write_stage(const KeepLabels& stage) { write_choices("keep", stage.choices); }

  void write_filter(const LabelFilter& filter) {
    json_.begin_object();
    std::visit([&](const auto& node) { write_filter_node(node); }, filter.node);
    json_.end_object();
  }
  void write_compared(std::string_view label, std::string_view op) {
    text("label", label);
    text("op", op);
  }
  void write_filter_node(const StringCompare& node) {
    write_compared(node.matcher.name, name_of(node.matcher.op));
    text("string", node.matcher.value);
  }
  void write_filter_node(const NumberCompare& node) {
    write_compared(node.label, name_of(node.op));
    json_.key("number").number(node.value);
  }
  void write_filter_node(const DurationCompare& node) {
    write_compared(node.label, name_of(node.op));
    json_.key("duration_ns").number(static_cast<std::int64_t>(node.value.count()));
  }
  void write_filter_node(const BytesCompare& node) {
    write_compared(node.label, name_of(node.op));
    json_.key("bytes").number(node.bytes);
  }
  void write_filter_node(const IpCompare& node) {
    write_compared(node.label, node.negated ? "!=" : "=");
    text("ip", node.pattern);
  }
  void write_pair(std::string_view key, const LabelFilterPtr& left, const LabelFilterPtr& right) {
    json_.key(key).begin_array();
    write_filter(*left);
    write_filter(*right);
    json_.end_array();
  }
  void write_filter_node(const BothFilter& node) { write_pair("and", node.left, node.right); }
  void write_filter_node(const EitherFilter& node) { write_pair("or", node.left, node.right); }

  void write_grouping(const std::optional<Grouping>& grouping) {
    if (!grouping.has_value()) return;
    json_.key("grouping").begin_object().key("without").boolean(grouping->without);
    names("labels", grouping->labels);
    json_.end_object();
  }
  void write_node(const RangeAggregation& node) {
    text("type", "range_agg");
    text("op", name_of(node.op));
    if (node.op == RangeOp::kQuantileOverTime) text("param", format_float_plain(node.quantile));
    write_grouping(node.grouping);
    json_.key("range").begin_object();
    write_log(node.range.log);
    json_.key("range_ns").number(static_cast<std::int64_t>(node.range.range.count()));
    if (node.range.offset.count() != 0) {
      json_.key("offset_ns").number(static_cast<std::int64_t>(node.range.offset.count()));
    }
    if (node.range.unwrap.has_value()) write_unwrap(*node.range.unwrap);
    json_.end_object();
  }
  void write_unwrap(const Unwrap& unwrap) {
    json_.key("unwrap").begin_object();
    text("label", unwrap.label);
    text("conversion", name_of(unwrap.conversion));
    json_.key("filters").begin_array();
    for (const LabelFilterPtr& filter : unwrap.filters) write_filter(*filter);
    json_.end_array().end_object();
  }
  void write_node(const VectorAggregation& node) {
    text("type", "vector_agg");
    text("op", name_of(node.op));
    if (node.k > 0) json_.key("param").number(node.k);
    write_grouping(node.grouping);
    json_.key("expr");
    write(*node.inner);
  }
  void write_node(const BinaryOperation& node) {
    text("type", "binop");
    text("op", name_of(node.op));
    json_.key("bool").boolean(node.return_bool).key("lhs");
    write(*node.left);
    json_.key("rhs");
    write(*node.right);
    constexpr std::string_view kCards[] = {"one-to-one", "many-to-one", "one-to-many"};
    json_.key("match").begin_object();
    text("card", kCards[static_cast<int>(node.matching.cardinality)]);
    json_.key("on").boolean(node.matching.on);
    names("labels", node.matching.labels);
    names("include", node.matching.include);
    json_.end_object();
  }
  void write_node(const Literal& node) {
    text("type", "literal");
    json_.key("value").number(node.value);
  }
  void write_node(const VectorLiteral& node) {
    text("type", "vector");
    json_.key("value").number(node.value);
  }
  void write_node(const LabelReplace& node) {
    text("type", "label_replace");
    text("dst", node.destination);
    text("replacement", node.replacement);
    text("src", node.source);
    text("regex", node.regex);
    json_.key("expr");
    write(*node.inner);
  }

  base::JsonWriter json_;
};

}  // namespace

std::string neutral_ast(const Query& query) {
  std::string out;
  Writer writer(out);
  if (query.is_log()) {
    writer.write(query.log());
  } else {
    writer.write(query.metric());
  }
  return out;
}

}  // namespace cordwood::logql_cases

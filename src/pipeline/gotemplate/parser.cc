#include "pipeline/gotemplate/parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/go_strings.h"
#include "core/labels.h"
#include "logql/units.h"
#include "pipeline/gotemplate/functions.h"
#include "pipeline/gotemplate/lexer.h"
#include "pipeline/text/go_number.h"

namespace cordwood::pipeline::gotemplate {
namespace {

using NodeOr = base::StatusOr<NodePtr>;
using MutableNode = std::unique_ptr<Node>;

std::string quoted(std::string_view text) {
  std::string out;
  core::append_go_quoted(out, text);
  return out;
}

MutableNode make_node(NodeKind kind, std::size_t position) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->position = position;
  return node;
}

class Parser {
 public:
  Parser(TemplateSet& set, std::vector<Token> tokens) : set_(set), tokens_(std::move(tokens)) {}

  base::Status run() {
    auto root = make_node(NodeKind::kList, 0);
    while (peek().kind != TokenKind::kEnd) {
      if (peek().kind == TokenKind::kLeftDelim) {
        const std::size_t mark = at_;
        next();
        if (is_keyword(next_visible(), "define")) {
          RETURN_IF_ERROR(definition());
          continue;
        }
        at_ = mark;
      }
      Ending ending = Ending::kNone;
      ASSIGN_OR_RETURN(NodePtr node, text_or_action(ending));
      if (ending != Ending::kNone) return error("unexpected {}", ending == Ending::kEnd ? "{{end}}" : "{{else}}");
      if (node != nullptr) root->children.push_back(std::move(node));
    }
    set_.trees[set_.name] = std::move(root);
    return base::ok_status();
  }

 private:
  enum class Ending { kNone, kEnd, kElse };

  template <typename... Args>
  base::Status error(fmt::format_string<Args...> format, Args&&... args) {
    const int line = tokens_[std::min(at_, tokens_.size() - 1)].line;
    return base::invalid_argument_error("template: {}:{}: {}", set_.name, line,
                                        fmt::format(format, std::forward<Args>(args)...));
  }
  base::Status unexpected(const Token& token, std::string_view context) {
    std::string shown;
    switch (token.kind) {
      case TokenKind::kEnd:
        shown = "EOF";
        break;
      case TokenKind::kKeyword:
        shown = "<" + std::string(token.text) + ">";
        break;
      default:
        shown = token.text.size() > 10 ? quoted(token.text.substr(0, 10)) + "..." : quoted(token.text);
    }
    return error("unexpected {} in {}", shown, context);
  }

  // --- tokens --------------------------------------------------------------------------------------------------------
  const Token& peek() const { return tokens_[at_]; }
  const Token& next() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  const Token& peek_visible() {
    while (peek().kind == TokenKind::kSpace) next();
    return peek();
  }
  const Token& next_visible() {
    peek_visible();
    return next();
  }
  static bool is_keyword(const Token& token, std::string_view word) {
    return token.kind == TokenKind::kKeyword && token.text == word;
  }
  base::Status expect_right_delimiter(std::string_view context) {
    const Token& token = next_visible();
    return token.kind == TokenKind::kRightDelim ? base::ok_status() : unexpected(token, context);
  }

  // --- structure -----------------------------------------------------------------------------------------------------
  base::StatusOr<std::string> take_name(std::string_view context) {
    const Token& token = next_visible();
    if (token.kind != TokenKind::kString && token.kind != TokenKind::kRawString) return unexpected(token, context);
    const std::optional<core::GoString> name = core::parse_go_string(token.text);
    if (!name.has_value()) return error("invalid syntax");
    return name->value;
  }

  base::Status definition() {
    ASSIGN_OR_RETURN(std::string name, take_name("define clause"));
    RETURN_IF_ERROR(expect_right_delimiter("define clause"));
    std::vector<std::string> outer = std::exchange(variables_, {"$"});
    Ending ending = Ending::kNone;
    ASSIGN_OR_RETURN(NodePtr list, item_list(ending));
    variables_ = std::move(outer);
    if (ending != Ending::kEnd) return error("unexpected {{{{else}}}} in define clause");
    set_.trees[name] = std::move(list);
    return base::ok_status();
  }

  base::StatusOr<NodePtr> item_list(Ending& ending) {
    if (++depth_ > kTemplateDepthMax) return error("too many levels");
    auto list = make_node(NodeKind::kList, peek().position);
    while (true) {
      if (peek_visible_end()) return error("unexpected EOF");
      ASSIGN_OR_RETURN(NodePtr node, text_or_action(ending));
      if (ending != Ending::kNone) break;
      if (node != nullptr) list->children.push_back(std::move(node));
    }
    --depth_;
    return NodePtr(std::move(list));
  }
  bool peek_visible_end() const { return peek().kind == TokenKind::kEnd; }

  NodeOr text_or_action(Ending& ending) {
    ending = Ending::kNone;
    const Token& token = next_visible();
    if (token.kind == TokenKind::kText) {
      auto node = make_node(NodeKind::kText, token.position);
      node->text = token.text;
      return NodePtr(std::move(node));
    }
    if (token.kind != TokenKind::kLeftDelim) return unexpected(token, "input");
    return action(ending);
  }

  NodeOr action(Ending& ending) {
    const Token& token = peek_visible();
    if (token.kind != TokenKind::kKeyword) {
      auto node = make_node(NodeKind::kAction, token.position);
      ASSIGN_OR_RETURN(node->pipe, pipeline("command", TokenKind::kRightDelim));
      return NodePtr(std::move(node));
    }
    next();
    if (token.text == "if") return control(NodeKind::kIf, token);
    if (token.text == "range") return control(NodeKind::kRange, token);
    if (token.text == "with") return control(NodeKind::kWith, token);
    if (token.text == "template") return template_call(token);
    if (token.text == "block") return block(token);
    if (token.text == "break") return loop_jump(NodeKind::kBreak, token);
    if (token.text == "continue") return loop_jump(NodeKind::kContinue, token);
    if (token.text == "end") {
      ending = Ending::kEnd;
      RETURN_IF_ERROR(expect_right_delimiter("end"));
      return NodePtr();
    }
    if (token.text == "else") {
      ending = Ending::kElse;
      const Token& following = peek_visible();
      // `else if` and `else with` are taken up by control().
      if (is_keyword(following, "if") || is_keyword(following, "with")) return NodePtr();
      RETURN_IF_ERROR(expect_right_delimiter("else"));
      return NodePtr();
    }
    return unexpected(token, "command");
  }

  NodeOr loop_jump(NodeKind kind, const Token& token) {
    RETURN_IF_ERROR(expect_right_delimiter(token.text));
    if (range_depth_ == 0) return error("{{{{{}}}}} outside {{{{range}}}}", token.text);
    return NodePtr(make_node(kind, token.position));
  }

  NodeOr control(NodeKind kind, const Token& keyword) {
    const std::size_t variables = variables_.size();
    auto node = make_node(kind, keyword.position);
    ASSIGN_OR_RETURN(node->pipe, pipeline(keyword.text, TokenKind::kRightDelim));
    range_depth_ += kind == NodeKind::kRange ? 1 : 0;
    Ending ending = Ending::kNone;
    ASSIGN_OR_RETURN(node->list, item_list(ending));
    range_depth_ -= kind == NodeKind::kRange ? 1 : 0;
    if (ending == Ending::kElse) {
      const Token& following = peek();
      if (following.kind == TokenKind::kKeyword) {
        // {{if a}}_{{else if b}}_{{end}} is {{if a}}_{{else}}{{if b}}_{{end}}{{end}}.
        if (following.text != keyword.text) return unexpected(following, "else");
        next();
        if (++depth_ > kTemplateDepthMax) return error("too many levels");
        auto else_list = make_node(NodeKind::kList, following.position);
        ASSIGN_OR_RETURN(NodePtr inner, control(kind, following));
        --depth_;
        else_list->children.push_back(std::move(inner));
        node->else_list = std::move(else_list);
      } else {
        ASSIGN_OR_RETURN(node->else_list, item_list(ending));
        if (ending != Ending::kEnd) return error("expected end; found {{{{else}}}}");
      }
    }
    variables_.resize(variables);
    return NodePtr(std::move(node));
  }

  NodeOr template_call(const Token& keyword) {
    auto node = make_node(NodeKind::kTemplate, keyword.position);
    ASSIGN_OR_RETURN(node->text, take_name("template clause"));
    node->quoted = quoted(node->text);
    if (peek_visible().kind == TokenKind::kRightDelim) {
      next();
    } else {
      ASSIGN_OR_RETURN(node->pipe, pipeline("template clause", TokenKind::kRightDelim));
    }
    return NodePtr(std::move(node));
  }

  // {{block "name" pipe}}T{{end}} defines T and calls it.
  NodeOr block(const Token& keyword) {
    auto node = make_node(NodeKind::kTemplate, keyword.position);
    ASSIGN_OR_RETURN(node->text, take_name("block clause"));
    node->quoted = quoted(node->text);
    ASSIGN_OR_RETURN(node->pipe, pipeline("block clause", TokenKind::kRightDelim));
    std::vector<std::string> outer = std::exchange(variables_, {"$"});
    Ending ending = Ending::kNone;
    ASSIGN_OR_RETURN(NodePtr list, item_list(ending));
    variables_ = std::move(outer);
    if (ending != Ending::kEnd) return error("unexpected {{{{else}}}} in block clause");
    set_.trees[node->text] = std::move(list);
    return NodePtr(std::move(node));
  }

  // --- pipelines -----------------------------------------------------------------------------------------------------
  base::Status declarations(Node& pipe, std::string_view context) {
    while (peek_visible().kind == TokenKind::kVariable) {
      const std::size_t mark = at_;
      const std::string variable(next().text);
      const TokenKind following = peek_visible().kind;
      if (following == TokenKind::kAssign || following == TokenKind::kDeclare) {
        next();
        pipe.boolean = following == TokenKind::kAssign;
        pipe.names.push_back(variable);
        variables_.push_back(variable);
        return base::ok_status();
      }
      if (following != TokenKind::kComma) {
        at_ = mark;
        return base::ok_status();
      }
      next();
      pipe.names.push_back(variable);
      variables_.push_back(variable);
      if (context != "range" || pipe.names.size() >= 2) return error("too many declarations in {}", context);
      if (peek_visible().kind != TokenKind::kVariable) return error("range can only initialize variables");
    }
    return base::ok_status();
  }

  NodeOr pipeline(std::string_view context, TokenKind end) {
    if (++depth_ > kTemplateDepthMax) return error("too many levels");
    auto pipe = make_node(NodeKind::kPipe, peek_visible().position);
    RETURN_IF_ERROR(declarations(*pipe, context));
    while (true) {
      const Token& token = peek_visible();
      if (token.kind == end) {
        next();
        break;
      }
      if (!begins_operand(token.kind)) return unexpected(token, context);
      ASSIGN_OR_RETURN(NodePtr one, command());
      pipe->children.push_back(std::move(one));
    }
    --depth_;
    if (pipe->children.empty()) return error("missing value for {}", context);
    for (std::size_t i = 1; i < pipe->children.size(); ++i) {
      const NodeKind first = pipe->children[i]->children[0]->kind;
      if (first == NodeKind::kBool || first == NodeKind::kDot || first == NodeKind::kNil ||
          first == NodeKind::kNumber || first == NodeKind::kString) {
        return error("non executable command in pipeline stage {}", i + 1);
      }
    }
    return NodePtr(std::move(pipe));
  }

  static bool begins_operand(TokenKind kind) {
    switch (kind) {
      case TokenKind::kBool:
      case TokenKind::kCharConstant:
      case TokenKind::kDot:
      case TokenKind::kField:
      case TokenKind::kIdentifier:
      case TokenKind::kNumber:
      case TokenKind::kNil:
      case TokenKind::kRawString:
      case TokenKind::kString:
      case TokenKind::kVariable:
      case TokenKind::kLeftParen:
        return true;
      default:
        return false;
    }
  }

  NodeOr command() {
    auto node = make_node(NodeKind::kCommand, peek_visible().position);
    while (true) {
      peek_visible();
      ASSIGN_OR_RETURN(NodePtr argument, operand());
      if (argument != nullptr) node->children.push_back(std::move(argument));
      const Token& token = peek();
      if (token.kind == TokenKind::kSpace) {
        next();
        continue;
      }
      if (token.kind == TokenKind::kPipe) {
        next();
      } else if (token.kind != TokenKind::kRightDelim && token.kind != TokenKind::kRightParen) {
        return unexpected(token, "operand");
      }
      break;
    }
    if (node->children.empty()) return error("empty command");
    return NodePtr(std::move(node));
  }

  NodeOr operand() {
    ASSIGN_OR_RETURN(MutableNode node, term());
    if (node == nullptr || peek().kind != TokenKind::kField) return NodePtr(std::move(node));
    const std::size_t position = peek().position;
    std::vector<std::string> fields;
    while (peek().kind == TokenKind::kField) fields.emplace_back(next().text.substr(1));
    switch (node->kind) {
      case NodeKind::kField:
      case NodeKind::kVariable:
        node->position = position;
        node->names.insert(node->names.end(), fields.begin(), fields.end());
        return NodePtr(std::move(node));
      case NodeKind::kBool:
      case NodeKind::kString:
      case NodeKind::kNumber:
      case NodeKind::kNil:
      case NodeKind::kDot:
        return error("unexpected . after term {}", quoted(to_text(*node)));
      default:
        break;
    }
    auto chain = make_node(NodeKind::kChain, position);
    chain->names = std::move(fields);
    chain->children.push_back(std::move(node));
    return NodePtr(std::move(chain));
  }

  base::StatusOr<MutableNode> term() {
    const Token& token = peek_visible();
    switch (token.kind) {
      case TokenKind::kIdentifier: {
        if (find_function(token.text) == nullptr) return error("function {} not defined", quoted(token.text));
        return word(NodeKind::kIdentifier);
      }
      case TokenKind::kDot:
        return word(NodeKind::kDot);
      case TokenKind::kNil:
        return word(NodeKind::kNil);
      case TokenKind::kBool: {
        MutableNode node = word(NodeKind::kBool);
        node->boolean = node->text == "true";
        return node;
      }
      case TokenKind::kVariable: {
        MutableNode node = word(NodeKind::kVariable);
        if (std::find(variables_.begin(), variables_.end(), node->text) == variables_.end()) {
          return error("undefined variable {}", quoted(node->text));
        }
        node->names.push_back(node->text);
        return node;
      }
      case TokenKind::kField: {
        MutableNode node = word(NodeKind::kField);
        node->names.push_back(node->text.substr(1));
        return node;
      }
      case TokenKind::kNumber:
      case TokenKind::kCharConstant:
        return number();
      case TokenKind::kString:
      case TokenKind::kRawString: {
        const std::optional<core::GoString> text = core::parse_go_string(token.text);
        if (!text.has_value() || text->bytes != token.text.size()) return error("invalid syntax");
        MutableNode node = word(NodeKind::kString);
        node->quoted = std::move(node->text);
        node->text = text->value;
        return node;
      }
      case TokenKind::kLeftParen: {
        next();
        ASSIGN_OR_RETURN(NodePtr inner, pipeline("parenthesized pipeline", TokenKind::kRightParen));
        return MutableNode(const_cast<Node*>(inner.release()));
      }
      default:
        return MutableNode();
    }
  }

  MutableNode word(NodeKind kind) {
    const Token& token = next();
    MutableNode node = make_node(kind, token.position);
    node->text = token.text;
    return node;
  }

  base::StatusOr<MutableNode> number() {
    MutableNode node = word(NodeKind::kNumber);
    const std::string& text = node->text;
    if (text[0] == '\'') {
      const std::optional<core::GoString> rune = core::parse_go_string("\"" + text.substr(1, text.size() - 2) + "\"");
      const bool escaped_quote = text == "'\\''";
      if (!escaped_quote &&
          (!rune.has_value() || rune->value.empty() || core::decode_rune(rune->value).bytes != rune->value.size())) {
        return error("malformed character constant: {}", text);
      }
      node->integer = escaped_quote ? '\'' : static_cast<std::int64_t>(core::decode_rune(rune->value).code);
      node->floating = static_cast<double>(node->integer);
      node->is_int = node->is_float = true;
      return node;
    }
    const bool hex = text.find_first_of("xX") != std::string::npos;
    const bool looks_float = text.find_first_of(hex ? ".pP" : ".eE") != std::string::npos;
    if (const base::StatusOr<std::int64_t> integer = parse_go_int(text, 0); integer.ok()) {
      node->integer = *integer;
      node->floating = static_cast<double>(*integer);
      node->is_int = node->is_float = true;
      return node;
    }
    const base::StatusOr<double> floating = logql::parse_go_float(text);
    if (!floating.ok()) return error("illegal number syntax: {}", quoted(text));
    if (!looks_float) return error("integer overflow: {}", quoted(text));
    node->floating = *floating;
    node->is_float = true;
    node->ideal_float = true;
    if (*floating > -9e18 && *floating < 9e18 &&
        static_cast<double>(static_cast<std::int64_t>(*floating)) == *floating) {
      node->is_int = true;
      node->integer = static_cast<std::int64_t>(*floating);
    }
    return node;
  }

  TemplateSet& set_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::vector<std::string> variables_ = {"$"};
  int depth_ = 0;
  int range_depth_ = 0;
};

}  // namespace

base::StatusOr<TemplateSet> parse_template(std::string_view name, std::string_view text) {
  TemplateSet set;
  set.name = name;
  set.text = text;
  int line = 1;
  base::StatusOr<std::vector<Token>> tokens = lex(set.text, line);
  if (!tokens.ok()) {
    return base::invalid_argument_error("template: {}:{}: {}", name, line, base::message_of(tokens.status()));
  }
  RETURN_IF_ERROR(Parser(set, std::move(tokens).value()).run());
  return set;
}

}  // namespace cordwood::pipeline::gotemplate

#include "pipeline/gotemplate/node.h"

namespace cordwood::pipeline::gotemplate {
namespace {

std::string join(const std::vector<NodePtr>& nodes, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i != 0) out.append(separator);
    out.append(to_text(*nodes[i]));
  }
  return out;
}

std::string fields_text(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out.append(".").append(name);
  return out;
}

std::string pipe_text(const Node& node) {
  std::string out;
  for (std::size_t i = 0; i < node.names.size(); ++i) out.append(i == 0 ? "" : ", ").append(node.names[i]);
  if (!node.names.empty()) out.append(node.boolean ? " = " : " := ");
  return out + join(node.children, " | ");
}

std::string command_text(const Node& node) {
  std::string out;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (i != 0) out.push_back(' ');
    const Node& argument = *node.children[i];
    const std::string text = to_text(argument);
    out.append(argument.kind == NodeKind::kPipe ? "(" + text + ")" : text);
  }
  return out;
}

std::string branch_text(std::string_view keyword, const Node& node) {
  std::string out = "{{" + std::string(keyword) + " " + to_text(*node.pipe) + "}}" + to_text(*node.list);
  if (node.else_list != nullptr) out += "{{else}}" + to_text(*node.else_list);
  return out + "{{end}}";
}

}  // namespace

// Recursion is bounded by the parser's depth limit.
std::string to_text(const Node& node) {
  switch (node.kind) {
    case NodeKind::kText:
    case NodeKind::kIdentifier:
    case NodeKind::kNumber:
      return node.text;
    case NodeKind::kAction:
      return "{{" + to_text(*node.pipe) + "}}";
    case NodeKind::kIf:
      return branch_text("if", node);
    case NodeKind::kRange:
      return branch_text("range", node);
    case NodeKind::kWith:
      return branch_text("with", node);
    case NodeKind::kTemplate:
      return "{{template " + node.quoted + (node.pipe == nullptr ? "" : " " + to_text(*node.pipe)) + "}}";
    case NodeKind::kBreak:
      return "{{break}}";
    case NodeKind::kContinue:
      return "{{continue}}";
    case NodeKind::kList:
      return join(node.children, "");
    case NodeKind::kPipe:
      return pipe_text(node);
    case NodeKind::kCommand:
      return command_text(node);
    case NodeKind::kVariable: {
      std::string out = node.names[0];
      for (std::size_t i = 1; i < node.names.size(); ++i) out.append(".").append(node.names[i]);
      return out;
    }
    case NodeKind::kDot:
      return ".";
    case NodeKind::kNil:
      return "nil";
    case NodeKind::kField:
      return fields_text(node.names);
    case NodeKind::kChain: {
      const Node& begin = *node.children[0];
      const std::string text = to_text(begin);
      return (begin.kind == NodeKind::kPipe ? "(" + text + ")" : text) + fields_text(node.names);
    }
    case NodeKind::kBool:
      return node.boolean ? "true" : "false";
    case NodeKind::kString:
      return node.quoted;
  }
  return {};
}

}  // namespace cordwood::pipeline::gotemplate

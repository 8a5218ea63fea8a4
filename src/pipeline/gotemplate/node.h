// The syntax tree of a template, as Go's text/template/parse builds it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::pipeline::gotemplate {

enum class NodeKind : std::uint8_t {
  kText,
  kAction,  // {{pipe}}
  kIf,
  kRange,
  kWith,
  kTemplate,
  kBreak,
  kContinue,
  kList,
  // Inside actions:
  kPipe,
  kCommand,
  kIdentifier,
  kVariable,  // $x.field
  kDot,
  kNil,
  kField,  // .a.b
  kChain,  // (pipe).a.b
  kBool,
  kNumber,
  kString,
};

struct Node;
using NodePtr = std::unique_ptr<const Node>;

// One struct for all kinds keeps the evaluator and the printer short; which members count is told by `kind`.
struct Node {
  NodeKind kind = NodeKind::kText;
  std::size_t position = 0;  // byte offset in the template's text

  std::string text;                // kText, kIdentifier, kNumber (as written), kString (unquoted), kTemplate (name)
  std::string quoted;              // kString: as written
  std::vector<std::string> names;  // kVariable ($x, field...), kField, kChain, kPipe (declared variables)
  std::vector<NodePtr> children;   // kList; kPipe: commands; kCommand: arguments; kChain: the one it begins with
  bool boolean = false;            // kBool; kPipe: variables are assigned (=), not declared (:=)

  // kNumber. An integer is a float as well when it fits.
  bool is_int = false;
  bool is_float = false;
  std::int64_t integer = 0;
  double floating = 0;
  bool ideal_float = false;  // written with a point or an exponent

  NodePtr pipe;       // kAction, kIf, kRange, kWith, kTemplate (may be null there)
  NodePtr list;       // kIf, kRange, kWith
  NodePtr else_list;  // may be null
};

// Go's text of the node, which appears in error messages.
std::string to_text(const Node& node);

// A parsed template: the named pieces of {{define}}; the template itself is under its own name.
struct TemplateSet {
  std::string name;
  std::string text;
  std::map<std::string, NodePtr, std::less<>> trees;
};

}  // namespace cordwood::pipeline::gotemplate

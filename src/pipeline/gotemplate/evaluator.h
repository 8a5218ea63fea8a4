// Runs a template's tree. Part of Template::execute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "pipeline/gotemplate/functions.h"
#include "pipeline/gotemplate/node.h"
#include "pipeline/gotemplate/value.h"

namespace cordwood::pipeline::gotemplate {

// One execution. Every evaluating method returns the value or an error whose message is complete, with the place in the
// template as Go prints it.
class Evaluator {
 public:
  Evaluator(const TemplateSet& set, const CallContext& context, std::string& out)
      : set_(set), context_(context), out_(out), out_begin_(out.size()) {}
  base::Status run(const Value& dot);

 private:
  using ValueOr = base::StatusOr<Value>;
  enum class Flow : std::uint8_t { kNext, kBreak, kContinue };
  // The value that a pipeline hands to the last parameter of its next command.
  using Final = const Value*;

  base::Status walk(const Value& dot, const Node& node, Flow& flow);
  base::Status walk_list(const Value& dot, const Node& list, Flow& flow);
  base::Status walk_if_or_with(const Value& dot, const Node& node, Flow& flow);
  base::Status walk_range(const Value& dot, const Node& node, Flow& flow);
  base::Status iterate(const Node& node, const Value& collection, bool& any, Flow& flow);
  base::Status iteration(const Node& node, const Value& index, const Value& element, Flow& flow);
  base::Status walk_template(const Value& dot, const Node& node);
  base::Status print(const Value& value);

  ValueOr pipeline(const Value& dot, const Node& pipe);
  ValueOr command(const Value& dot, const Node& command, Final final);
  ValueOr first_word(const Value& dot, const Node& word, const std::vector<NodePtr>& arguments, Final final);
  ValueOr field_node(const Value& dot, const Node& node, const std::vector<NodePtr>* arguments, Final final);
  ValueOr chain_node(const Value& dot, const Node& node, const std::vector<NodePtr>* arguments, Final final);
  ValueOr variable_node(const Value& dot, const Node& node, const std::vector<NodePtr>* arguments, Final final);
  ValueOr field_chain(const Value& dot, Value receiver, const Node& node, std::size_t first,
                      const std::vector<NodePtr>* arguments, Final final);
  ValueOr field(const Value& dot, const std::string& name, const Node& node, const std::vector<NodePtr>* arguments,
                Final final, const Value& receiver);
  // `node` is named by errors of the function itself; errors about arguments name what at() was told last.
  ValueOr call(const Value& dot, const Function& function, const Node& node, const std::vector<NodePtr>* arguments,
               Final final, const Value* receiver);
  ValueOr short_circuit(const Value& dot, const Function& function, const std::vector<NodePtr>* arguments, Final final);
  ValueOr argument(const Value& dot, ParameterType type, const Node& node);
  ValueOr literal(ParameterType type, const Node& node);
  ValueOr validate(Value value, ParameterType type);
  static Value constant(const Node& number);
  base::Status not_a_function(const std::vector<NodePtr>& arguments, Final final);
  base::Status spend_step();
  base::Status charge(const Value& value);

  // fmt with the place of node_ in front.
  base::Status fail(std::string_view message) const;
  void at(const Node& node) { node_ = &node; }

  Value* find_variable(std::string_view name);

  const TemplateSet& set_;
  const CallContext& context_;
  std::string& out_;
  const std::size_t out_begin_;
  const Node* node_ = nullptr;
  std::vector<std::pair<std::string_view, Value>> variables_;
  std::size_t steps_ = 0;
  std::size_t value_bytes_ = 0;
  int depth_ = 0;
};

}  // namespace cordwood::pipeline::gotemplate

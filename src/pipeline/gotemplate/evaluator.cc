#include "pipeline/gotemplate/evaluator.h"

#include <algorithm>

#include "core/labels.h"

namespace cordwood::pipeline::gotemplate {
namespace {

// A template runs once per row: this is generous for output and stops loops such as {{range 1000000000}}.
constexpr std::size_t kStepsMax = 200000;
// {{template}} calls inside each other.
constexpr int kCallDepthMax = 100;
// Text that all values of one execution may have together: bounds memory and time when a template doubles a string in a
// loop or names a long one thousands of times.
constexpr std::size_t kValueBytesMax = 64 << 20;

std::string quoted(std::string_view text) {
  std::string out;
  core::append_go_quoted(out, text);
  return out;
}

}  // namespace

base::Status Evaluator::fail(std::string_view message) const {
  if (node_ == nullptr) return base::invalid_argument_error("template: {}: {}", set_.name, message);
  const std::string_view before = std::string_view(set_.text).substr(0, node_->position);
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? before.size() : before.size() - newline - 1;
  return base::invalid_argument_error("template: {}:{}:{}: executing {} at <{}>: {}", set_.name,
                                      1 + std::count(before.begin(), before.end(), '\n'), column, quoted(set_.name),
                                      to_text(*node_), message);
}

base::Status Evaluator::spend_step() {
  if (++steps_ > kStepsMax) return fail(fmt::format("exceeded {} steps", kStepsMax));
  if (out_.size() - out_begin_ > kTemplateBytesMax) return fail(fmt::format("exceeded {} bytes", kTemplateBytesMax));
  return base::ok_status();
}

base::Status Evaluator::charge(const Value& value) {
  if (const auto* text = value.as<std::string>()) value_bytes_ += text->size();
  if (value_bytes_ > kValueBytesMax) return fail(fmt::format("exceeded {} bytes of values", kValueBytesMax));
  return base::ok_status();
}

Value* Evaluator::find_variable(std::string_view name) {
  for (auto variable = variables_.rbegin(); variable != variables_.rend(); ++variable) {
    if (variable->first == name) return &variable->second;
  }
  return nullptr;
}

base::Status Evaluator::run(const Value& dot) {
  variables_.emplace_back("$", dot);
  Flow flow = Flow::kNext;
  return walk(dot, *set_.trees.at(set_.name), flow);
}

// --- statements ----------------------------------------------------------------------------------------------------

base::Status Evaluator::walk(const Value& dot, const Node& node, Flow& flow) {
  at(node);
  RETURN_IF_ERROR(spend_step());
  switch (node.kind) {
    case NodeKind::kText:
      out_.append(node.text);
      return base::ok_status();
    case NodeKind::kAction: {
      ASSIGN_OR_RETURN(const Value value, pipeline(dot, *node.pipe));
      return node.pipe->names.empty() ? print(value) : base::ok_status();
    }
    case NodeKind::kIf:
    case NodeKind::kWith:
      return walk_if_or_with(dot, node, flow);
    case NodeKind::kRange:
      return walk_range(dot, node, flow);
    case NodeKind::kTemplate:
      return walk_template(dot, node);
    case NodeKind::kBreak:
      flow = Flow::kBreak;
      return base::ok_status();
    case NodeKind::kContinue:
      flow = Flow::kContinue;
      return base::ok_status();
    case NodeKind::kList:
      return walk_list(dot, node, flow);
    default:
      return fail("unknown node");
  }
}

base::Status Evaluator::walk_list(const Value& dot, const Node& list, Flow& flow) {
  for (const NodePtr& child : list.children) {
    RETURN_IF_ERROR(walk(dot, *child, flow));
    if (flow != Flow::kNext) break;
  }
  return base::ok_status();
}

base::Status Evaluator::walk_if_or_with(const Value& dot, const Node& node, Flow& flow) {
  const std::size_t mark = variables_.size();
  ASSIGN_OR_RETURN(const Value value, pipeline(dot, *node.pipe));
  base::Status status;
  if (is_true(value)) {
    status = walk(node.kind == NodeKind::kWith ? value : dot, *node.list, flow);
  } else if (node.else_list != nullptr) {
    status = walk(dot, *node.else_list, flow);
  }
  variables_.resize(mark);
  return status;
}

base::Status Evaluator::iteration(const Node& node, const Value& index, const Value& element, Flow& flow) {
  const std::vector<std::string>& names = node.pipe->names;
  const std::size_t mark = variables_.size();
  if (names.size() == 1) {
    *find_variable(names[0]) = element;
  } else if (names.size() == 2) {
    *find_variable(names[0]) = index;
    *find_variable(names[1]) = element;
  }
  RETURN_IF_ERROR(walk(element, *node.list, flow));
  variables_.resize(mark);
  return base::ok_status();
}

base::Status Evaluator::iterate(const Node& node, const Value& collection, bool& any, Flow& flow) {
  const auto once = [&](const Value& index, const Value& element) {
    any = true;
    return iteration(node, index, element, flow);
  };
  if (const auto* list = collection.as<std::shared_ptr<const List>>()) {
    for (std::size_t i = 0; i < (*list)->size() && flow != Flow::kBreak; ++i) {
      flow = Flow::kNext;
      RETURN_IF_ERROR(once(make_int(static_cast<std::int64_t>(i)), (**list)[i]));
    }
    return base::ok_status();
  }
  if (const auto* object = collection.as<std::shared_ptr<const Object>>()) {
    for (auto member = (*object)->begin(); member != (*object)->end() && flow != Flow::kBreak; ++member) {
      flow = Flow::kNext;
      RETURN_IF_ERROR(once(member->first, member->second));
    }
    return base::ok_status();
  }
  if (const auto* map = collection.as<LabelMap>()) {
    for (std::size_t i = 0; i < map->labels.size() && flow != Flow::kBreak; ++i) {
      flow = Flow::kNext;
      RETURN_IF_ERROR(once(std::string(map->labels[i].name), std::string(map->labels[i].value)));
    }
    return base::ok_status();
  }
  if (const auto* integer = collection.as<Integer>()) {
    if (node.pipe->names.size() > 1) {
      return fail(fmt::format("can't use {} to iterate over more than one variable", printed(collection)));
    }
    for (std::int64_t i = 0; i < integer->value && flow != Flow::kBreak; ++i) {
      flow = Flow::kNext;
      RETURN_IF_ERROR(once(Value(), Integer{i, integer->type}));
    }
    return base::ok_status();
  }
  if (collection.is_nothing()) return base::ok_status();
  return fail(fmt::format("range can't iterate over {}", printed(collection)));
}

base::Status Evaluator::walk_range(const Value& dot, const Node& node, Flow& flow) {
  const std::size_t mark = variables_.size();
  ASSIGN_OR_RETURN(const Value collection, pipeline(dot, *node.pipe));
  // pipeline() declared one variable after the other with the collection as their value; each turn sets them anew.
  at(node);
  bool any = false;
  Flow inner = Flow::kNext;
  RETURN_IF_ERROR(iterate(node, collection, any, inner));
  if (!any && node.else_list != nullptr) RETURN_IF_ERROR(walk(dot, *node.else_list, flow));
  variables_.resize(mark);
  return base::ok_status();
}

base::Status Evaluator::walk_template(const Value& dot, const Node& node) {
  const auto tree = set_.trees.find(node.text);
  if (tree == set_.trees.end()) return fail(fmt::format("template {} not defined", node.quoted));
  if (depth_ == kCallDepthMax) return fail(fmt::format("exceeded maximum template depth ({})", kCallDepthMax));
  Value inner;
  if (node.pipe != nullptr) {
    ASSIGN_OR_RETURN(inner, pipeline(dot, *node.pipe));
  }
  // A template sees none of its caller's variables.
  std::vector<std::pair<std::string_view, Value>> outer = std::exchange(variables_, {});
  variables_.emplace_back("$", inner);
  ++depth_;
  Flow flow = Flow::kNext;
  RETURN_IF_ERROR(walk(inner, *tree->second, flow));
  --depth_;
  variables_ = std::move(outer);
  return base::ok_status();
}

base::Status Evaluator::print(const Value& value) {
  if (value.is_nothing()) {
    out_.append("<no value>");
  } else {
    append_printed(out_, value);
  }
  return base::ok_status();
}

// --- expressions ---------------------------------------------------------------------------------------------------

Evaluator::ValueOr Evaluator::pipeline(const Value& dot, const Node& pipe) {
  at(pipe);
  RETURN_IF_ERROR(spend_step());
  Value value;
  bool first = true;
  for (const NodePtr& one : pipe.children) {
    ASSIGN_OR_RETURN(Value next, command(dot, *one, first ? nullptr : &value));
    RETURN_IF_ERROR(charge(next));
    value = std::move(next);
    if (value.as<Nil>() != nullptr) value = NoValue{};  // an interface is opened between commands
    first = false;
  }
  for (const std::string& name : pipe.names) {
    if (!pipe.boolean) {
      variables_.emplace_back(name, value);
    } else if (Value* variable = find_variable(name)) {
      *variable = value;
    } else {
      return fail("undefined variable: " + name);
    }
  }
  return value;
}

base::Status Evaluator::not_a_function(const std::vector<NodePtr>& arguments, Final final) {
  if (arguments.size() <= 1 && final == nullptr) return base::ok_status();
  return fail("can't give argument to non-function " + to_text(*arguments[0]));
}

Evaluator::ValueOr Evaluator::command(const Value& dot, const Node& command, Final final) {
  const Node& word = *command.children[0];
  switch (word.kind) {
    case NodeKind::kField:
      return field_node(dot, word, &command.children, final);
    case NodeKind::kChain:
      return chain_node(dot, word, &command.children, final);
    case NodeKind::kVariable:
      return variable_node(dot, word, &command.children, final);
    case NodeKind::kIdentifier:
      at(word);
      return call(dot, *find_function(word.text), command, &command.children, final, nullptr);
    case NodeKind::kPipe:
      RETURN_IF_ERROR(not_a_function(command.children, final));
      return pipeline(dot, word);
    default:
      return first_word(dot, word, command.children, final);
  }
}

Evaluator::ValueOr Evaluator::first_word(const Value& dot, const Node& word, const std::vector<NodePtr>& arguments,
                                         Final final) {
  at(word);
  RETURN_IF_ERROR(not_a_function(arguments, final));
  switch (word.kind) {
    case NodeKind::kBool:
      return Value(word.boolean);
    case NodeKind::kDot:
      return dot;
    case NodeKind::kNil:
      return fail("nil is not a command");
    case NodeKind::kNumber:
      return constant(word);
    case NodeKind::kString:
      return Value(word.text);
    default:
      return fail("can't evaluate command " + quoted(to_text(word)));
  }
}

Value Evaluator::constant(const Node& number) {
  if (number.ideal_float) return number.floating;
  return make_int(number.integer);
}

Evaluator::ValueOr Evaluator::field_node(const Value& dot, const Node& node, const std::vector<NodePtr>* arguments,
                                         Final final) {
  at(node);
  return field_chain(dot, dot, node, 0, arguments, final);
}

Evaluator::ValueOr Evaluator::chain_node(const Value& dot, const Node& node, const std::vector<NodePtr>* arguments,
                                         Final final) {
  at(node);
  ASSIGN_OR_RETURN(Value receiver, argument(dot, ParameterType::kAny, *node.children[0]));
  return field_chain(dot, std::move(receiver), node, 0, arguments, final);
}

Evaluator::ValueOr Evaluator::variable_node(const Value& dot, const Node& node, const std::vector<NodePtr>* arguments,
                                            Final final) {
  at(node);
  const Value* variable = find_variable(node.names[0]);
  if (variable == nullptr) return fail("undefined variable: " + node.names[0]);
  if (node.names.size() == 1) {
    if (arguments != nullptr) RETURN_IF_ERROR(not_a_function(*arguments, final));
    return *variable;
  }
  return field_chain(dot, *variable, node, 1, arguments, final);
}

Evaluator::ValueOr Evaluator::field_chain(const Value& dot, Value receiver, const Node& node, std::size_t first,
                                          const std::vector<NodePtr>* arguments, Final final) {
  for (std::size_t i = first; i + 1 < node.names.size(); ++i) {
    ASSIGN_OR_RETURN(receiver, field(dot, node.names[i], node, nullptr, nullptr, receiver));
  }
  return field(dot, node.names.back(), node, arguments, final, receiver);
}

Evaluator::ValueOr Evaluator::field(const Value& dot, const std::string& name, const Node& node,
                                    const std::vector<NodePtr>* arguments, Final final, const Value& receiver) {
  if (receiver.as<NoValue>() != nullptr) return Value();
  if (receiver.as<Nil>() != nullptr) return fail("nil pointer evaluating interface {}." + name);
  if (const Function* method = find_method(receiver, name))
    return call(dot, *method, node, arguments, final, &receiver);
  const auto* labels = receiver.as<LabelMap>();
  const auto* object = receiver.as<std::shared_ptr<const Object>>();
  at(node);
  if (labels == nullptr && object == nullptr) {
    return fail(fmt::format("can't evaluate field {} in type {}", name, type_name(receiver)));
  }
  if ((arguments != nullptr && arguments->size() > 1) || final != nullptr) {
    return fail(name + " is not a method but has arguments");
  }
  if (labels != nullptr) {
    const LabelView* label = find_label(*labels, name);
    return Value(label == nullptr ? std::string() : std::string(label->value));
  }
  const auto member = (*object)->find(name);
  return member == (*object)->end() ? Value(Nil{}) : member->second;
}

Evaluator::ValueOr Evaluator::call(const Value& dot, const Function& function, const Node& node,
                                   const std::vector<NodePtr>* arguments, Final final, const Value* receiver) {
  const std::size_t given = arguments == nullptr ? 0 : arguments->size() - 1;
  const std::size_t count = given + (final != nullptr ? 1 : 0);
  // A method's receiver is its first parameter here.
  const std::size_t shift = receiver != nullptr ? 1 : 0;
  const std::size_t wanted = function.parameter_count - shift;
  if (function.variadic && count + 1 < wanted) {
    return fail(fmt::format("wrong number of args for {}: want at least {} got {}", function.name, wanted - 1, given));
  }
  if (!function.variadic && count != wanted) {
    return fail(fmt::format("wrong number of args for {}: want {} got {}", function.name, wanted, count));
  }
  if (function.short_circuit) return short_circuit(dot, function, arguments, final);
  std::vector<Value> values;
  values.reserve(count + shift);
  if (receiver != nullptr) values.push_back(*receiver);
  for (std::size_t i = 0; i < given; ++i) {
    ASSIGN_OR_RETURN(Value value, argument(dot, function.parameter(i + shift), *(*arguments)[i + 1]));
    RETURN_IF_ERROR(charge(value));
    values.push_back(std::move(value));
  }
  if (final != nullptr) {
    ASSIGN_OR_RETURN(Value value, validate(*final, function.parameter(values.size())));
    values.push_back(std::move(value));
  }
  ValueOr result = function.body(context_, values);
  if (result.ok()) return result;
  at(node);
  return fail(fmt::format("error calling {}: {}", function.name, base::message_of(result.status())));
}

Evaluator::ValueOr Evaluator::short_circuit(const Value& dot, const Function& function,
                                            const std::vector<NodePtr>* arguments, Final final) {
  const bool is_or = function.name == "or";
  Value value;
  for (std::size_t i = 1; arguments != nullptr && i < arguments->size(); ++i) {
    ASSIGN_OR_RETURN(value, argument(dot, ParameterType::kAny, *(*arguments)[i]));
    RETURN_IF_ERROR(charge(value));
    if (is_true(value) == is_or) return value;
  }
  return final != nullptr ? *final : value;
}

// What may be passed where: strings only for strings, and so on; nothing is converted.
Evaluator::ValueOr Evaluator::validate(Value value, ParameterType type) {
  if (type == ParameterType::kAny) return value;
  if (value.as<NoValue>() != nullptr) return fail(fmt::format("invalid value; expected {}", type_name(type)));
  const auto* integer = value.as<Integer>();
  const bool fits = (type == ParameterType::kString && value.as<std::string>() != nullptr) ||
                    (type == ParameterType::kInt && integer != nullptr && integer->type == IntType::kInt) ||
                    (type == ParameterType::kFloat && value.as<double>() != nullptr) ||
                    (type == ParameterType::kTime && value.as<GoTime>() != nullptr);
  if (fits) return value;
  return fail(fmt::format("wrong type for value; expected {}; got {}", type_name(type), type_name(value)));
}

Evaluator::ValueOr Evaluator::argument(const Value& dot, ParameterType type, const Node& node) {
  at(node);
  RETURN_IF_ERROR(spend_step());
  switch (node.kind) {
    case NodeKind::kDot:
      return validate(dot, type);
    case NodeKind::kNil:
      if (type == ParameterType::kAny) return Value(Nil{});
      return fail(fmt::format("cannot assign nil to {}", type_name(type)));
    case NodeKind::kField: {
      ASSIGN_OR_RETURN(Value value, field_node(dot, node, nullptr, nullptr));
      return validate(std::move(value), type);
    }
    case NodeKind::kVariable: {
      ASSIGN_OR_RETURN(Value value, variable_node(dot, node, nullptr, nullptr));
      return validate(std::move(value), type);
    }
    case NodeKind::kPipe: {
      ASSIGN_OR_RETURN(Value value, pipeline(dot, node));
      return validate(std::move(value), type);
    }
    case NodeKind::kIdentifier: {
      ASSIGN_OR_RETURN(Value value, call(dot, *find_function(node.text), node, nullptr, nullptr, nullptr));
      return validate(std::move(value), type);
    }
    case NodeKind::kChain: {
      ASSIGN_OR_RETURN(Value value, chain_node(dot, node, nullptr, nullptr));
      return validate(std::move(value), type);
    }
    default:
      return literal(type, node);
  }
}

Evaluator::ValueOr Evaluator::literal(ParameterType type, const Node& node) {
  switch (type) {
    case ParameterType::kAny:
      if (node.kind == NodeKind::kBool) return Value(node.boolean);
      if (node.kind == NodeKind::kNumber) return constant(node);
      if (node.kind == NodeKind::kString) return Value(node.text);
      break;
    case ParameterType::kString:
      if (node.kind == NodeKind::kString) return Value(node.text);
      return fail("expected string; found " + to_text(node));
    case ParameterType::kInt:
      if (node.kind == NodeKind::kNumber && node.is_int) return make_int(node.integer);
      return fail("expected integer; found " + to_text(node));
    case ParameterType::kFloat:
      if (node.kind == NodeKind::kNumber && node.is_float) return Value(node.floating);
      return fail("expected float; found " + to_text(node));
    case ParameterType::kTime:
      break;
  }
  return fail(fmt::format("can't handle {} for arg of type {}", to_text(node), type_name(type)));
}

}  // namespace cordwood::pipeline::gotemplate

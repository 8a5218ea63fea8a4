#include "pipeline/gotemplate/template.h"

#include "pipeline/gotemplate/evaluator.h"
#include "pipeline/gotemplate/parser.h"

namespace cordwood::pipeline::gotemplate {
namespace {

void collect_fields(const Node* node, std::vector<std::string>& out) {
  if (node == nullptr) return;
  if (node->kind == NodeKind::kField) out.push_back(node->names[0]);
  for (const NodePtr& child : node->children) collect_fields(child.get(), out);
  collect_fields(node->pipe.get(), out);
  collect_fields(node->list.get(), out);
  collect_fields(node->else_list.get(), out);
}

}  // namespace

base::StatusOr<Template> Template::parse(std::string_view name, std::string_view text) {
  ASSIGN_OR_RETURN(TemplateSet set, parse_template(name, text));
  Template out;
  out.set_ = std::make_shared<const TemplateSet>(std::move(set));
  return out;
}

base::Status Template::execute(std::span<const LabelView> labels, const CallContext& context, std::string& out) const {
  return Evaluator(*set_, context, out).run(LabelMap{labels});
}

std::vector<std::string> Template::fields() const {
  std::vector<std::string> out;
  for (const auto& [name, tree] : set_->trees) collect_fields(tree.get(), out);
  return out;
}

}  // namespace cordwood::pipeline::gotemplate

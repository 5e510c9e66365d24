#include "core/config/inline_policy.hpp"

#include "core/config/component_config.hpp"
#include "core/config/held_port.hpp"
#include "core/config/host_schema.hpp"
#include "core/model/json.hpp"
#include "core/plugin/factory.hpp"

namespace asmgr {
namespace {

// JSON as a tree, so that one validator serves both. Places are not known; the paths in messages say enough.
ConfigNode node_of(const boost::json::value& value) {
  ConfigNode node;
  if (value.is_object()) {
    node.kind = ConfigNode::Kind::map;
    for (const auto& [key, member] : value.get_object()) node.members.push_back({key, {}, node_of(member)});
  } else if (value.is_array()) {
    node.kind = ConfigNode::Kind::list;
    for (const boost::json::value& item : value.get_array()) node.items.push_back(node_of(item));
  } else {
    node.null = value.is_null();
    node.quoted = value.is_string();
    node.text = value.is_string() ? std::string(value.get_string()) : to_text(value);
  }
  return node;
}

const boost::json::object& policy_entry_schema() {
  static const boost::json::object kNothing;
  const boost::json::object* properties = find_object(host_schema(), "properties");
  const boost::json::object* policies = properties == nullptr ? nullptr : find_object(*properties, "policies");
  const boost::json::object* entry = policies == nullptr ? nullptr : find_object(*policies, "additionalProperties");
  return entry == nullptr ? kNothing : *entry;
}

OnPolicyError on_error_of(const boost::json::object& entry) {
  const std::string_view name = find_string(entry, "on_error").value_or("cancel");
  if (name == "deny") return OnPolicyError::deny;
  return name == "warn" ? OnPolicyError::warn : OnPolicyError::cancel;
}

Result<PolicyBinding> make_policy(const std::shared_ptr<PluginCatalog>& catalog, const SchemaOptions& options,
                                  const boost::json::object& definition) {
  ConfigTree tree;
  tree.sources.push_back({"inline policy", options.working_directory, {}, SourceKind::setting});
  tree.root = node_of(definition);
  Diagnostics diagnostics;
  const auto entry = apply_schema(tree.root, policy_entry_schema(), "policy", tree.sources, options, diagnostics);
  if (!entry || has_errors(diagnostics)) return to_error(diagnostics, tree.sources);

  ComponentSpec spec;
  spec.plugin = std::string(find_string(entry->get_object(), "plugin").value_or(""));
  spec.place.path = "policy";
  spec.place.config = tree.root.find("config");
  if (spec.plugin.starts_with('/') || spec.plugin.starts_with('.')) {
    return Error(ErrorCode::config_invalid,
                 "inline policy: plugin '" + spec.plugin + "' is a path; name a plugin of the host's search path");
  }
  const auto prepared =
      prepare_component(spec.plugin, spec, ComponentKind::policy, tree, options, *catalog, diagnostics);
  if (!prepared) return to_error(diagnostics, tree.sources);
  Result<std::unique_ptr<Policy>> policy = create_policy(prepared->component, spec.plugin, prepared->config_json);
  if (!policy) return Error(policy.error().code(), prepared->mask.apply(policy.error().message()));

  PolicyBinding binding;
  binding.policy = hold(std::move(*policy), catalog);
  binding.on_error = on_error_of(entry->get_object());
  const bool warn = find_string(entry->get_object(), "on_unenforceable").value_or("") == "warn";
  binding.source = std::make_shared<const PolicySource>(PolicySource{"inline", {}});
  binding.on_unenforceable = warn ? OnUnenforceable::warn : OnUnenforceable::refuse;
  return binding;
}

}  // namespace

PolicyMaker inline_policy_maker(std::shared_ptr<PluginCatalog> catalog, SchemaOptions options) {
  return [held = std::move(catalog), options = std::move(options)](const boost::json::object& definition) {
    return make_policy(held, options, definition);
  };
}

}  // namespace asmgr

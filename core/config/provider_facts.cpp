#include "core/config/provider_facts.hpp"

#include <utility>

#include "core/config/component_config.hpp"
#include "core/model/json.hpp"
#include "core/plugin/factory.hpp"
#include "core/plugin/load_error.hpp"

namespace asmgr {
namespace {

boost::json::array texts_json(const std::vector<std::string>& texts) {
  return boost::json::array(texts.begin(), texts.end());
}

boost::json::object need_json(const ProviderNeed& need) {
  constexpr std::string_view kKeys[] = {"program", "address", "setting"};
  boost::json::object json;
  json[kKeys[static_cast<std::size_t>(need.kind)]] = need.what;
  json["todo"] = need.todo;
  return json;
}

// What a value of this schema may be when nobody has said it: enough to make an instance that is never used.
ConfigNode stand_in(const boost::json::object& schema) {
  ConfigNode node;
  const std::string_view type = find_string(schema, "type").value_or("string");
  if (type == "array") {
    node.kind = ConfigNode::Kind::list;
    if (const boost::json::object* items = find_object(schema, "items")) node.items.push_back(stand_in(*items));
  } else if (type == "object") {
    node.kind = ConfigNode::Kind::map;
  } else if (type == "integer" || type == "number") {
    node.text = std::to_string(find_int(schema, "minimum").value_or(1));
  } else if (const boost::json::array* words = find_array(schema, "enum"); words != nullptr && !words->empty()) {
    node.text = words->front().is_string() ? std::string(words->front().get_string()) : std::string();
  } else {
    node.text = type == "boolean" ? "false" : find_string(schema, "x-unit") == "duration" ? "1s" : "1";
    node.quoted = type == "string";
  }
  return node;
}

std::vector<std::string> required_keys(const boost::json::object& schema) {
  std::vector<std::string> keys;
  const boost::json::array* required = find_array(schema, "required");
  if (required == nullptr) return keys;
  for (const boost::json::value& key : *required) {
    if (key.is_string()) keys.emplace_back(key.get_string());
  }
  return keys;
}

// The block that has nothing but what it must have.
ConfigNode least_block(const boost::json::object& schema, const std::vector<std::string>& required) {
  ConfigNode block;
  block.kind = ConfigNode::Kind::map;
  const boost::json::object* properties = find_object(schema, "properties");
  for (const std::string& key : required) {
    const boost::json::object* property = properties == nullptr ? nullptr : find_object(*properties, key);
    if (property == nullptr) continue;
    ConfigMember member;
    member.key = key;
    member.value = stand_in(*property);
    block.members.push_back(std::move(member));
  }
  return block;
}

Result<boost::json::object> facts_of(const ComponentRef& component) {
  const Result<boost::json::object> schema = schema_of(component);
  if (!schema) return schema.error();
  const std::vector<std::string> required = required_keys(*schema);
  Diagnostics diagnostics;
  const Sources nowhere{{"nowhere", ".", "", SourceKind::file}};
  const auto config =
      apply_schema(least_block(*schema, required), *schema, "config", nowhere, SchemaOptions{}, diagnostics);
  const auto provider = config && !has_errors(diagnostics)
                            ? create_provider(component, component.name(), to_text(*config))
                            : Result<std::unique_ptr<Provider>>(Error(ErrorCode::config_invalid, "it has no defaults"));
  if (provider) return facts_json((*provider)->info());
  if (required.empty()) return provider.error();
  return Error(ErrorCode::config_invalid, "it needs " + quoted_list(required, "and") + " to say what it can do");
}

}  // namespace

boost::json::object facts_json(const ProviderInfo& info) {
  boost::json::object json;
  json["vendor"] = info.vendor;
  json["grade"] = grade_name(info.grade);
  json["models"] = texts_json(info.models);
  boost::json::array capabilities;
  for (const Capability& capability : info.capabilities) capabilities.push_back(to_json(capability));
  json["capabilities"] = std::move(capabilities);
  json["steers"] = info.can_steer;
  json["resumes"] = info.can_resume_natively;
  if (info.max_output_tokens) json["max_output_tokens"] = *info.max_output_tokens;
  if (info.max_turns) json["max_turns"] = *info.max_turns;
  boost::json::array needs;
  for (const ProviderNeed& need : info.needs) needs.push_back(need_json(need));
  json["needs"] = std::move(needs);
  if (info.targets.empty()) return json;
  boost::json::array targets;
  for (const ProviderInfo& target : info.targets) {
    boost::json::object one;
    one["name"] = target.name;
    for (auto& [key, value] : facts_json(target)) one[key] = std::move(value);
    targets.push_back(std::move(one));
  }
  json["targets"] = std::move(targets);
  return json;
}

void add_provider_facts(boost::json::object& plugin, PluginCatalog& catalog) {
  const std::string file(find_string(plugin, "file").value_or(""));
  boost::json::value* components = plugin.if_contains("components");
  if (components == nullptr || !components->is_array()) return;
  for (boost::json::value& entry : components->get_array()) {
    boost::json::object* component = entry.if_object();
    if (component == nullptr || find_string(*component, "kind") != kind_name(ComponentKind::provider)) continue;
    const auto loaded = catalog.open_file(PluginReference{file, "", true});
    const auto named = find_string(*component, "name").value_or("");
    auto reference =
        loaded ? pick_component(**loaded, ComponentKind::provider, named) : Result<ComponentRef>(loaded.error());
    auto facts = reference ? facts_of(*reference) : Result<boost::json::object>(reference.error());
    if (facts) {
      (*component)["facts"] = std::move(*facts);
    } else {
      (*component)["facts_error"] = facts.error().message();
    }
  }
}

}  // namespace asmgr

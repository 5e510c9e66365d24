// The checked tree -> DeploymentSpec.
#include <filesystem>

#include "core/config/host_schema.hpp"
#include "core/config/later_features.hpp"
#include "core/config/pricing_settings.hpp"
#include "core/config/redaction_settings.hpp"
#include "core/config/retention_settings.hpp"
#include "core/config/route_spec.hpp"
#include "core/config/schema.hpp"
#include "core/config/spec.hpp"
#include "core/config/spec_names.hpp"
#include "core/config/unresolved.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

using Milliseconds = std::chrono::milliseconds;

std::string text_of(const boost::json::object& object, std::string_view key) {
  return std::string(find_string(object, key).value_or(std::string_view()));
}

const boost::json::object& object_of(const boost::json::object& object, std::string_view key) {
  static const boost::json::object kEmpty;
  const boost::json::object* found = find_object(object, key);
  return found == nullptr ? kEmpty : *found;
}

std::vector<std::string> texts_of(const boost::json::object& object, std::string_view key) {
  std::vector<std::string> out;
  const boost::json::array* list = find_array(object, key);
  if (list == nullptr) return out;
  for (const boost::json::value& item : *list) {
    if (item.is_string()) out.emplace_back(item.get_string());
  }
  return out;
}

template <typename Number>
void take_number(const boost::json::object& object, std::string_view key, Number& out) {
  if (const auto number = find_int(object, key)) out = static_cast<Number>(*number);
}

void take_duration(const boost::json::object& object, std::string_view key, Milliseconds& out) {
  if (const auto number = find_int(object, key)) out = Milliseconds(*number);
}

class SpecParser {
 public:
  SpecParser(const ConfigTree& tree, Diagnostics& diagnostics) : tree_(tree), diagnostics_(diagnostics) {}

  DeploymentSpec parse(const boost::json::object& file) {
    DeploymentSpec spec;
    parse_plugins(object_of(file, "plugins"), spec.plugins);
    parse_section(file, "stores", spec.stores);
    parse_section(file, "artifacts", spec.artifacts);
    parse_section(file, "providers", spec.providers);
    parse_section(file, "policies", spec.policies);
    parse_pipelines(object_of(file, "pipelines"), spec);
    spec.mcp = object_of(file, "mcp");
    check_servers(spec.mcp);
    spec.host_settings = object_of(file, "host");
    parse_host(spec.host_settings, spec.host);
    const ConfigNode* host = tree_.root.find("host");
    spec.prices = parse_pricing(object_of(spec.host_settings, "pricing"),
                                host == nullptr ? nullptr : host->find("pricing"), diagnostics_);
    return spec;
  }

 private:
  void report(Position where, std::string path, std::string message, std::string suggestion) {
    Diagnostic diagnostic;
    diagnostic.position = where;
    diagnostic.path = std::move(path);
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    diagnostics_.push_back(std::move(diagnostic));
  }

  static void parse_plugins(const boost::json::object& json, PluginsSpec& out) {
    out.search_path = texts_of(json, "search_path");
    for (const auto& [name, digest] : object_of(object_of(json, "trust"), "sha256")) {
      if (digest.is_string()) out.sha256.emplace(name, digest.get_string());
    }
  }

  template <typename Spec>
  void parse_section(const boost::json::object& file, std::string_view section, std::map<std::string, Spec>& out) {
    const ConfigNode* entries = tree_.root.find(section);
    if (entries == nullptr) return;
    for (const auto& [name, json] : object_of(file, section)) {
      const ConfigMember* entry = entries->find_member(name);
      if (entry == nullptr || !json.is_object()) continue;
      Spec spec;
      parse_component(*entry, json.get_object(), path_join(section, entry->key), spec);
      parse_more(*entry, json.get_object(), spec);
      out.emplace(name, std::move(spec));
    }
  }

  void parse_component(const ConfigMember& entry, const boost::json::object& json, std::string path,
                       ComponentSpec& spec) {
    spec.isolated = text_of(json, "isolation") == "process";
    spec.place = {entry.key_position, std::move(path), entry.value.find("config")};
    const ConfigNode* plugin = entry.value.find("plugin");
    if (plugin == nullptr || !plugin->is_scalar()) return;
    spec.plugin_position = plugin->position;
    spec.plugin = plugin->text;
    const bool is_relative = spec.plugin.starts_with("./") || spec.plugin.starts_with("../");
    if (!is_relative) return;
    const std::string& directory = tree_.sources[plugin->position.source].directory;
    spec.plugin = std::filesystem::absolute(std::filesystem::path(directory) / spec.plugin).lexically_normal().string();
  }

  static void parse_more(const ConfigMember&, const boost::json::object&, ComponentSpec&) {}

  void parse_more(const ConfigMember& entry, const boost::json::object& json, StoreSpec& spec) {
    const ConfigNode* node = entry.value.find("retention");
    const boost::json::object* retention = find_object(json, "retention");
    if (node == nullptr || retention == nullptr) return;
    spec.retention = parse_retention(*retention, *node, path_join(spec.place.path, "retention"), diagnostics_);
  }

  static void parse_more(const ConfigMember&, const boost::json::object& json, PolicySpec& spec) {
    const std::string on_error = text_of(json, "on_error");
    if (on_error == "deny") spec.on_error = OnPolicyError::deny;
    if (on_error == "warn") spec.on_error = OnPolicyError::warn;
    if (text_of(json, "on_unenforceable") == "warn") spec.on_unenforceable = OnUnenforceable::warn;
  }

  void parse_more(const ConfigMember& entry, const boost::json::object& json, ProviderSpec& spec) {
    const bool has_plugin = entry.value.find("plugin") != nullptr;
    const bool has_route = entry.value.find("route") != nullptr;
    if (has_plugin == has_route) {
      report(entry.key_position, spec.place.path,
             has_plugin ? "has both 'plugin' and 'route'" : "needs 'plugin', or 'route' to stand for several providers",
             has_plugin ? "give one of them" : "add 'plugin'");
    }
    const boost::json::object* route = find_object(json, "route");
    if (route == nullptr) return;
    spec.route = parse_route(entry, *route, diagnostics_);
    for (const std::string_view key : {"config", "isolation"}) {
      const ConfigMember* member = entry.value.find_member(key);
      if (member == nullptr || has_plugin) continue;
      report(member->key_position, path_join(spec.place.path, key), "is for a plugin, and a router has none",
             "remove it; each target has its own");
    }
  }

  void parse_pipelines(const boost::json::object& json, DeploymentSpec& spec) {
    const ConfigMember* section = tree_.root.find_member("pipelines");
    if (section == nullptr || !section->value.is_map()) return;
    if (section->value.members.empty()) {
      report(section->key_position, "pipelines", "there is no pipeline",
             "add one: default: {store: ..., provider: ...}");
    }
    for (const auto& [name, entry] : json) {
      const ConfigMember* member = section->value.find_member(name);
      if (member == nullptr || !entry.is_object()) continue;
      spec.pipelines.emplace(name, parse_pipeline(*member, entry.get_object()));
    }
    if (spec.pipelines.contains("default")) spec.default_pipeline = "default";
    if (spec.pipelines.size() == 1) spec.default_pipeline = spec.pipelines.begin()->first;
  }

  PipelineSpec parse_pipeline(const ConfigMember& member, const boost::json::object& json) {
    PipelineSpec spec;
    spec.settings = json;
    spec.position = member.key_position;
    spec.path = path_join("pipelines", member.key);
    spec.artifacts = text_of(json, "artifacts");
    const ConfigNode* provider = member.value.find("provider");
    spec.provider_position = provider == nullptr ? member.key_position : provider->position;
    const ConfigMember* policies = member.value.find_member("policies");
    spec.policies_position = policies == nullptr ? member.key_position : policies->key_position;
    if (policies != nullptr) {
      for (const ConfigNode& item : policies->value.items) spec.policy_positions.push_back(item.position);
    }

    Pipeline& pipeline = spec.pipeline;
    pipeline.name = member.key;
    pipeline.store = text_of(json, "store");
    pipeline.provider = text_of(json, "provider");
    pipeline.policies = texts_of(json, "policies");
    pipeline.required_capabilities = needs_of(json, "required_capabilities");
    pipeline.optional_capabilities = needs_of(json, "optional_capabilities");
    if (text_of(json, "limit_merge") == "last_wins") pipeline.limit_merge = LimitMerge::last_wins;
    take_duration(json, "store_retry", pipeline.store_retry);
    parse_continuation(object_of(json, "continuation"), pipeline.continuation);
    // The schema has seen to the form.
    if (auto folder = workspace::settings_from_json(object_of(json, "workspace"), {})) pipeline.workspace = *folder;
    parse_timeouts(object_of(json, "timeouts"), pipeline.timeouts);
    take_number(object_of(json, "queue"), "max_concurrent_runs", pipeline.queue.max_concurrent_runs);
    take_number(object_of(json, "queue"), "max_queued_runs", pipeline.queue.max_queued_runs);
    take_duration(object_of(json, "queue"), "max_wait", pipeline.queue.max_wait);
    take_duration(object_of(json, "approvals"), "timeout", pipeline.approvals.timeout);
    if (text_of(object_of(json, "approvals"), "on_no_approver") == "deny") {
      pipeline.approvals.on_no_approver = ApprovalOptions::NoApprover::deny;
    }
    const boost::json::object& redaction = object_of(json, "redaction");
    spec.redaction =
        parse_redaction(redaction, member.value.find("redaction"), path_join(spec.path, "redaction"), diagnostics_);
    pipeline.keep_pending = find_bool(redaction, "keep_pending").value_or(true);
    return spec;
  }

  static std::vector<CapabilityNeed> needs_of(const boost::json::object& json, std::string_view key) {
    std::vector<CapabilityNeed> needs;
    const boost::json::array* list = find_array(json, key);
    if (list == nullptr) return needs;
    for (const boost::json::value& item : *list) {
      // The schema has seen to the form; what still fails has been reported there.
      if (Result<CapabilityNeed> need = capability_need_from_json(item)) needs.push_back(std::move(*need));
    }
    return needs;
  }

  static void parse_continuation(const boost::json::object& json, ContinuationOptions& out) {
    const std::string mode = text_of(json, "mode");
    if (mode == "auto") out.mode = ContinuationMode::auto_;
    if (mode == "replay") out.mode = ContinuationMode::replay;
    if (mode == "native") out.mode = ContinuationMode::native;
    take_number(json, "max_messages", out.max_messages);
    take_number(json, "max_tokens_approx", out.max_tokens_approx);
  }

  static void parse_timeouts(const boost::json::object& json, Timeouts& out) {
    take_duration(json, "run", out.run);
    take_duration(json, "idle", out.idle);
    take_duration(json, "tool", out.tool);
    take_duration(json, "cancel_grace", out.cancel_grace);
  }

  static void parse_host(const boost::json::object& json, HostOptions& out) {
    take_number(object_of(json, "limits"), "max_parallel_sessions", out.max_parallel_sessions);
    take_number(object_of(json, "limits"), "max_parallel_runs", out.max_parallel_runs);
    take_duration(json, "drain_timeout", out.drain_timeout);
    take_duration(json, "plugin_call_timeout", out.plugin_call_timeout);
    take_duration(json, "host_ttl", out.host_ttl);
  }

  void check_servers(const boost::json::object& servers) {
    const ConfigNode* section = tree_.root.find("mcp");
    for (const auto& [name, server] : servers) {
      const ConfigMember* entry = section == nullptr ? nullptr : section->find_member(name);
      if (entry == nullptr || !server.is_object()) continue;
      const bool has_command = server.get_object().contains("command");
      if (has_command != server.get_object().contains("url")) continue;
      report(entry->key_position, path_join("mcp", entry->key),
             has_command ? "has both 'command' and 'url'" : "needs 'command' or 'url'", "give one of them");
    }
  }

  const ConfigTree& tree_;
  Diagnostics& diagnostics_;
};

}  // namespace

DeploymentSpec parse_deployment(const ConfigTree& tree, const Selection& selection, Diagnostics& diagnostics) {
  SchemaOptions options;
  options.unresolved = Unresolved::skip;
  const std::optional<boost::json::value> file =
      apply_schema(tree.root, host_schema(), "", tree.sources, options, diagnostics);
  check_names(tree, diagnostics);
  DeploymentSpec spec;
  if (file && file->is_object()) spec = SpecParser(tree, diagnostics).parse(file->get_object());
  check_references(tree, spec, diagnostics);
  check_selection(tree, spec, selection, diagnostics);
  const Reach reach = reach_of(spec, selection);
  report_unresolved(tree, reach, diagnostics);
  refuse_later_features(tree, reach, diagnostics);
  return spec;
}

}  // namespace asmgr

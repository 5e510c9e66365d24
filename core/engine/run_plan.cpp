#include "core/engine/run_plan.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "core/model/json.hpp"
#include "core/routing/target_info.hpp"

namespace asmgr {
namespace {

template <typename Map>
std::string known_names(const Map& map) {
  std::string names;
  for (const auto& [name, value] : map) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "none" : names;
}

Result<void> check_options(const ExecutionOptions& options) {
  for (const std::string_view reserved : {"event_callback", "transcript", "tools", "resume_token"}) {
    if (options.adapter_opts.contains(reserved)) {
      return Error(ErrorCode::validation_error,
                   "adapter_opts may not have the key '" + std::string(reserved) + "': the engine sets it");
    }
  }
  return {};
}

Result<PolicyBinding> resolve_policy(const Wiring& wiring, const PolicyChoice& choice) {
  if (const auto* binding = std::get_if<PolicyBinding>(&choice)) return *binding;
  if (const auto* name = std::get_if<std::string>(&choice)) {
    auto at = wiring.policies.find(*name);
    if (at != wiring.policies.end()) return at->second;
    return Error(ErrorCode::not_found,
                 "there is no policy '" + *name + "' (known: " + known_names(wiring.policies) + ")");
  }
  if (!wiring.make_policy) {
    return Error(ErrorCode::capability_not_supported,
                 "an inline policy needs a deployment that can load plugins; give it as an object or by name");
  }
  return wiring.make_policy(std::get<boost::json::object>(choice));
}

Result<EffectivePolicy> resolve_policies(const Wiring& wiring, const Pipeline& pipeline,
                                         const ExecutionOptions& options) {
  std::vector<PolicyBinding> bindings;
  for (const std::string& name : pipeline.policies) {
    auto binding = resolve_policy(wiring, name);
    if (!binding) return binding.error();
    bindings.push_back(std::move(*binding));
  }
  std::vector<PolicyChoice> extra = options.policies;
  if (extra.empty() && options.policy) extra.push_back(*options.policy);
  for (const PolicyChoice& choice : extra) {
    auto binding = resolve_policy(wiring, choice);
    if (!binding) return binding.error();
    const bool there = std::any_of(bindings.begin(), bindings.end(),
                                   [&](const PolicyBinding& held) { return held.policy == binding->policy; });
    if (!there) bindings.push_back(std::move(*binding));
  }
  return stack_policies(bindings, pipeline.limit_merge);
}

// An object without `enabled` switches them on.
Result<std::optional<WorkspacePlan>> plan_workspace(const Wiring& wiring, const Pipeline& pipeline,
                                                    const boost::json::object& options) {
  workspace::Settings base = pipeline.workspace;
  base.enabled = base.enabled || !options.empty();
  auto settings = workspace::settings_from_json(options, std::move(base));
  if (!settings) return settings.error();
  if (!settings->enabled) return std::optional<WorkspacePlan>();
  WorkspacePlan plan;
  plan.settings = std::move(*settings);
  plan.around.state_folder = workspace::default_state_folder();
  plan.around.excluded = wiring.own_paths;
  plan.artifacts = pipeline.artifacts;
  plan.artifacts_name = pipeline.artifacts_name;
  plan.redactor = pipeline.redactor;
  return std::optional<WorkspacePlan>(std::move(plan));
}

// Whoever carries the run out may stand in another folder.
boost::json::object entry_of_workspace(boost::json::object options) {
  const auto path = find_string(options, "path");
  if (path) options["path"] = std::filesystem::absolute(*path).string();
  return options;
}

boost::json::array needs_json(const std::vector<CapabilityNeed>& needs) {
  boost::json::array list;
  for (const CapabilityNeed& need : needs) {
    boost::json::object item{{"type", type_name(need.type)}};
    if (!need.name.empty()) item["name"] = need.name;
    list.push_back(std::move(item));
  }
  return list;
}

// Only what can be said by name travels to another process; objects and callbacks stay here.
boost::json::object entry_of(const ExecutionOptions& options, const Caller& caller) {
  boost::json::object entry{{"pipeline", options.pipeline}, {"provider", options.provider}};
  boost::json::array policies;
  std::int64_t unnamed = 0;
  std::vector<PolicyChoice> extra = options.policies;
  if (extra.empty() && options.policy) extra.push_back(*options.policy);
  for (const PolicyChoice& choice : extra) {
    if (std::holds_alternative<PolicyBinding>(choice)) ++unnamed;
    if (const auto* name = std::get_if<std::string>(&choice)) policies.emplace_back(*name);
    if (const auto* inline_policy = std::get_if<boost::json::object>(&choice)) policies.emplace_back(*inline_policy);
  }
  entry["policies"] = std::move(policies);
  entry["adapter_opts"] = options.adapter_opts;
  if (!options.workspace.empty()) entry["workspace"] = entry_of_workspace(options.workspace);
  entry["required_capabilities"] = needs_json(options.required_capabilities);
  entry["optional_capabilities"] = needs_json(options.optional_capabilities);
  const auto milliseconds = [](const auto& value) {
    return value ? boost::json::value(value->count()) : boost::json::value(nullptr);
  };
  entry["run_timeout_ms"] = milliseconds(options.run_timeout);
  entry["idle_timeout_ms"] = milliseconds(options.idle_timeout);
  entry["tool_timeout_ms"] = milliseconds(options.tool_timeout);
  entry["cancel_grace_ms"] = milliseconds(options.cancel_grace);
  entry["approver"] = approver_name(options.approver);
  entry["ends_session"] = options.ends_session;
  if (unnamed != 0) entry["unnamed_policies"] = unnamed;
  entry["actor"] = caller.actor;
  entry["request_id"] = caller.request_id;
  return entry;
}

void read_needs(const boost::json::object& entry, std::string_view key, std::vector<CapabilityNeed>& needs) {
  const boost::json::array* list = find_array(entry, key);
  if (list == nullptr) return;
  for (const boost::json::value& item : *list) {
    if (auto need = capability_need_from_json(item)) needs.push_back(std::move(*need));
  }
}

}  // namespace

Result<const Pipeline*> find_pipeline(const Wiring& wiring, const std::string& name) {
  const std::string& wanted = name.empty() ? wiring.default_pipeline : name;
  auto at = wiring.pipelines.find(wanted);
  if (at != wiring.pipelines.end()) return &at->second;
  return Error(ErrorCode::not_found,
               "there is no pipeline '" + wanted + "' (known: " + known_names(wiring.pipelines) + ")");
}

Result<std::shared_ptr<Provider>> find_provider(const Wiring& wiring, const std::string& name) {
  auto at = wiring.providers.find(name);
  if (at != wiring.providers.end()) return at->second;
  return Error(ErrorCode::not_found,
               "there is no provider '" + name + "' (known: " + known_names(wiring.providers) + ")");
}

Result<RunPlan> plan_run(const Wiring& wiring, const ExecutionOptions& options, const Caller& caller) {
  RunPlan plan;
  auto pipeline = find_pipeline(wiring, options.pipeline);
  if (!pipeline) return pipeline.error();
  plan.pipeline = **pipeline;
  if (!options.provider.empty()) plan.pipeline.provider = options.provider;
  auto provider = find_provider(wiring, plan.pipeline.provider);
  if (!provider) return provider.error();
  plan.provider = plan.pipeline.around_provider ? plan.pipeline.around_provider(*provider) : std::move(*provider);
  plan.prices = wiring.prices != nullptr ? wiring.prices : std::make_shared<const PriceTable>();
  const ProviderInfo& info = plan.provider->info();

  if (auto checked = check_options(options); !checked) return checked.error();
  auto folder = plan_workspace(wiring, plan.pipeline, options.workspace);
  if (!folder) return folder.error();
  plan.workspace = std::move(*folder);
  auto continuation = resolve_continuation(plan.pipeline.continuation, options.continuation, options.continuation_opts,
                                           info, plan.warnings);
  if (!continuation) return continuation.error();
  plan.continuation = *continuation;
  auto policy = resolve_policies(wiring, plan.pipeline, options);
  if (!policy) return policy.error();
  plan.policy = std::move(*policy);
  for (const PairingProblem& problem : check_pairing(plan.policy.policies, info)) {
    const std::string message = problem.message(name_in_pairing(info));
    if (problem.refused) return Error(ErrorCode::capability_not_supported, message);
    plan.warnings.push_back(message);
  }

  std::vector<CapabilityNeed> required = plan.pipeline.required_capabilities;
  required.insert(required.end(), options.required_capabilities.begin(), options.required_capabilities.end());
  std::vector<CapabilityNeed> optional = plan.pipeline.optional_capabilities;
  optional.insert(optional.end(), options.optional_capabilities.begin(), options.optional_capabilities.end());
  if (!required.empty() || !optional.empty()) {
    auto negotiated = negotiate_with(info, required, optional);
    if (!negotiated) return std::move(negotiated).error().with_context("provider '" + info.name + "'");
    plan.warnings.insert(plan.warnings.end(), negotiated->warnings.begin(), negotiated->warnings.end());
    plan.negotiation = std::move(*negotiated);
    plan.required = std::move(required);
  }

  plan.timeouts = plan.pipeline.timeouts;
  if (options.run_timeout) plan.timeouts.run = *options.run_timeout;
  if (options.idle_timeout) plan.timeouts.idle = *options.idle_timeout;
  if (options.tool_timeout) plan.timeouts.tool = *options.tool_timeout;
  if (options.cancel_grace) plan.timeouts.cancel_grace = *options.cancel_grace;
  plan.adapter_opts = options.adapter_opts;
  plan.approver = options.approver;
  plan.ends_session = options.ends_session;
  plan.events = options.events;
  plan.caller = caller;
  plan.entry = entry_of(options, caller);
  plan.entry["continuation"] = mode_name(plan.continuation.mode);
  plan.entry["continuation_opts"] = limits_json(plan.continuation);
  return plan;
}

Result<RunPlan> plan_from_entry(const Wiring& wiring, const boost::json::object& entry) {
  // To go on without them would loosen what the run was begun under.
  if (find_int(entry, "unnamed_policies").value_or(0) != 0) {
    return Error(ErrorCode::capability_not_supported,
                 "the run was submitted with policies that only the process that made them has, and that is not this "
                 "one; start a new run, and give policies by name or as definitions");
  }
  ExecutionOptions options;
  options.ends_session = find_bool(entry, "ends_session").value_or(false);
  options.approver = parse_approver(find_string(entry, "approver").value_or("")).value_or(Approver::anyone);
  options.pipeline = find_string(entry, "pipeline").value_or("");
  options.provider = find_string(entry, "provider").value_or("");
  if (const boost::json::array* policies = find_array(entry, "policies")) {
    for (const boost::json::value& item : *policies) {
      if (item.is_string()) options.policies.emplace_back(std::string(item.get_string()));
      if (item.is_object()) options.policies.emplace_back(item.get_object());
    }
  }
  if (const boost::json::object* adapter = find_object(entry, "adapter_opts")) options.adapter_opts = *adapter;
  if (const boost::json::object* folder = find_object(entry, "workspace")) options.workspace = *folder;
  if (auto mode = find_string(entry, "continuation")) options.continuation.emplace(boost::json::string(*mode));
  if (const boost::json::object* limits = find_object(entry, "continuation_opts")) options.continuation_opts = *limits;
  read_needs(entry, "required_capabilities", options.required_capabilities);
  read_needs(entry, "optional_capabilities", options.optional_capabilities);
  const auto milliseconds = [&](std::string_view key) -> std::optional<std::chrono::milliseconds> {
    if (auto value = find_int(entry, key)) return std::chrono::milliseconds(*value);
    return std::nullopt;
  };
  options.run_timeout = milliseconds("run_timeout_ms");
  options.idle_timeout = milliseconds("idle_timeout_ms");
  options.tool_timeout = milliseconds("tool_timeout_ms");
  options.cancel_grace = milliseconds("cancel_grace_ms");
  Caller caller;
  caller.actor = find_string(entry, "actor").value_or("");
  caller.request_id = find_string(entry, "request_id").value_or("");
  auto plan = plan_run(wiring, options, caller);
  if (plan) plan->from_elsewhere = true;
  return plan;
}

std::string_view approver_name(Approver approver) noexcept {
  switch (approver) {
    case Approver::nobody:
      return "nobody";
    case Approver::grants:
      return "grants";
    case Approver::denies:
      return "denies";
    default:
      return "anyone";
  }
}

std::optional<Approver> parse_approver(std::string_view name) noexcept {
  for (const Approver approver : {Approver::anyone, Approver::nobody, Approver::grants, Approver::denies}) {
    if (name == approver_name(approver)) return approver;
  }
  return std::nullopt;
}

namespace {

// A list of nothing but texts is their text.
InputMessage message_of(std::string_view role, const boost::json::value& content) {
  InputMessage message;
  message.role = role.empty() ? "user" : role;
  std::transform(message.role.begin(), message.role.end(), message.role.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const boost::json::array* parts = content.if_array();
  if (parts == nullptr) {
    message.content = content.is_string() ? std::string(content.get_string()) : to_text(content);
    return message;
  }
  for (const boost::json::value& part : *parts) {
    const boost::json::object* object = part.if_object();
    const auto text = object == nullptr ? std::nullopt : find_string(*object, "text");
    if (!text) {
      message.parts = *parts;
      continue;
    }
    if (!message.content.empty()) message.content += '\n';
    message.content += *text;
  }
  return message;
}

}  // namespace

std::vector<InputMessage> input_messages(const boost::json::value& input) {
  std::vector<InputMessage> messages;
  const auto add = [&](std::string_view role, const boost::json::value& content) {
    InputMessage message = message_of(role, content);
    if (!message.content.empty() || !message.parts.empty()) messages.push_back(std::move(message));
  };
  if (input.is_string()) add("user", input);
  if (!input.is_object()) return messages;
  const boost::json::object& object = input.get_object();
  if (const boost::json::array* list = find_array(object, "messages")) {
    for (const boost::json::value& item : *list) {
      if (!item.is_object()) continue;
      const boost::json::value* content = find(item.get_object(), "content");
      if (content == nullptr || content->is_null()) continue;
      add(find_string(item.get_object(), "role").value_or("user"), *content);
    }
    return messages;
  }
  if (const boost::json::value* prompt = find(object, "prompt"); prompt != nullptr && prompt->is_string()) {
    add("user", *prompt);
  }
  return messages;
}

}  // namespace asmgr

// The JSON of a step's parameters.
#include "core/model/duration.hpp"
#include "core/model/json.hpp"
#include "core/workflow/step.hpp"

namespace asmgr {
namespace {

Error wrong_param(std::string_view key, std::string_view expected) {
  return Error(ErrorCode::validation_error, "'" + std::string(key) + "' must be " + std::string(expected))
      .with_detail("option", boost::json::value(key));
}

class ParamsReader {
 public:
  Result<StepParams> read(const boost::json::object& json) {
    if (!json.contains("input")) return Error(ErrorCode::missing_required_field, "a step needs 'input'");
    for (const auto& [key, value] : json) {
      if (value.is_null()) continue;
      if (auto taken = take(key, value); !taken) return taken.error();
    }
    return std::move(params_);
  }

 private:
  Result<void> take(std::string_view key, const boost::json::value& value);
  Result<void> take_rest(std::string_view key, const boost::json::value& value);

  static Result<void> text(std::string_view key, const boost::json::value& value, std::string& out) {
    if (!value.is_string()) return wrong_param(key, "a text");
    out = value.get_string();
    return {};
  }
  static Result<void> object(std::string_view key, const boost::json::value& value, boost::json::object& out) {
    if (!value.is_object()) return wrong_param(key, "an object");
    out = value.get_object();
    return {};
  }
  static Result<PolicyChoice> policy(std::string_view key, const boost::json::value& value) {
    if (value.is_string()) return PolicyChoice(std::string(value.get_string()));
    if (value.is_object()) return PolicyChoice(value.get_object());
    return wrong_param(key, "the name of a policy, or a definition {\"plugin\", \"config\"}");
  }
  static Result<void> texts(std::string_view key, const boost::json::value& value, std::vector<std::string>& out) {
    if (!value.is_array()) return wrong_param(key, "a list of texts");
    for (const boost::json::value& item : value.get_array()) {
      if (!item.is_string()) return wrong_param(key, "a list of texts");
      out.emplace_back(item.get_string());
    }
    return {};
  }
  static Result<void> needs(std::string_view key, const boost::json::value& value, std::vector<CapabilityNeed>& out) {
    if (!value.is_array()) return wrong_param(key, "a list of {\"type\", \"name\"}");
    for (const boost::json::value& item : value.get_array()) {
      auto need = capability_need_from_json(item);
      if (!need) return std::move(need).error().with_context(key);
      out.push_back(std::move(*need));
    }
    return {};
  }
  Result<void> policies(std::string_view key, const boost::json::value& value) {
    if (!value.is_array()) return wrong_param(key, "a list of policies");
    for (const boost::json::value& item : value.get_array()) {
      auto choice = policy(key, item);
      if (!choice) return choice.error();
      params_.execution.policies.push_back(std::move(*choice));
    }
    return {};
  }
  Result<void> timeouts(std::string_view key, const boost::json::value& value);
  Result<void> events(std::string_view key, const boost::json::value& value);

  StepParams params_;
};

Result<void> ParamsReader::take(std::string_view key, const boost::json::value& value) {
  ExecutionOptions& run = params_.execution;
  if (key == "input") {
    params_.input = value;
    return {};
  }
  if (key == "session_id") return text(key, value, params_.session_id);
  if (key == "agent_id") return text(key, value, params_.agent_id);
  if (key == "tenant") return text(key, value, params_.tenant);
  if (key == "pipeline") return text(key, value, run.pipeline);
  if (key == "provider") return text(key, value, run.provider);
  if (key == "context") return object(key, value, params_.context);
  if (key == "metadata") return object(key, value, params_.metadata);
  if (key == "tags") return texts(key, value, params_.tags);
  if (key == "continuation") {
    run.continuation = value;
    return {};
  }
  if (key == "continuation_opts") return object(key, value, run.continuation_opts);
  if (key == "adapter_opts") return object(key, value, run.adapter_opts);
  if (key == "workspace") return object(key, value, run.workspace);
  return take_rest(key, value);
}

Result<void> ParamsReader::take_rest(std::string_view key, const boost::json::value& value) {
  ExecutionOptions& run = params_.execution;
  if (key == "policy") {
    auto choice = policy(key, value);
    if (!choice) return choice.error();
    run.policy = std::move(*choice);
    return {};
  }
  if (key == "policies") return policies(key, value);
  if (key == "required_capabilities") return needs(key, value, run.required_capabilities);
  if (key == "optional_capabilities") return needs(key, value, run.optional_capabilities);
  if (key == "timeouts") return timeouts(key, value);
  if (key == "events") return events(key, value);
  if (key == "approver") {
    const auto approver = value.is_string() ? parse_approver(value.get_string()) : std::nullopt;
    if (!approver) return wrong_param(key, "anyone, nobody, grants or denies");
    run.approver = *approver;
    return {};
  }
  return Error(ErrorCode::validation_error, "a step has no '" + std::string(key) + "'")
      .with_detail("option", boost::json::value(key));
}

Result<void> ParamsReader::timeouts(std::string_view key, const boost::json::value& value) {
  if (!value.is_object()) return wrong_param(key, "an object with run, idle, tool, cancel_grace");
  for (const auto& [name, item] : value.get_object()) {
    ExecutionOptions& run = params_.execution;
    std::optional<std::chrono::milliseconds>* out = nullptr;
    if (name == "run") out = &run.run_timeout;
    if (name == "idle") out = &run.idle_timeout;
    if (name == "tool") out = &run.tool_timeout;
    if (name == "cancel_grace") out = &run.cancel_grace;
    if (out == nullptr) return wrong_param(key, "an object with run, idle, tool, cancel_grace");
    const auto time = item.is_string() ? parse_duration_ms(item.get_string())
                                       : Result<std::int64_t>(Error(ErrorCode::invalid_format));
    if (!time) return wrong_param("timeouts." + std::string(name), "a duration such as 90s or 10m");
    *out = std::chrono::milliseconds(*time);
  }
  return {};
}

Result<void> ParamsReader::events(std::string_view key, const boost::json::value& value) {
  ResultEvents& out = params_.execution.events;
  const std::string_view name = value.is_string() ? std::string_view(value.get_string()) : std::string_view();
  if (name == "none") {
    out = ResultEvents::none;
  } else if (name == "lifecycle") {
    out = ResultEvents::lifecycle;
  } else if (name == "all") {
    out = ResultEvents::all;
  } else {
    return wrong_param(key, "none, lifecycle or all");
  }
  return {};
}

}  // namespace

Result<StepParams> step_params_from_json(const boost::json::object& json) {
  return ParamsReader().read(json);
}

}  // namespace asmgr

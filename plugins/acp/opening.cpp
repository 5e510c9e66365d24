#include "opening.hpp"

#include <algorithm>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <utility>

#include "session_choices.hpp"

namespace asmgr::acp {
namespace {

namespace json = boost::json;
using agent::array_at;
using agent::object_at;
using agent::text_at;
using agent::true_at;

constexpr std::int64_t kProtocolVersion = 1;
constexpr std::string_view kClientVersion = "0.1.0";

json::object greeting(const Config& config) {
  json::object fs;
  fs["readTextFile"] = config.fs;
  fs["writeTextFile"] = config.fs;
  json::object capabilities;
  capabilities["fs"] = std::move(fs);
  capabilities["terminal"] = config.terminal;
  json::object info;
  info["name"] = "asmgr";
  info["title"] = "asmgr";
  info["version"] = sdk::as_json(kClientVersion);
  json::object params;
  params["protocolVersion"] = kProtocolVersion;
  params["clientCapabilities"] = std::move(capabilities);
  params["clientInfo"] = std::move(info);
  return params;
}

bool offers_method(const json::array& methods, std::string_view id) {
  return std::any_of(methods.begin(), methods.end(), [&](const json::value& method) {
    const json::object* object = method.if_object();
    return object != nullptr && text_at(*object, "id") == id;
  });
}

// A capability is there when its key is, with an object or true.
bool has_capability(const json::object& capabilities, std::string_view key) {
  const json::value* value = capabilities.if_contains(sdk::as_json(key));
  return value != nullptr && (value->is_object() || (value->is_bool() && value->get_bool()));
}

// Why it ended is known better elsewhere.
bool agent_ended(const json_rpc::Answer& answer) {
  return !answer.ok && answer.error.code == json_rpc::kPeerEnded;
}

}  // namespace

Opening::Opening(json_rpc::Peer& peer, const Config& config, std::string_view resume_token, OnOpen on_open,
                 OnFailure on_failure)
    : peer_(peer),
      config_(config),
      resume_token_(resume_token),
      on_open_(std::move(on_open)),
      on_failure_(std::move(on_failure)) {}

void Opening::begin() {
  request("initialize", greeting(config_), "to begin a conversation", &Opening::greeted);
}

void Opening::request(std::string_view method, json::object params, std::string doing, Next next) {
  open_ =
      peer_.request(method, std::move(params), [this, doing = std::move(doing), next](const json_rpc::Answer& answer) {
        open_.reset();
        if (agent_ended(answer)) return;
        if (!answer.ok) return fail(failure_of(answer.error, doing, auth_methods_));
        static const json::object kNothing;
        const json::object* result = answer.result.if_object();
        (this->*next)(result == nullptr ? kNothing : *result);
      });
}

void Opening::fail(Failure failure) {
  loading_ = false;
  on_failure_(std::move(failure));
}

void Opening::greeted(const json::object& result) {
  const std::int64_t version = agent::integer_at(result, "protocolVersion");
  if (version != kProtocolVersion) {
    return fail(broken_protocol("the agent speaks version " + std::to_string(version) +
                                " of the Agent Client Protocol, and only version 1 is spoken here; use another "
                                "release of the agent"));
  }
  if (const json::array* methods = array_at(result, "authMethods")) auth_methods_ = *methods;
  if (const json::object* capabilities = object_at(result, "agentCapabilities")) capabilities_ = *capabilities;
  if (const json::object* info = object_at(result, "agentInfo")) {
    session_.agent_name = text_at(*info, "name");
    session_.agent_version = text_at(*info, "version");
  }
  if (const json::object* prompts = object_at(capabilities_, "promptCapabilities")) {
    session_.takes_images = true_at(*prompts, "image");
  }
  if (!check_mcp_servers()) return;
  if (config_.auth_method.empty()) return open_session();
  authenticate();
}

bool Opening::check_mcp_servers() {
  const json::object* offered = object_at(capabilities_, "mcpCapabilities");
  for (const json::value& server : config_.mcp_servers) {
    const std::string_view transport = text_at(server.get_object(), "type");
    if (transport.empty() || (offered != nullptr && true_at(*offered, transport))) continue;
    Failure failure;
    failure.status = ASMGR_E_UNSUPPORTED;
    failure.kind = "unsupported";
    failure.message = "the agent cannot reach the MCP server '" + std::string(text_at(server.get_object(), "name")) +
                      "' over " + std::string(transport) + "; give a `command` for it, or take it out";
    fail(std::move(failure));
    return false;
  }
  return true;
}

void Opening::authenticate() {
  if (!auth_methods_.empty() && !offers_method(auth_methods_, config_.auth_method)) {
    json_rpc::Error unknown;
    unknown.code = -32000;
    unknown.message = "it does not offer '" + config_.auth_method + "'";
    return fail(failure_of(unknown, "to authenticate", auth_methods_));
  }
  json::object params;
  params["methodId"] = config_.auth_method;
  open_ = peer_.request("authenticate", std::move(params), [this](const json_rpc::Answer& answer) {
    open_.reset();
    if (agent_ended(answer)) return;
    if (answer.ok) return open_session();
    Failure failure = failure_of(answer.error, "to authenticate by '" + config_.auth_method + "'", auth_methods_);
    failure.status = ASMGR_E_PROVIDER_AUTH;
    fail(std::move(failure));
  });
}

void Opening::open_session() {
  const json::object* kinds = object_at(capabilities_, "sessionCapabilities");
  const bool resumes = kinds != nullptr && has_capability(*kinds, "resume");
  const bool loads = true_at(capabilities_, "loadSession");
  session_.can_be_resumed = resumes || loads;
  json::object params;
  params["cwd"] = config_.agent.cwd;
  params["mcpServers"] = config_.mcp_servers;
  if (!config_.agent.options.empty()) params["_meta"] = config_.agent.options;
  if (resume_token_.empty()) {
    return request("session/new", std::move(params), "to begin a session", &Opening::session_made);
  }
  if (!session_.can_be_resumed) {
    Failure failure;
    failure.status = ASMGR_E_UNSUPPORTED;
    failure.kind = "unsupported";
    failure.message = "the agent cannot go on with a session of before ('" + resume_token_ +
                      "'); continue by the transcript (continuation: replay)";
    return fail(std::move(failure));
  }
  loading_ = true;
  params["sessionId"] = resume_token_;
  request(resumes ? "session/resume" : "session/load", std::move(params),
          "to go on with the session '" + resume_token_ + "'",
          resumes ? &Opening::session_resumed : &Opening::session_loaded);
}

void Opening::session_made(const json::object& result) {
  session_.id = text_at(result, "sessionId");
  if (session_.id.empty()) return fail(broken_protocol("the agent began a session without naming it"));
  read_session(result);
}

void Opening::session_loaded(const json::object& result) {
  loaded_ = result;
  history_came();
}

void Opening::time_passed(Clock::time_point now) {
  if (!is_overdue(now)) return;
  const json::object result = *std::exchange(loaded_, std::nullopt);
  session_resumed(result);
}

void Opening::session_resumed(const json::object& result) {
  loading_ = false;
  session_.id = resume_token_;
  session_.was_resumed = true;
  read_session(result);
}

void Opening::read_session(const json::object& result) {
  said_ = result;
  if (const auto choice = mode_choice(said_)) session_.mode = choice->current;
  if (const auto choice = model_choice(said_)) session_.model = choice->current;
  set_mode();
}

void Opening::set_mode() {
  const std::string permission_mode(name_of(config_.agent.permission_mode));
  const std::optional<Choice> choice = mode_choice(said_);
  const std::optional<std::string> wanted = mode_for(permission_mode, config_.modes, choice);
  const bool offered = wanted && choice && choice->offers(*wanted);
  // Only this mode forbids something. Without the others the agent merely asks more, and policies answer.
  const bool needed = wanted || config_.agent.permission_mode == agent::PermissionMode::kPlan;
  if (!offered && needed) {
    Failure failure;
    failure.status = ASMGR_E_UNSUPPORTED;
    failure.kind = "unsupported";
    failure.message = "the agent has no mode " + (wanted ? "'" + *wanted + "' " : std::string()) +
                      "for permission_mode " + permission_mode +
                      "; it offers: " + listed(choice ? choice->offered : std::vector<std::string>()) +
                      "; name one of them in `modes`";
    return fail(std::move(failure));
  }
  if (!offered || *wanted == choice->current) return set_model();
  wanted_ = *wanted;
  request(choice->method, choice->parameters(session_.id, *wanted), "to take the mode '" + *wanted + "'",
          &Opening::mode_set);
}

void Opening::mode_set(const json::object&) {
  session_.mode = wanted_;
  set_model();
}

void Opening::set_model() {
  const std::string& model = config_.agent.model;
  const std::optional<Choice> choice = model_choice(said_);
  if (model.empty() || (choice && choice->current == model)) return on_open_(session_);
  if (!choice || !choice->offers(model)) {
    Failure failure;
    failure.status = ASMGR_E_UNSUPPORTED;
    failure.kind = "unsupported";
    failure.message = "the agent does not offer the model '" + model +
                      "'; it offers: " + listed(choice ? choice->offered : std::vector<std::string>()) +
                      "; name one of them, or leave `model` empty and choose in the agent's own configuration";
    return fail(std::move(failure));
  }
  wanted_ = model;
  request(choice->method, choice->parameters(session_.id, model), "to take the model '" + model + "'",
          &Opening::model_set);
}

void Opening::model_set(const json::object&) {
  session_.model = wanted_;
  on_open_(session_);
}

}  // namespace asmgr::acp

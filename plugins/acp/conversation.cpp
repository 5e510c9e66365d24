#include "conversation.hpp"

#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <utility>

#include "permission_option.hpp"
#include "prompt_blocks.hpp"
#include "refusals.hpp"

namespace asmgr::acp {
namespace {

namespace json = boost::json;
using agent::object_at;
using agent::text_at;

json::object outcome_cancelled() {
  json::object outcome;
  outcome["outcome"] = "cancelled";
  json::object result;
  result["outcome"] = std::move(outcome);
  return result;
}

json::object outcome_selected(const std::string& option_id) {
  json::object outcome;
  outcome["outcome"] = "selected";
  outcome["optionId"] = option_id;
  json::object result;
  result["outcome"] = std::move(outcome);
  return result;
}

}  // namespace

Conversation::Conversation(Outlet& outlet, const Config& config, const Assignment& assignment,
                           Terminals::OnExit on_terminal_exit)
    : outlet_(outlet),
      config_(config),
      assignment_(assignment),
      workspace_(config.agent.cwd),
      peer_([this](std::string_view line) { outlet_.send(line); },
            {[this](const json_rpc::Request& request) { take_request(request); },
             [this](const json_rpc::Notification& notification) { take_notification(notification); }}),
      turn_(outlet),
      questions_(outlet),
      files_(peer_, turn_, questions_, workspace_),
      terminals_(peer_, turn_, questions_, workspace_, config.agent.cwd,
                 {config.agent.process_limits, config.agent.tree_limits}, std::move(on_terminal_exit)),
      opening_(
          peer_, config, assignment.resume_token, [this](const AgentSession& session) { opened(session); },
          [this](Failure failure) { fail(std::move(failure)); }) {}

void Conversation::begin() {
  opening_.begin();
}

void Conversation::take_line(std::string_view line) {
  peer_.feed(line);
}

void Conversation::answered(std::uint64_t ticket, const sdk::Verdict& verdict) {
  questions_.answered(ticket, verdict);
}

void Conversation::terminal_exited(const std::string& id) {
  terminals_.exited(id);
}

void Conversation::opened(const AgentSession& session) {
  session_ = session;
  announce();
  prompt();
}

// A session that the agent cannot be given again is not named as one, so that a continuation tells it what was said.
void Conversation::announce() {
  json::object data;
  data[session_.can_be_resumed ? "session_id" : "passing_session_id"] = session_.id;
  const std::string& model = session_.model.empty() ? config_.agent.model : session_.model;
  if (!model.empty()) data["model"] = model;
  if (!session_.mode.empty()) data["mode"] = session_.mode;
  if (!session_.agent_name.empty()) data["agent"] = session_.agent_name;
  if (!session_.agent_version.empty()) data["agent_version"] = session_.agent_version;
  data["cwd"] = config_.agent.cwd;
  outlet_.emit(ASMGR_EV_RUN_STARTED, data);
}

void Conversation::prompt() {
  json::object params;
  params["sessionId"] = session_.id;
  try {
    params["prompt"] = prompt_blocks(assignment_.run_doc, assignment_.transcript, config_, session_);
  } catch (const sdk::StatusError& error) {
    return fail({error.status(), "invalid_input", error.message(), {}, 0});
  }
  prompted_ = true;
  cost_before_ = turn_.session_cost();
  peer_.request("session/prompt", std::move(params),
                [this](const json_rpc::Answer& answer) { prompt_answered(answer); });
}

void Conversation::prompt_answered(const json_rpc::Answer& answer) {
  const json::object* result = answer.result.if_object();
  if (answer.ok && result != nullptr) turn_.take_usage(*result);
  if (cancelled_) {
    turn_.break_off("the run was cancelled while the tool ran");
    return conclude({ASMGR_FINISH_CANCELLED, "cancelled", std::nullopt});
  }
  if (!answer.ok && answer.error.code == json_rpc::kPeerEnded) return;
  if (!answer.ok) {
    turn_.break_off("the agent failed while the tool ran");
    return fail(failure_of(answer.error, "to answer the prompt", opening_.auth_methods()));
  }
  if (result == nullptr || text_at(*result, "stopReason").empty()) {
    turn_.break_off("the agent did not say what became of the call");
    return fail(broken_protocol("the agent ended its turn without a stop reason"));
  }
  turn_.end("the agent ended its turn and did not say what became of the call");
  outlet_.emit(ASMGR_EV_TURN_COMPLETED, json::object());
  conclude(outcome_of(*result));
}

Outcome Conversation::outcome_of(const json::object& result) const {
  const std::string reason(text_at(result, "stopReason"));
  if (reason != "cancelled") return {ASMGR_FINISH_COMPLETED, reason, std::nullopt};
  Failure failure;
  failure.kind = "agent_cancelled";
  failure.message = "the agent broke its own turn off";
  if (turn_.denied_something()) {
    failure.status = ASMGR_E_TOOL_DENIED;
    failure.message = "the agent broke its turn off, since a tool call was not permitted";
  }
  return {ASMGR_FINISH_FAILED, reason, std::move(failure)};
}

bool Conversation::is_ours(const json::value& params) const {
  const json::object* object = params.if_object();
  return object != nullptr && text_at(*object, "sessionId") == session_.id;
}

void Conversation::take_notification(const json_rpc::Notification& notification) {
  const json::object* params = notification.params.if_object();
  if (notification.method == "$/cancel_request") {
    const json::value* id = params == nullptr ? nullptr : params->if_contains("requestId");
    if (id == nullptr) return;
    const json::value withdrawn = *id;
    peer_.respond_error(withdrawn, request_cancelled());
    static_cast<void>(questions_.withdraw(withdrawn));
    return;
  }
  if (notification.method != "session/update") return outlet_.ignored("notification " + notification.method);
  const json::object* update = params == nullptr ? nullptr : object_at(*params, "update");
  if (update == nullptr || outcome_) return outlet_.ignored("session/update out of place");
  if (opening_.repeats_history()) return opening_.history_came();
  // Some agents tell of a new session before they have named it.
  if (!session_.id.empty() && !is_ours(notification.params)) return outlet_.ignored("update of another session");
  turn_.take_update(*update);
}

void Conversation::take_request(const json_rpc::Request& request) {
  const std::string& method = request.method;
  if (method == "session/request_permission") return take_permission_request(request);
  const bool is_file = config_.fs && (method == "fs/read_text_file" || method == "fs/write_text_file");
  const bool is_terminal = config_.terminal && method.compare(0, 9, "terminal/") == 0;
  if (!is_file && !is_terminal) {
    outlet_.ignored("request " + method);
    return peer_.respond_error(request.id, {json_rpc::kMethodNotFound, "Method not found: " + method, nullptr});
  }
  if (!takes_work()) return peer_.respond_error(request.id, request_cancelled());
  if (!is_ours(request.params))
    return peer_.respond_error(request.id, invalid_parameters("this is not the session's id"));
  if (method == "fs/read_text_file") return files_.read(request);
  if (method == "fs/write_text_file") return files_.write(request);
  if (terminals_.take(request)) return;
  peer_.respond_error(request.id, {json_rpc::kMethodNotFound, "Method not found: " + method, nullptr});
}

void Conversation::take_permission_request(const json_rpc::Request& request) {
  const json::object* params = request.params.if_object();
  const json::object* tool_call = params == nullptr ? nullptr : object_at(*params, "toolCall");
  const json::array* options = params == nullptr ? nullptr : agent::array_at(*params, "options");
  if (tool_call == nullptr || options == nullptr || text_at(*tool_call, "toolCallId").empty()) {
    return peer_.respond_error(request.id,
                               invalid_parameters("session/request_permission needs toolCall.toolCallId and options"));
  }
  if (!takes_work() || !is_ours(request.params)) return peer_.respond(request.id, outcome_cancelled());
  const ToolCall& call = turn_.asked(*tool_call);
  const auto settle = [this, id = request.id, call_id = call.id, offered = *options](const sdk::Verdict& verdict) {
    if (verdict.cancelled) {
      turn_.withdrawn(call_id);
      return peer_.respond(id, outcome_cancelled());
    }
    std::string refusal = refusal_of(verdict);
    std::optional<std::string> option = choose_option(offered, refusal.empty());
    if (!option && refusal.empty()) {
      refusal = "the agent offers no permission for this call alone, and a lasting one is not given";
      option = choose_option(offered, false);
    }
    if (refusal.empty()) {
      turn_.permitted(call_id);
    } else {
      turn_.denied(call_id, refusal);
    }
    peer_.respond(id, option ? outcome_selected(*option) : outcome_cancelled());
  };
  questions_.ask(request.id, call, settle);
}

bool Conversation::cancel() {
  if (cancelled_ || outcome_) return prompted_;
  cancelled_ = true;
  if (prompted_) {
    json::object params;
    params["sessionId"] = session_.id;
    peer_.notify("session/cancel", std::move(params));
  } else if (const auto open = opening_.open_request()) {
    json::object params;
    params["requestId"] = *open;
    peer_.notify("$/cancel_request", std::move(params));
  }
  questions_.cancel_all();
  return prompted_;
}

void Conversation::agent_gone() {
  peer_.end("the agent has ended");
  if (outcome_) return;
  questions_.cancel_all();
  turn_.break_off(cancelled_ ? "the run was cancelled while the tool ran" : "the agent ended while the tool ran");
}

std::optional<double> Conversation::cost() const {
  const std::optional<double> now = turn_.session_cost();
  if (!now) return std::nullopt;
  const double before = cost_before_.value_or(0);
  return *now > before ? *now - before : 0.0;
}

void Conversation::fail(Failure failure) {
  conclude({ASMGR_FINISH_FAILED, "", std::move(failure)});
}

void Conversation::conclude(Outcome outcome) {
  if (outcome_) return;
  outcome_ = std::move(outcome);
  questions_.cancel_all();
  outlet_.finish_up();
}

}  // namespace asmgr::acp

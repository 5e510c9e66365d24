#include "app_server_run.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <utility>

#include "permissions.hpp"

namespace asmgr::codex {
namespace {

namespace json = boost::json;
using agent::object_at;
using agent::text_at;

json::object text_input(std::string_view text) {
  json::object input;
  input["type"] = "text";
  input["text"] = sdk::as_json(text);
  return input;
}

json::object image_input(const agent::Part& part) {
  json::object input;
  input["type"] = "image";
  input["url"] = part.url.empty() ? "data:" + part.media_type + ";base64," + part.data : part.url;
  return input;
}

json::array turn_input(const std::vector<agent::Message>& messages, const std::string& introduction) {
  json::array input;
  std::vector<agent::Message> texts = messages;
  for (agent::Message& message : texts) {
    std::vector<agent::Part> kept;
    for (agent::Part& part : message.parts) {
      if (part.kind == agent::Part::Kind::kImage) {
        input.push_back(image_input(part));
      } else {
        kept.push_back(std::move(part));
      }
    }
    message.parts = std::move(kept);
  }
  input.insert(input.begin(), text_input(introduction + agent::prompt_text(texts)));
  return input;
}

json::array first_input(const sdk::RunContext& context) {
  const bool knows = !context.resume_token().empty();
  return turn_input(agent::read_messages(sdk::view(context.run().doc)),
                    knows ? std::string() : agent::transcript_introduction(context.transcript()));
}

agent::AgentOptions process_options(const agent::AgentConfig& config) {
  agent::AgentOptions options;
  options.command = agent::make_command(config, {"app-server"}, exec::StdinSource::kPipe);
  options.timeouts = config.timeouts;
  return options;
}

const json::object& params_of(const json::value& params) {
  static const json::object kNone;
  const json::object* object = params.if_object();
  return object == nullptr ? kNone : *object;
}

}  // namespace

AppServerRun::AppServerRun(const agent::AgentConfig& config, sdk::BlockingRun& run, agent::RecentSessions& sessions)
    : config_(config),
      run_(run),
      sessions_(sessions),
      events_(run),
      output_(events_),
      input_(first_input(run.context())),
      process_(process_options(config)),
      peer_([this](std::string_view line) { process_.write_line(line); },
            {[this](const json_rpc::Request& request) { take_request(request); },
             [this](const json_rpc::Notification& notification) { take_notification(notification); }},
            {false, 1024}) {}

sdk::RunResult AppServerRun::carry_out() {
  const agent::AgentEnd end = process_.run(*this, [this] { return run_.cancelled(); });
  questions_.clear();
  events_.log_ignored("codex");
  return conclude(end);
}

void AppServerRun::on_start() {
  json::object client;
  client["name"] = "asmgr";
  client["title"] = "asmgr";
  client["version"] = sdk::as_json(run_.context().host().version());
  json::object params;
  params["clientInfo"] = std::move(client);
  peer_.request("initialize", std::move(params), [this](const json_rpc::Answer& answer) {
    if (!answer.ok) return give_up("initialize", answer.error);
    peer_.notify("initialized", nullptr);
    open_thread();
  });
}

void AppServerRun::on_line(std::string_view line) {
  peer_.feed(line);
  if (events_.stopped()) process_.stop("the host takes no more events");
  process_.expect_silence(!questions_.empty() || output_.tools_open());
}

bool AppServerRun::on_cancel() {
  cancelled_ = true;
  if (turn_id_.empty()) return false;
  interrupt();
  return true;
}

void AppServerRun::interrupt() {
  json::object params;
  params["threadId"] = thread_id_;
  params["turnId"] = turn_id_;
  peer_.request("turn/interrupt", std::move(params), [](const json_rpc::Answer&) {});
}

void AppServerRun::open_thread() {
  json::object params;
  if (!config_.cwd.empty()) params["cwd"] = std::filesystem::absolute(config_.cwd).lexically_normal().string();
  if (!config_.model.empty()) params["model"] = config_.model;
  if (!config_.system_prompt.empty()) params["developerInstructions"] = config_.system_prompt;
  // "untrusted": everything that can ask does, so that policies decide in every mode.
  params["approvalPolicy"] = "untrusted";
  params["sandbox"] = sdk::as_json(sandbox_of(config_.permission_mode));
  for (const auto& option : config_.options) params[option.key()] = option.value();
  const std::string_view resumed = run_.context().resume_token();
  if (!resumed.empty()) params["threadId"] = sdk::as_json(resumed);
  const char* method = resumed.empty() ? "thread/start" : "thread/resume";
  peer_.request(method, std::move(params), [this, method](const json_rpc::Answer& answer) {
    if (!answer.ok) return give_up(method, answer.error);
    take_thread(params_of(answer.result));
  });
}

void AppServerRun::take_thread(const json::object& result) {
  const json::object* thread = object_at(result, "thread");
  if (thread != nullptr) thread_id_ = text_at(*thread, "id");
  if (thread_id_.empty()) return give_up("thread/start", {json_rpc::kInternalError, "the answer names no thread", {}});
  model_ = text_at(result, "model");
  sessions_.note(run_.context().start(), thread_id_);
  json::object started;
  started["thread_id"] = thread_id_;
  for (const char* key : {"model", "cwd"}) {
    if (const json::value* value = result.if_contains(key); value != nullptr && value->is_string()) {
      started[key] = *value;
    }
  }
  if (thread != nullptr && !text_at(*thread, "cliVersion").empty()) started["version"] = thread->at("cliVersion");
  events_.emit(ASMGR_EV_RUN_STARTED, started);
  start_turn();
}

void AppServerRun::start_turn() {
  json::object params;
  params["threadId"] = thread_id_;
  params["input"] = input_;
  const auto options = agent::parse_object(run_.context().options());
  const json::object* schema = options ? object_at(*options, "output_schema") : nullptr;
  if (schema != nullptr) params["outputSchema"] = *schema;
  turn_asked_for_ = true;
  peer_.request("turn/start", std::move(params), [this](const json_rpc::Answer& answer) {
    if (!answer.ok) return give_up("turn/start", answer.error);
    const json::object* turn = object_at(params_of(answer.result), "turn");
    if (turn != nullptr && turn_id_.empty()) turn_id_ = text_at(*turn, "id");
    if (cancelled_) return interrupt();
    if (!not_steered_.empty() && !turn_status_) steer(std::exchange(not_steered_, {}));
  });
}

bool AppServerRun::of_this_thread(const json::object& params) const {
  const std::string_view thread = text_at(params, "threadId");
  return thread.empty() || thread == thread_id_;
}

void AppServerRun::take_notification(const json_rpc::Notification& notification) {
  const std::string_view method = notification.method;
  const json::object& params = params_of(notification.params);
  if (!of_this_thread(params)) return;  // of an agent that this one has started
  const json::object* item = object_at(params, "item");
  if (method == "item/started" && item != nullptr) return output_.take_item_started(*item);
  if (method == "item/completed" && item != nullptr) return output_.take_item_completed(*item);
  if (method == "thread/tokenUsage/updated") return output_.take_usage(params);
  if (method == "error") return output_.take_error(params);
  if (method == "turn/completed") {
    const json::object* turn = object_at(params, "turn");
    if (turn != nullptr) end_turn(*turn);
    return;
  }
  if (method.substr(0, 5) == "item/") return output_.take_delta(method, params);
}

void AppServerRun::take_request(const json_rpc::Request& request) {
  const json::object& params = params_of(request.params);
  if (request.method == "item/commandExecution/requestApproval" ||
      request.method == "item/fileChange/requestApproval") {
    return ask(request, params);
  }
  events_.ignored("request/" + request.method);
  peer_.respond_error(request.id,
                      {json_rpc::kMethodNotFound, "this host does not answer '" + request.method + "'", {}});
}

void AppServerRun::ask(const json_rpc::Request& request, const json::object& params) {
  const std::string item(text_at(params, "itemId"));
  const ToolItem* tool = output_.open_tool(item);
  json::object call;
  call["tool_call_id"] = item;
  call["tool_name"] = tool != nullptr ? tool->name : std::string("bash");
  json::object input = tool != nullptr && tool->input.is_object() ? tool->input.get_object() : json::object();
  for (const char* key : {"command", "cwd", "reason"}) {
    const json::value* value = params.if_contains(key);
    if (value != nullptr && !value->is_null()) input[key] = *value;
  }
  call["tool_input"] = std::move(input);
  const std::uint64_t ticket = run_.ask_later(json::serialize(call));
  questions_.emplace(ticket, Question{request.id, item});
  take_answers();  // it may have been answered inside the call
}

void AppServerRun::take_answers() {
  for (auto next = questions_.begin(); next != questions_.end();) {
    const auto verdict = run_.take_answer(next->first);
    if (!verdict) {
      ++next;
      continue;
    }
    const Question question = std::move(next->second);
    next = questions_.erase(next);
    // Codex takes no other input than its own, so an edited call is not the one that it would run.
    const bool allowed = verdict->allowed && verdict->edited_input_json.empty();
    if (allowed) output_.tool_allowed(question.item_id);
    json::object answer;
    answer["decision"] = allowed ? "accept" : "decline";
    peer_.respond(question.id, std::move(answer));
  }
  process_.expect_silence(!questions_.empty() || output_.tools_open());
}

void AppServerRun::say_more(const agent::Message& message) {
  json::array input = turn_input({message}, {});
  if (!turn_id_.empty()) return steer(std::move(input));
  json::array& later = turn_asked_for_ ? not_steered_ : input_;
  later.insert(later.end(), input.begin(), input.end());
}

void AppServerRun::steer(json::array input) {
  json::object params;
  params["threadId"] = thread_id_;
  params["expectedTurnId"] = turn_id_;
  params["input"] = input;
  ++steers_pending_;
  peer_.request("turn/steer", std::move(params), [this, input = std::move(input)](const json_rpc::Answer& answer) {
    --steers_pending_;
    // Too late for this turn, or the turn takes none: then it begins the next one.
    if (!answer.ok) not_steered_.insert(not_steered_.end(), input.begin(), input.end());
    if (turn_status_) go_on_or_finish();
  });
}

void AppServerRun::go_on_or_finish() {
  if (cancelled_ || error_ || (steers_pending_ == 0 && not_steered_.empty())) return process_.finish_up();
  if (steers_pending_ > 0) return;
  turn_status_.reset();
  turn_id_.clear();
  input_ = std::exchange(not_steered_, {});
  start_turn();
}

void AppServerRun::end_turn(const json::object& turn) {
  turn_status_ = std::string(text_at(turn, "status"));
  events_.emit(ASMGR_EV_TURN_COMPLETED, {});
  if (const json::object* error = object_at(turn, "error")) error_ = read_error(*error).as_result();
  if (!error_ && *turn_status_ != "completed") {
    CodexError failed = output_.last_error().value_or(CodexError());
    if (failed.message.empty()) failed.message = "the turn ended as '" + *turn_status_ + "'";
    error_ = failed.as_result();
  }
  questions_.clear();
  go_on_or_finish();
}

void AppServerRun::give_up(const char* request, const json_rpc::Error& error) {
  const std::string message = std::string(request) + " failed: " + error.message;
  give_up(agent::error_object(ASMGR_E_PROVIDER, "Codex failed: " + message,
                              agent::provider_error(kCodex, "protocol_error", message)));
}

void AppServerRun::give_up(json::object error) {
  if (!error_) error_ = std::move(error);
  process_.finish_up();
}

sdk::RunResult AppServerRun::conclude(const agent::AgentEnd& end) {
  json::object result;
  json::object output;
  output["content"] = output_.last_text();
  output["stop_reason"] = turn_status_ ? (*turn_status_ == "completed" ? "end_turn" : *turn_status_) : "";
  result["output"] = output;
  if (turn_status_) result["stop_reason"] = output["stop_reason"];
  if (!model_.empty()) result["model"] = model_;
  result["token_usage"] = output_.usage().any() ? output_.usage().totals() : json::object();
  agent::add_resources(result, end);
  const bool cancelled = cancelled_ || end.cause == agent::AgentEndCause::kCancelled || events_.stopped();
  if (cancelled) return {ASMGR_FINISH_CANCELLED, json::serialize(result)};
  if (turn_status_ && !error_) return {ASMGR_FINISH_COMPLETED, json::serialize(result)};
  result["error"] = error_ ? std::move(*error_) : agent::error_of(end, kCodex, config_);
  const std::string said = agent::stderr_text(end, config_);
  json::object& nested = result["error"].get_object()["provider_error"].get_object();
  if (!said.empty()) nested["stderr"] = said;
  return {ASMGR_FINISH_FAILED, json::serialize(result)};
}

}  // namespace asmgr::codex

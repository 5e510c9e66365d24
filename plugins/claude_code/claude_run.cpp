#include "claude_run.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "command_line.hpp"
#include "control_lines.hpp"

namespace asmgr::claude_code {
namespace {

namespace json = boost::json;
using agent::object_at;
using agent::text_at;

constexpr std::string_view kPlanOnly = "only plans are made in this run: nothing that needs a permission is done";

std::string output_schema_of(std::string_view options_json) {
  const auto options = agent::parse_object(options_json);
  const json::object* schema = options ? object_at(*options, "output_schema") : nullptr;
  return schema == nullptr ? std::string() : json::serialize(*schema);
}

agent::AgentOptions process_options(const agent::AgentConfig& config, const sdk::RunContext& context) {
  agent::AgentOptions options;
  options.command = agent::make_command(
      config, command_arguments(config, context.resume_token(), output_schema_of(context.options())),
      exec::StdinSource::kPipe);
  options.timeouts = config.timeouts;
  return options;
}

std::string first_user_line(const sdk::RunContext& context) {
  const std::vector<agent::Message> messages = agent::read_messages(sdk::view(context.run().doc));
  const bool knows = !context.resume_token().empty();
  return user_line(messages, knows ? std::string() : agent::transcript_introduction(context.transcript()));
}

}  // namespace

ClaudeRun::ClaudeRun(const agent::AgentConfig& config, sdk::BlockingRun& run, agent::RecentSessions& sessions)
    : config_(config),
      run_(run),
      sessions_(sessions),
      events_(run),
      output_(events_),
      unsent_{first_user_line(run.context())},
      process_(process_options(config, run.context())) {}

sdk::RunResult ClaudeRun::carry_out() {
  const agent::AgentEnd end = process_.run(*this, [this] { return run_.cancelled(); });
  events_.log_ignored("claude_code");
  return conclude(end);
}

void ClaudeRun::on_start() {
  process_.write_line(initialize_line());
}

void ClaudeRun::on_line(std::string_view text) {
  const auto line = agent::parse_object(text);
  if (!line) {
    if (text.find_first_not_of(" \t\r") != std::string_view::npos) events_.ignored("no JSON");
    return;
  }
  take_line(*line);
  if (events_.stopped()) process_.stop("the host takes no more events");
  update_silence();
}

bool ClaudeRun::on_cancel() {
  interrupted_ = true;
  if (!initialized_ || result_) return false;
  process_.write_line(interrupt_line());
  return true;
}

void ClaudeRun::take_line(const json::object& line) {
  const std::string_view type = text_at(line, "type");
  if (type == "stream_event") return output_.take_stream_event(line);
  if (type == "assistant") return output_.take_assistant(line);
  if (type == "user") {
    if (agent::true_at(line, "isReplay")) {
      ++messages_begun_;
      return;
    }
    return output_.take_user(line);
  }
  if (type == "system") {
    output_.take_system(line);
    if (!output_.session_id().empty()) sessions_.note(run_.context().start(), output_.session_id());
    return;
  }
  if (type == "result") return take_result(line);
  if (type == "control_request") return take_control_request(line);
  if (type == "control_response") return take_control_answer(line);
  if (type == "control_cancel_request") return take_control_cancel(line);
  if (type != "keep_alive") events_.ignored(type.empty() ? "no type" : type);
}

void ClaudeRun::take_control_answer(const json::object& line) {
  const json::object* response = object_at(line, "response");
  if (response == nullptr || text_at(*response, "request_id") != kInitializeId || initialized_) return;
  if (text_at(*response, "subtype") != "success") {
    return process_.stop("it refused to begin the conversation: " + std::string(text_at(*response, "error")));
  }
  initialized_ = true;
  for (const std::string& message : std::exchange(unsent_, {})) send(message);
}

void ClaudeRun::take_control_request(const json::object& line) {
  const std::string request_id(text_at(line, "request_id"));
  const json::object* request = object_at(line, "request");
  const std::string_view subtype = request == nullptr ? std::string_view() : text_at(*request, "subtype");
  Question question;
  question.request_id = request_id;
  if (subtype == "can_use_tool") {
    question.tool_name = text_at(*request, "tool_name");
    question.tool_call_id = text_at(*request, "tool_use_id");
    if (const json::value* input = request->if_contains("input")) question.input = *input;
    // Here Claude Code's own rules want a permission.
    const bool plan_only = config_.permission_mode == agent::PermissionMode::kPlan;
    if (plan_only) return process_.write_line(deny_line(request_id, kPlanOnly));
    return ask(std::move(question));
  }
  if (subtype == "hook_callback") {
    const json::object* input = object_at(*request, "input");
    const bool before_tool = input != nullptr && text_at(*input, "hook_event_name") == "PreToolUse";
    if (!before_tool) return process_.write_line(hook_line(request_id, {}, {}));
    // "ask" makes it come back as can_use_tool. Not in plan mode: what its own rules say then has to be kept apart.
    if (config_.permission_mode != agent::PermissionMode::kPlan) {
      return process_.write_line(hook_line(request_id, "ask", "the host decides"));
    }
    question.from_hook = true;
    question.tool_name = text_at(*input, "tool_name");
    question.tool_call_id = text_at(*input, "tool_use_id");
    if (const json::value* tool_input = input->if_contains("tool_input")) question.input = *tool_input;
    return ask(std::move(question));
  }
  events_.ignored("control_request/" + std::string(subtype));
  process_.write_line(refusal_line(request_id, "this host does not know '" + std::string(subtype) + "'"));
}

// Its question is void: whatever is answered to it later goes nowhere.
void ClaudeRun::take_control_cancel(const json::object& line) {
  const std::string_view request_id = text_at(line, "request_id");
  const auto open = std::find_if(questions_.begin(), questions_.end(),
                                 [&](const auto& entry) { return entry.second.request_id == request_id; });
  if (open != questions_.end()) questions_.erase(open);
}

void ClaudeRun::ask(Question question) {
  if (question.tool_call_id.empty()) question.tool_call_id = question.request_id;
  json::object call;
  call["tool_call_id"] = question.tool_call_id;
  call["tool_name"] = question.tool_name;
  call["tool_input"] = question.input;
  const std::uint64_t ticket = run_.ask_later(json::serialize(call));
  questions_.emplace(ticket, std::move(question));
  take_answers();  // it may have been answered inside the call
}

void ClaudeRun::take_answers() {
  for (auto next = questions_.begin(); next != questions_.end();) {
    const auto verdict = run_.take_answer(next->first);
    if (!verdict) {
      ++next;
      continue;
    }
    const Question question = std::move(next->second);
    next = questions_.erase(next);
    settle(question, *verdict);
  }
  update_silence();
}

void ClaudeRun::settle(const Question& question, const sdk::Verdict& verdict) {
  if (!verdict.allowed) {
    const std::string why = verdict.note.empty() ? "the tool call was not permitted" : verdict.note;
    return process_.write_line(question.from_hook ? hook_line(question.request_id, "deny", why)
                                                  : deny_line(question.request_id, why));
  }
  json::value input = question.input;
  const bool edited = !verdict.edited_input_json.empty();
  if (edited) {
    boost::system::error_code error;
    json::value parsed = json::parse(sdk::as_json(verdict.edited_input_json), error);
    if (error || !parsed.is_object()) {
      constexpr std::string_view kUnusable = "the edited input of the tool call is no JSON object";
      return process_.write_line(question.from_hook ? hook_line(question.request_id, "deny", kUnusable)
                                                    : deny_line(question.request_id, kUnusable));
    }
    input = std::move(parsed);
  }
  output_.tool_allowed(question.tool_call_id, question.tool_name, input);
  if (!question.from_hook) return process_.write_line(allow_line(question.request_id, input));
  process_.write_line(edited ? hook_edit_line(question.request_id, input) : hook_line(question.request_id, {}, {}));
}

void ClaudeRun::say_more(const agent::Message& message) {
  const std::string line = user_line({message}, {});
  if (initialized_) return send(line);
  unsent_.push_back(line);
}

void ClaudeRun::send(const std::string& message) {
  ++messages_sent_;
  process_.write_line(message);
}

void ClaudeRun::take_result(const json::object& line) {
  output_.end_turn(line);
  questions_.clear();
  result_ = read_result(line);
  // A message that came too late for this turn has a turn of its own.
  const bool another_turn = messages_begun_ > 0 && messages_begun_ < messages_sent_;
  if (another_turn && !interrupted_ && !result_->error) {
    result_.reset();
    return;
  }
  process_.finish_up();
}

void ClaudeRun::update_silence() {
  process_.expect_silence(!questions_.empty() || output_.tools_open());
}

sdk::RunResult ClaudeRun::conclude(const agent::AgentEnd& end) {
  json::object more;
  agent::add_resources(more, end);
  if (interrupted_ || end.cause == agent::AgentEndCause::kCancelled || events_.stopped()) {
    return {ASMGR_FINISH_CANCELLED, result_text(more)};
  }
  if (result_ && result_->error) {
    json::object error = std::move(*result_->error);
    const std::string said = agent::stderr_text(end, config_);
    if (!said.empty()) error["provider_error"].get_object()["stderr"] = said;
    more["error"] = std::move(error);
    return {ASMGR_FINISH_FAILED, result_text(more)};
  }
  if (result_) return {ASMGR_FINISH_COMPLETED, result_text(more)};
  more["error"] = agent::error_of(end, kClaudeCode, config_);
  return {ASMGR_FINISH_FAILED, result_text(more)};
}

std::string ClaudeRun::result_text(const json::object& more) const {
  json::object result = more;
  if (result_) {
    result["output"] = result_->output;
    if (!result_->stop_reason.empty()) result["stop_reason"] = result_->stop_reason;
    if (result_->cost_usd) result["cost_usd"] = *result_->cost_usd;
  }
  if (!output_.model().empty()) result["model"] = output_.model();
  result["token_usage"] = output_.usage().any() ? output_.usage().totals() : json::object();
  return json::serialize(result);
}

}  // namespace asmgr::claude_code

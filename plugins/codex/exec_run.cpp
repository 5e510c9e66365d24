#include "exec_run.hpp"

#include <asmgr/toolkit/agent_prompt.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/serialize.hpp>
#include <utility>
#include <vector>

#include "codex_items.hpp"
#include "permissions.hpp"

namespace asmgr::codex {
namespace {

namespace json = boost::json;
using agent::object_at;
using agent::text_at;

std::string exec_prompt(const sdk::RunContext& context, const agent::AgentConfig& config) {
  std::string text = agent::prompt_text(agent::read_messages(sdk::view(context.run().doc)));
  if (context.resume_token().empty()) text.insert(0, agent::transcript_introduction(context.transcript()));
  return config.system_prompt.empty() ? text : config.system_prompt + "\n\n" + text;
}

// The prompt goes in by stdin ("-"): an argument is bounded and shows in the process table.
std::vector<std::string> exec_arguments(const agent::AgentConfig& config, std::string_view resume_token) {
  std::vector<std::string> arguments = {"exec", "--json", "--skip-git-repo-check"};
  const bool no_sandbox = config.permission_mode == agent::PermissionMode::kDangerouslySkipPermissions;
  if (no_sandbox) {
    arguments.emplace_back("--dangerously-bypass-approvals-and-sandbox");
  } else {
    arguments.emplace_back("--sandbox");
    arguments.emplace_back(sandbox_of(config.permission_mode));
  }
  if (!config.model.empty()) arguments.insert(arguments.end(), {"--model", config.model});
  const std::vector<std::string> options = agent::option_arguments(config.options);
  arguments.insert(arguments.end(), options.begin(), options.end());
  if (!resume_token.empty()) arguments.insert(arguments.end(), {"resume", std::string(resume_token)});
  arguments.emplace_back("-");
  return arguments;
}

agent::AgentOptions process_options(const agent::AgentConfig& config, std::string_view resume_token) {
  agent::AgentOptions options;
  options.command = agent::make_command(config, exec_arguments(config, resume_token), exec::StdinSource::kPipe);
  options.timeouts = config.timeouts;
  return options;
}

// "Reconnecting... 1/5 (why)": it goes on by itself.
bool is_retry(std::string_view message) {
  constexpr std::string_view kReconnecting = "Reconnecting";
  return message.substr(0, kReconnecting.size()) == kReconnecting;
}

}  // namespace

ExecRun::ExecRun(const agent::AgentConfig& config, sdk::BlockingRun& run, agent::RecentSessions& sessions)
    : config_(config),
      run_(run),
      sessions_(sessions),
      events_(run),
      prompt_(exec_prompt(run.context(), config)),
      process_(process_options(config, run.context().resume_token())) {}

sdk::RunResult ExecRun::carry_out() {
  const agent::AgentEnd end = process_.run(*this, [this] { return run_.cancelled(); });
  events_.log_ignored("codex");
  return conclude(end);
}

void ExecRun::on_start() {
  process_.write_line(prompt_);
  process_.close_stdin();
}

void ExecRun::on_line(std::string_view text) {
  const auto line = agent::parse_object(text);
  if (!line) return events_.ignored("no JSON");
  take_line(*line);
  if (events_.stopped()) process_.stop("the host takes no more events");
  process_.expect_silence(!running_.empty());
}

void ExecRun::take_line(const json::object& line) {
  const std::string_view type = text_at(line, "type");
  if (type == "thread.started") return take_thread(line);
  const json::object* item = object_at(line, "item");
  if (item != nullptr && type == "item.started") return take_item(*item, false);
  if (item != nullptr && type == "item.completed") return take_item(*item, true);
  if (type == "error") return take_error(line);
  if (type == "turn.failed") {
    const json::object* error = object_at(line, "error");
    failed_ = read_error(error == nullptr ? json::object() : *error);
    return;
  }
  if (type == "turn.completed") {
    if (const json::object* usage = object_at(line, "usage")) usage_.turn(*usage);
    if (usage_.any()) events_.emit(ASMGR_EV_TOKEN_USAGE_UPDATED, usage_.totals());
    events_.emit(ASMGR_EV_TURN_COMPLETED, {});
    completed_ = true;
    return;
  }
  if (type != "turn.started" && type != "item.updated") events_.ignored(type);
}

void ExecRun::take_thread(const json::object& line) {
  const std::string_view id = text_at(line, "thread_id");
  sessions_.note(run_.context().start(), id);
  json::object started;
  started["thread_id"] = sdk::as_json(id);
  if (!config_.model.empty()) started["model"] = config_.model;
  events_.emit(ASMGR_EV_RUN_STARTED, started);
}

void ExecRun::take_item(const json::object& item, bool ended) {
  const std::string_view type = text_at(item, "type");
  if (ended && type == "agent_message") {
    last_text_ = std::string(text_at(item, "text"));
    events_.message_delta(last_text_);
    return events_.message(last_text_);
  }
  if (ended && type == "reasoning") return events_.reasoning_delta(text_at(item, "text"));
  const auto tool = read_tool_item(item);
  if (!tool) {
    // An item of type error is a warning.
    if (type != "agent_message" && type != "error" && !is_silent_item(item)) {
      events_.ignored("item/" + std::string(type));
    }
    return;
  }
  if (running_.insert(tool->id).second) events_.tool_started(tool->id, tool->name, tool->input);
  if (!ended) return;
  running_.erase(tool->id);
  events_.tool_ended(tool->id, tool->name, tool->output, tool->failed);
}

void ExecRun::take_error(const json::object& line) {
  const CodexError error = read_error(line);
  if (is_retry(error.message)) {
    return events_.retrying(error.status, error.message, {}, error.provider_error());
  }
  failed_ = error;
}

sdk::RunResult ExecRun::conclude(const agent::AgentEnd& end) {
  json::object output;
  output["content"] = last_text_;
  output["stop_reason"] = completed_ ? "end_turn" : "";
  json::object result;
  result["output"] = std::move(output);
  if (completed_) result["stop_reason"] = "end_turn";
  if (!config_.model.empty()) result["model"] = config_.model;
  result["token_usage"] = usage_.any() ? usage_.totals() : json::object();
  agent::add_resources(result, end);
  if (end.cause == agent::AgentEndCause::kCancelled || events_.stopped()) {
    return {ASMGR_FINISH_CANCELLED, json::serialize(result)};
  }
  if (completed_ && !failed_) return {ASMGR_FINISH_COMPLETED, json::serialize(result)};
  result["error"] = failed_ ? failed_->as_result() : agent::error_of(end, kCodex, config_);
  return {ASMGR_FINISH_FAILED, json::serialize(result)};
}

}  // namespace asmgr::codex

#include "shell_run.hpp"

#include <sys/random.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

namespace asmgr::shell {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kGrace{300};  // between SIGTERM and SIGKILL
constexpr int kTimeoutExitCode = 124;             // as timeout(1) does
constexpr std::size_t kStderrTail = 4096;
constexpr std::string_view kToolName = "bash";

std::string new_tool_call_id() {
  unsigned char bytes[8] = {};
  if (getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) {
    throw sdk::StatusError(ASMGR_E_INTERNAL, "the system has no random bytes for a tool call id");
  }
  std::string id = "tc_";
  for (const unsigned char byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    id += digits;
  }
  return id;
}

std::string valid_utf8(std::string_view bytes) {
  Utf8Stream stream;
  std::string text = stream.take(bytes);
  return text += stream.finish();
}

// The end of a text, from the beginning of a character on.
std::string tail(const std::string& text) {
  if (text.size() <= kStderrTail) return text;
  std::size_t from = text.size() - kStderrTail;
  while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U) ++from;
  return text.substr(from);
}

json::object error_object(std::string_view code, std::string_view message, json::object details) {
  return {{"code", code}, {"message", message}, {"details", std::move(details)}};
}

asmgr_status status_of(exec::SpawnStep step) {
  switch (step) {
    case exec::SpawnStep::kCommand:
    case exec::SpawnStep::kWorkingDirectory:
      return ASMGR_E_VALIDATION;
    case exec::SpawnStep::kCommandNotFound:
      return ASMGR_E_COMMAND_NOT_FOUND;
    case exec::SpawnStep::kNotExecutable:
    case exec::SpawnStep::kLimits:
    case exec::SpawnStep::kResources:
      break;
  }
  return ASMGR_E_TOOL_EXECUTION_FAILED;
}

}  // namespace

sdk::RunResult ShellRun::carry_out() {
  request_ = read_request(sdk::view(run_.context().run().doc), config_);
  std::vector<std::string> argv = resolve_argv(request_, config_);
  tool_call_id_ = new_tool_call_id();
  emit(ASMGR_EV_RUN_STARTED, {{"cwd", request_.cwd}, {"command", request_.command}});

  sdk::Verdict verdict;
  if (!ask_permission(verdict)) return verdict.cancelled ? cancelled() : denied(verdict.note);
  if (!verdict.edited_input_json.empty()) {
    apply_edit(request_, verdict.edited_input_json);
    argv = resolve_argv(request_, config_);
  }
  if (stopped_ || run_.cancelled()) return cancelled();
  emit(ASMGR_EV_TOOL_CALL_STARTED, tool_call());

  exec::Command command;
  command.argv = std::move(argv);
  command.cwd = request_.cwd;
  command.env = command_environment(request_, config_);
  command.orphan_grace = kGrace;
  command.limits = config_.process_limits;
  command.tree_limits = config_.tree_limits;
  auto spawned = exec::spawn(command);
  if (const auto* error = std::get_if<exec::SpawnError>(&spawned)) return not_started(*error);
  return execute(std::get<exec::Child>(spawned));
}

bool ShellRun::ask_permission(sdk::Verdict& verdict) {
  if (stopped_) {
    verdict.cancelled = true;
    return false;
  }
  verdict = run_.ask(json::serialize(tool_call()));
  return verdict.allowed;
}

sdk::RunResult ShellRun::denied(const std::string& note) {
  const std::string why = note.empty() ? "no reason was given" : note;
  json::object data = tool_call();
  data["is_error"] = true;
  data["tool_output"] = json::object{{"error", why}};
  emit(ASMGR_EV_TOOL_CALL_FAILED, data);
  const json::object error = error_object("tool_permission_denied", "the command was not permitted: " + why,
                                          {{"tool_call_id", tool_call_id_}});
  return {ASMGR_FINISH_FAILED, json::serialize(json::object{{"error", error}})};
}

sdk::RunResult ShellRun::not_started(const exec::SpawnError& error) {
  const std::string_view code = sdk::status_name(status_of(error.step));
  json::object data = tool_call();
  data["is_error"] = true;
  data["tool_output"] = json::object{{"error", error.message}};
  emit(ASMGR_EV_TOOL_CALL_FAILED, data);
  emit(ASMGR_EV_ERROR_OCCURRED, {{"error_code", code}, {"error_message", error.message}});
  const json::object details{{"errno", error.error_number}};
  return {ASMGR_FINISH_FAILED, json::serialize(json::object{{"error", error_object(code, error.message, details)}})};
}

sdk::RunResult ShellRun::execute(exec::Child& child) {
  begun_ = true;
  std::string raw_stderr;
  exec::RunOptions options;
  options.on_stdout = [&](std::string_view bytes) { stream(stdout_stream_.take(bytes)); };
  options.on_stderr = [&](std::string_view bytes) { raw_stderr += bytes; };
  options.cancel_fd = wake_fd_;
  options.cancelled = [&] { return stopped_ || run_.cancelled(); };
  if (request_.timeout.count() > 0) options.deadline = std::chrono::steady_clock::now() + request_.timeout;
  options.max_output_bytes = config_.max_output_bytes;
  options.grace = kGrace;

  const exec::Ended ended = exec::run_to_end(child, options);
  stream(stdout_stream_.finish());
  stderr_ = valid_utf8(raw_stderr);
  truncated_ = ended.stdout_truncated || ended.stderr_truncated;
  duration_ms_ = ended.duration.count();
  timed_out_ = ended.cause == exec::EndCause::kTimedOut;
  if (ended.wait_status) exit_code_ = exec::exit_code(*ended.wait_status);
  if (timed_out_) exit_code_ = kTimeoutExitCode;
  if (ended.limit) limit_ = exec::limit_name(*ended.limit);
  resources_ = {{"max_rss_bytes", ended.resources.max_rss_bytes},
                {"cpu_user_ms", ended.resources.cpu_user.count() / 1000},
                {"cpu_system_ms", ended.resources.cpu_system.count() / 1000},
                {"output_bytes", ended.output_bytes}};
  return conclude(ended);
}

sdk::RunResult ShellRun::conclude(const exec::Ended& ended) {
  switch (ended.cause) {
    case exec::EndCause::kCancelled:
      return cancelled();
    case exec::EndCause::kTimedOut:
      return failed(ASMGR_E_COMMAND_TIMEOUT, "the command did not end within " +
                                                 std::to_string(request_.timeout.count()) +
                                                 " ms and was ended; raise `timeout` if it needs longer");
    case exec::EndCause::kGuardLost:
      return failed(ASMGR_E_TOOL_EXECUTION_FAILED,
                    "somebody killed the guard process of the command, so its result is unknown");
    case exec::EndCause::kLimit:
      return failed(ASMGR_E_COMMAND_FAILED,
                    "the command was ended because " +
                        exec::limit_text(*ended.limit, config_.process_limits, config_.tree_limits) +
                        "; raise `limits." + limit_ + "` if it needs more");
    case exec::EndCause::kExited:
      break;
  }
  const auto& good = config_.success_exit_codes;
  if (std::find(good.begin(), good.end(), exit_code_) == good.end()) {
    return failed(ASMGR_E_COMMAND_FAILED, "the command ended with exit code " + std::to_string(exit_code_));
  }
  json::object data{{"tool_call_id", tool_call_id_}, {"tool_name", kToolName}, {"tool_output", tool_result()}};
  emit(ASMGR_EV_TOOL_CALL_COMPLETED, data);
  emit(ASMGR_EV_MESSAGE_RECEIVED, {{"content", stdout_}, {"role", "tool"}});
  return {ASMGR_FINISH_COMPLETED, result({{"stop_reason", "exit_code_" + std::to_string(exit_code_)}})};
}

sdk::RunResult ShellRun::failed(asmgr_status status, const std::string& message) {
  const std::string_view code = sdk::status_name(status);
  json::object details{{"exit_code", exit_code_}, {"stderr", tail(stderr_)}};
  if (!limit_.empty()) details["limit"] = limit_;
  emit(ASMGR_EV_TOOL_CALL_FAILED,
       {{"tool_call_id", tool_call_id_}, {"tool_name", kToolName}, {"tool_output", tool_result()}, {"is_error", true}});
  emit(ASMGR_EV_ERROR_OCCURRED, {{"error_code", code}, {"error_message", message}, {"details", details}});
  return {ASMGR_FINISH_FAILED,
          result({{"stop_reason", stop_reason()}, {"error", error_object(code, message, details)}})};
}

std::string ShellRun::stop_reason() const {
  if (timed_out_) return "timeout";
  return limit_.empty() ? "exit_code_" + std::to_string(exit_code_) : "limit_" + limit_;
}

sdk::RunResult ShellRun::cancelled() {
  if (!begun_) return {ASMGR_FINISH_CANCELLED, "{}"};
  json::object output = tool_result();
  output["error"] = "the run was cancelled while the command ran";
  emit(ASMGR_EV_TOOL_CALL_FAILED, {{"tool_call_id", tool_call_id_},
                                   {"tool_name", kToolName},
                                   {"tool_output", std::move(output)},
                                   {"is_error", true}});
  return {ASMGR_FINISH_CANCELLED, result({{"stop_reason", "cancelled"}})};
}

void ShellRun::stream(std::string text) {
  if (text.empty()) return;
  stdout_ += text;
  if (!stopped_) emit(ASMGR_EV_MESSAGE_STREAMED, {{"content", text}, {"delta", text}});
}

void ShellRun::emit(std::uint32_t type, const json::object& data) {
  if (stopped_) return;
  const std::string text = json::serialize(data);
  stopped_ = !run_.emit(sdk::event(type, text));
}

json::object ShellRun::tool_call() const {
  return {{"tool_call_id", tool_call_id_},
          {"tool_name", kToolName},
          {"tool_input", json::object{{"command", request_.command},
                                      {"args", json::array(request_.args.begin(), request_.args.end())},
                                      {"cwd", request_.cwd}}}};
}

json::object ShellRun::tool_result() const {
  json::object output{{"content", stdout_},
                      {"stderr", stderr_},
                      {"exit_code", exit_code_},
                      {"duration_ms", duration_ms_},
                      {"timed_out", timed_out_}};
  if (truncated_) output["truncated"] = true;
  if (!limit_.empty()) output["limit"] = limit_;
  if (!resources_.empty()) output["resources"] = resources_;
  return output;
}

std::string ShellRun::result(const json::object& extra) const {
  json::object output = tool_result();
  output["tool_calls"] = json::array();
  json::object result{{"output", std::move(output)}, {"token_usage", json::object()}};
  if (!resources_.empty()) result["provider_metadata"] = json::object{{"resources", resources_}};
  for (const auto& [key, value] : extra) result[key] = value;
  return json::serialize(result);
}

}  // namespace asmgr::shell

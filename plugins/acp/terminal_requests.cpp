#include "terminal_requests.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <cstring>
#include <utility>

#include "refusals.hpp"

namespace asmgr::acp {
namespace {

namespace json = boost::json;
using agent::text_at;

const json::object& terminal_parameters(const json_rpc::Request& request) {
  static const json::object kNone;
  const json::object* params = request.params.if_object();
  return params == nullptr ? kNone : *params;
}

std::string terminal_of(const json_rpc::Request& request) {
  return std::string(text_at(terminal_parameters(request), "terminalId"));
}

std::vector<std::string> arguments_of(const json::object& params) {
  std::vector<std::string> args;
  const json::array* list = agent::array_at(params, "args");
  if (list == nullptr) return args;
  for (const json::value& item : *list) {
    if (item.is_string()) args.emplace_back(item.get_string());
  }
  return args;
}

// The line that a shell is started for; empty for any other command.
std::string line_of_shell(const std::string& command, const std::vector<std::string>& args) {
  const std::string name = command.substr(command.rfind('/') + 1);
  const bool is_shell = name == "sh" || name == "bash" || name == "dash" || name == "zsh";
  if (!is_shell || args.size() != 2 || (args[0] != "-c" && args[0] != "-lc")) return {};
  return args[1];
}

// What an agent calls its command in a tool call: its words, as one line or a list, or the line for a shell.
bool is_this_command(const json::value& said, const std::string& text, const std::string& shell_line) {
  if (said.is_string()) {
    const std::string_view line = sdk::as_view(said.get_string());
    return line == text || (!shell_line.empty() && line == shell_line);
  }
  const json::array* words = said.if_array();
  if (words == nullptr) return false;
  std::string joined;
  for (const json::value& word : *words) {
    if (!word.is_string()) return false;
    joined += (joined.empty() ? "" : " ") + std::string(word.get_string());
  }
  return joined == text;
}

json::object exit_status(const TerminalState& state) {
  json::object status;
  status["exitCode"] = nullptr;
  status["signal"] = nullptr;
  if (!state.wait_status) return status;
  const int raw = *state.wait_status;
  if (WIFEXITED(raw)) status["exitCode"] = WEXITSTATUS(raw);
  if (WIFSIGNALED(raw)) {
    const char* name = sigabbrev_np(WTERMSIG(raw));
    status["signal"] = "SIG" + std::string(name == nullptr ? std::to_string(WTERMSIG(raw)) : name);
  }
  return status;
}

// The agent's keys are not for its commands.
std::vector<std::string> command_environment(const json::object& params) {
  std::vector<std::pair<std::string, std::string>> set;
  const json::array* list = agent::array_at(params, "env");
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const json::object* variable = (*list)[i].if_object();
    if (variable == nullptr) continue;
    const std::string name(text_at(*variable, "name"));
    if (name.empty() || name.find('=') != std::string::npos) continue;
    set.emplace_back(name, std::string(text_at(*variable, "value")));
  }
  return exec::environment(exec::common_environment_names(), set);
}

}  // namespace

TerminalRequests::TerminalRequests(json_rpc::Peer& peer, Turn& turn, Questions& questions, const Workspace& workspace,
                                   const std::string& cwd, const TerminalLimits& limits, Terminals::OnExit on_exit)
    : peer_(peer),
      turn_(turn),
      questions_(questions),
      workspace_(workspace),
      cwd_(cwd),
      terminals_(limits, std::move(on_exit)) {}

bool TerminalRequests::take(const json_rpc::Request& request) {
  const std::string& method = request.method;
  if (method == "terminal/create") return create(request), true;
  if (method == "terminal/output") return output(request), true;
  if (method == "terminal/wait_for_exit") return wait(request), true;
  if (method == "terminal/kill") return kill(request), true;
  if (method == "terminal/release") return release(request), true;
  return false;
}

void TerminalRequests::create(const json_rpc::Request& request) {
  const json::object& params = terminal_parameters(request);
  const std::string command(text_at(params, "command"));
  if (command.empty()) {
    return peer_.respond_error(request.id, invalid_parameters("terminal/create needs `command`"));
  }
  const std::string_view cwd = text_at(params, "cwd");
  const auto folder = workspace_.folder(cwd.empty() ? std::string_view(cwd_) : cwd);
  if (const auto* problem = std::get_if<FileProblem>(&folder)) {
    return peer_.respond_error(request.id, invalid_parameters("cwd: " + problem->message));
  }
  const std::vector<std::string> args = arguments_of(params);
  Wanted wanted;
  wanted.text = command;
  for (const std::string& argument : args) wanted.text += " " + argument;
  // A command without arguments may be a line for a shell.
  wanted.command.argv = args.empty() ? std::vector<std::string>{"/bin/sh", "-c", command} : args;
  if (!args.empty()) wanted.command.argv.insert(wanted.command.argv.begin(), command);
  wanted.command.cwd = std::get<std::string>(folder);
  wanted.command.env = command_environment(params);
  const std::int64_t limit = agent::integer_at(params, "outputByteLimit");
  wanted.command.output_bytes =
      limit <= 0 ? kMaxOutputBytes : std::min(static_cast<std::uint64_t>(limit), kMaxOutputBytes);
  const std::string shell_line = line_of_shell(command, args);
  // Variables can make another command of it, and nobody was asked about them.
  const json::array* variables = agent::array_at(params, "env");
  const bool permitted = (variables == nullptr || variables->empty()) && turn_.is_permitted([&](const ToolCall& call) {
    const json::object input = call.input();
    const json::value* said = input.if_contains("command");
    return said != nullptr && is_this_command(*said, wanted.text, shell_line);
  });
  if (variables != nullptr && !variables->empty()) wanted.variables = *variables;
  if (!permitted) return ask_and_create(request, wanted);
  static_cast<void>(start(request.id, wanted));
}

void TerminalRequests::ask_and_create(const json_rpc::Request& request, const Wanted& wanted) {
  json::object input;
  input["command"] = wanted.text;
  input["cwd"] = wanted.command.cwd;
  if (!wanted.variables.empty()) input["env"] = wanted.variables;
  json::object asked;
  asked["toolCallId"] = "terminal_" + std::to_string(next_call_++);
  asked["title"] = wanted.text;
  asked["kind"] = "execute";
  asked["rawInput"] = std::move(input);
  const ToolCall& call = turn_.asked(asked);
  const auto settle = [this, id = request.id, call_id = call.id, wanted](const sdk::Verdict& verdict) {
    if (verdict.cancelled) return peer_.respond_error(id, request_cancelled());
    const std::string refusal = refusal_of(verdict);
    if (!refusal.empty()) {
      turn_.denied(call_id, refusal);
      return peer_.respond_error(id, {json_rpc::kInternalError, "not permitted: " + refusal, nullptr});
    }
    turn_.own_call_started(call_id);
    const std::string terminal = start(id, wanted);
    if (!terminal.empty()) {
      own_calls_[terminal] = call_id;
      return;
    }
    json::object output;
    output["error"] = "the command could not be started";
    turn_.own_call_ended(call_id, output, true);
  };
  questions_.ask(request.id, call, settle);
}

// The id of the terminal; empty: there is none, and the agent was told so.
std::string TerminalRequests::start(const json::value& request_id, const Wanted& wanted) {
  const auto made = terminals_.create(wanted.command);
  if (const auto* error = std::get_if<exec::SpawnError>(&made)) {
    peer_.respond_error(request_id, {json_rpc::kInternalError, error->message, nullptr});
    return {};
  }
  const std::string id = std::get<std::string>(made);
  json::object result;
  result["terminalId"] = id;
  peer_.respond(request_id, std::move(result));
  return id;
}

void TerminalRequests::output(const json_rpc::Request& request) {
  const std::string id = terminal_of(request);
  const auto state = terminals_.look(id);
  if (!state) return no_such_terminal(request.id, id);
  json::object result;
  result["output"] = state->output;
  result["truncated"] = state->truncated;
  if (state->over) result["exitStatus"] = exit_status(*state);
  peer_.respond(request.id, std::move(result));
}

void TerminalRequests::wait(const json_rpc::Request& request) {
  const std::string id = terminal_of(request);
  const auto state = terminals_.look(id);
  if (!state) return no_such_terminal(request.id, id);
  if (state->over) return peer_.respond(request.id, exit_status(*state));
  waiting_.emplace(id, request.id);
}

void TerminalRequests::kill(const json_rpc::Request& request) {
  const std::string id = terminal_of(request);
  if (!terminals_.kill(id)) return no_such_terminal(request.id, id);
  peer_.respond(request.id, json::object());
}

void TerminalRequests::release(const json_rpc::Request& request) {
  const std::string id = terminal_of(request);
  auto state = terminals_.look(id);
  if (!state) return no_such_terminal(request.id, id);
  terminals_.release(id);
  // Whoever waits for the exit of what is gone would wait for ever.
  const auto [first, last] = waiting_.equal_range(id);
  for (auto it = first; it != last; ++it) peer_.respond(it->second, exit_status(*state));
  waiting_.erase(first, last);
  end_own_call(id, *state);
  peer_.respond(request.id, json::object());
}

void TerminalRequests::exited(const std::string& id) {
  const auto state = terminals_.look(id);
  if (!state) return;
  const auto [first, last] = waiting_.equal_range(id);
  for (auto it = first; it != last; ++it) peer_.respond(it->second, exit_status(*state));
  waiting_.erase(first, last);
  end_own_call(id, *state);
}

void TerminalRequests::end_own_call(const std::string& terminal_id, const TerminalState& state) {
  const auto own = own_calls_.find(terminal_id);
  if (own == own_calls_.end()) return;
  json::object output;
  output["content"] = state.output;
  output["exit_code"] = nullptr;
  if (state.wait_status) output["exit_code"] = exec::exit_code(*state.wait_status);
  const bool failed = !state.wait_status || exec::exit_code(*state.wait_status) != 0;
  turn_.own_call_ended(own->second, output, failed);
  own_calls_.erase(own);
}

void TerminalRequests::no_such_terminal(const json::value& request_id, const std::string& terminal_id) {
  peer_.respond_error(request_id,
                      {kResourceNotFound, "Resource not found: there is no terminal '" + terminal_id + "'", nullptr});
}

}  // namespace asmgr::acp

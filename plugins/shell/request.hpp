// What a run's input asks for.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "config.hpp"

namespace asmgr::shell {

struct Request {
  enum class Form {
    kText,     // `command` is a command line for the shell
    kProgram,  // `command` is a program, `args` its arguments
  };
  Form form = Form::kText;
  std::string command;
  std::vector<std::string> args;
  std::string cwd;  // absolute, existing
  Environment env;  // over the configured one
  std::chrono::milliseconds timeout{0};
};

// Reads the "input" of a run document: a string, {"prompt"}, {"messages"}, or {"command", "args"?, "cwd"?, "env"?,
// "timeout_ms"?, "streaming"?}. Throws sdk::StatusError (VALIDATION, MISSING_FIELD).
[[nodiscard]] Request read_request(std::string_view run_doc_json, const Config& config);

// Replaces the command by what a person made of the tool call's input. Throws likewise.
void apply_edit(Request& request, std::string_view edited_input_json);

// What is executed, or why not. Throws sdk::StatusError (POLICY_VIOLATION) when a command list forbids it.
[[nodiscard]] std::vector<std::string> resolve_argv(const Request& request, const Config& config);

// The environment of the command, "NAME=value".
[[nodiscard]] std::vector<std::string> command_environment(const Request& request, const Config& config);

}  // namespace asmgr::shell

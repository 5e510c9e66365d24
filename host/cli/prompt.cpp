#include "host/cli/prompt.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/model/json.hpp"
#include "host/cli/command.hpp"

namespace asmgr::cli {
namespace {

Result<std::string> read_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return usage_error("--input: '" + path + "' cannot be opened: " + std::strerror(errno));
  }
  auto text = read_all(file, kMaxInputBytes, "--input '" + path + "'");
  ::close(file);
  return text;
}

Result<boost::json::value> read_input_file(const PromptSource& source) {
  auto text = source.input_file == "-" ? read_all(source.standard_input, kMaxInputBytes, "standard input")
                                       : read_file(source.input_file);
  if (text.has_error()) return text.error();
  auto parsed = parse_json(*text, "--input " + source.input_file);
  if (parsed.has_error()) return usage_error(parsed.error().message());
  return parsed;
}

boost::json::value user_message(std::string_view prompt) {
  boost::json::object message;
  message["role"] = "user";
  message["content"] = prompt;
  boost::json::object input;
  input["messages"] = boost::json::array{std::move(message)};
  return input;
}

Result<std::string> read_prompt(const PromptSource& source) {
  if (source.argument && *source.argument != "-") return *source.argument;
  if (!source.argument && ::isatty(source.standard_input) == 1) {
    return Error(ErrorCode::missing_required_field,
                 "there is no prompt: give it as an argument, with - on standard input, or as JSON with --input FILE");
  }
  auto text = read_all(source.standard_input, kMaxInputBytes, "standard input");
  if (text.has_value() && !text->empty() && text->back() == '\n') {
    text->pop_back();
    if (!text->empty() && text->back() == '\r') text->pop_back();
  }
  return text;
}

}  // namespace

Result<std::string> read_all(int descriptor, std::size_t limit, std::string_view what) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return usage_error(std::string(what) + " cannot be read: " + std::strerror(errno));
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > limit) {
      return usage_error(std::string(what) + " is longer than " + std::to_string(limit / (1024 * 1024)) +
                         " MiB; put long material into files the agent can read");
    }
  }
}

Result<boost::json::value> read_run_input(const PromptSource& source) {
  if (!source.input_file.empty()) {
    if (source.argument) return usage_error("a prompt and --input exclude each other: give one of them");
    return read_input_file(source);
  }
  auto prompt = read_prompt(source);
  if (prompt.has_error()) return prompt.error();
  if (prompt->find_first_not_of(" \t\r\n") == std::string::npos) {
    return usage_error("the prompt is empty: give it as an argument, with - on standard input, or with --input FILE");
  }
  if (!is_valid_utf8(*prompt)) {
    return usage_error("the prompt is not UTF-8; convert it, e.g. with iconv -t UTF-8");
  }
  return user_message(*prompt);
}

}  // namespace asmgr::cli

#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>

#include <sys/wait.h>
#include <algorithm>
#include <cctype>
#include <utility>

namespace asmgr::agent {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownStderr = 16 * 1024;
constexpr std::size_t kShortestSecret = 6;  // anything shorter would blot out half of what is said

std::string without_secrets(std::string text, const AgentConfig& config) {
  for (const auto& variable : config.env) {
    const std::string& secret = variable.second;
    if (secret.size() < kShortestSecret) continue;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
      text.replace(at, secret.size(), "[hidden]");
      at += 8;
    }
  }
  return text;
}

std::string valid_text(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = sdk::detail::utf8_length(bytes);
    if (length == 0) {
      text += "\xEF\xBF\xBD";
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

// Without the colours of a terminal: ESC [ ... letter.
std::string without_colours(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t escape = text.find("\x1b[");
    out += text.substr(0, escape);
    if (escape == std::string_view::npos) break;
    text.remove_prefix(escape + 2);
    const std::size_t end = text.find_first_not_of("0123456789;");
    text.remove_prefix(std::min(text.size(), end == std::string_view::npos ? end : end + 1));
  }
  return out;
}

bool begins_with(std::string_view line, std::string_view word) {
  if (line.size() < word.size()) return false;
  return std::equal(word.begin(), word.end(), line.begin(), [](char expected, char found) {
    return expected == static_cast<char>(std::tolower(static_cast<unsigned char>(found)));
  });
}

// The line that says most: the first that calls itself an error, else the first that is no warning.
std::string telling_line(std::string_view text) {
  constexpr std::size_t kLongest = 400;
  std::string_view best;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, std::min(end, kLongest));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (begins_with(line, "error")) return std::string(line);
    const bool blank = line.find_first_not_of(" \t") == std::string_view::npos;
    if (best.empty() && !blank && !begins_with(line, "warning")) best = line;
  }
  return std::string(best);
}

struct Reason {
  asmgr_status status = ASMGR_E_PROVIDER;
  std::string_view kind = "transport_exit";
  std::string message;
};

Reason not_started(const AgentEnd& end, const AgentProgram& program, const AgentConfig& config) {
  const std::string command = config.command.empty() ? std::string() : config.command.front();
  const bool missing = end.spawn_error && end.spawn_error->step == exec::SpawnStep::kCommandNotFound;
  if (missing) {
    return {ASMGR_E_PROVIDER_UNAVAILABLE, "cli_not_found",
            std::string(program.title) + " is not installed: '" + command + "' was not found; install it with `" +
                std::string(program.install) + "`, or name it in the provider's `command`"};
  }
  const bool our_folder = end.spawn_error && end.spawn_error->step == exec::SpawnStep::kWorkingDirectory;
  return {our_folder ? ASMGR_E_VALIDATION : ASMGR_E_PROVIDER, "process_error",
          std::string(program.title) + " could not be started: " + end.message};
}

Reason exited_early(const AgentEnd& end, const AgentProgram& program, const std::string& said) {
  const std::string title(program.title);
  const int status = end.wait_status.value_or(0);
  std::string how = "ended before its answer was complete";
  if (end.wait_status && WIFSIGNALED(status)) {
    how = "was killed by signal " + std::to_string(WTERMSIG(status)) + " before its answer was complete";
  } else if (end.wait_status && exec::exit_code(status) != 0) {
    how += ", with exit code " + std::to_string(exec::exit_code(status));
  }
  // What a program wrote that thought all was well explains nothing.
  const bool complained = end.wait_status && exec::exit_code(status) != 0;
  const std::string why = complained ? telling_line(said) : std::string();
  return {ASMGR_E_PROVIDER, "transport_exit", title + " " + how + (why.empty() ? "" : ": " + why)};
}

Reason reason_of(const AgentEnd& end, const AgentProgram& program, const AgentConfig& config, const std::string& said) {
  const std::string title(program.title);
  switch (end.cause) {
    case AgentEndCause::kNotStarted:
      return not_started(end, program, config);
    case AgentEndCause::kNoFirstLine:
    case AgentEndCause::kIdle:
    case AgentEndCause::kTotal:
      return {ASMGR_E_PROVIDER_TIMEOUT, "timeout",
              title + " was ended: " + end.message + "; raise the provider's `timeouts` if it needs longer"};
    case AgentEndCause::kLineTooLong:
    case AgentEndCause::kReadsNoInput:
    case AgentEndCause::kStopped:
      return {ASMGR_E_PROVIDER, "protocol_error", title + " was ended: " + end.message};
    case AgentEndCause::kLimit:
      return {ASMGR_E_PROVIDER, "resource_limit",
              title + " was ended because " + end.message + "; raise the provider's `limits." +
                  (end.limit ? std::string(exec::limit_name(*end.limit)) : std::string()) + "` if it needs more"};
    case AgentEndCause::kGuardLost:
      return {ASMGR_E_PROVIDER, "process_error", title + " is gone: " + end.message};
    case AgentEndCause::kCancelled:
      return {ASMGR_E_CANCELLED, "process_error", "the run was cancelled"};
    case AgentEndCause::kExited:
      break;
  }
  return exited_early(end, program, said);
}

}  // namespace

json::object provider_error(const AgentProgram& program, std::string_view kind, std::string_view message) {
  json::object error;
  error["provider"] = sdk::as_json(program.provider);
  error["kind"] = sdk::as_json(kind);
  error["message"] = sdk::as_json(message);
  return error;
}

json::object error_object(asmgr_status status, std::string_view message, json::object provider_error) {
  json::object error;
  error["code"] = sdk::as_json(sdk::status_name(status));
  error["message"] = sdk::as_json(message);
  error["details"] = json::object();
  error["provider_error"] = std::move(provider_error);
  return error;
}

json::object error_of(const AgentEnd& end, const AgentProgram& program, const AgentConfig& config) {
  const std::string said = stderr_text(end, config);
  const Reason reason = reason_of(end, program, config, said);
  json::object nested = provider_error(program, reason.kind, reason.message);
  if (end.wait_status) nested["exit_code"] = exec::exit_code(*end.wait_status);
  if (!said.empty()) nested["stderr"] = said;
  if (end.stderr_cut || end.stderr_tail.size() > kShownStderr) nested["truncated?"] = true;
  return error_object(reason.status, reason.message, std::move(nested));
}

void add_resources(json::object& result, const AgentEnd& end) {
  if (!end.resources) return;
  json::object resources;
  resources["max_rss_bytes"] = end.resources->max_rss_bytes;
  resources["cpu_user_ms"] = end.resources->cpu_user.count() / 1000;
  resources["cpu_system_ms"] = end.resources->cpu_system.count() / 1000;
  resources["output_bytes"] = end.output_bytes;
  if (end.limit) resources["limit"] = sdk::as_json(exec::limit_name(*end.limit));
  json::object metadata;
  metadata["resources"] = std::move(resources);
  result["provider_metadata"] = std::move(metadata);
}

asmgr_status status_of_http(std::int64_t http_status) noexcept {
  switch (http_status) {
    case 401:
    case 403:
      return ASMGR_E_PROVIDER_AUTH;
    case 402:
      return ASMGR_E_PROVIDER_QUOTA;
    case 408:
    case 504:
      return ASMGR_E_PROVIDER_TIMEOUT;
    case 429:
      return ASMGR_E_PROVIDER_RATE_LIMITED;
    default:
      return http_status >= 500 && http_status < 600 ? ASMGR_E_PROVIDER_UNAVAILABLE : ASMGR_E_PROVIDER;
  }
}

std::string stderr_text(const AgentEnd& end, const AgentConfig& config) {
  std::string text = without_secrets(without_colours(valid_text(end.stderr_tail)), config);
  if (text.size() <= kShownStderr) return text;
  std::size_t from = text.size() - kShownStderr;
  while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U) ++from;
  return text.substr(from);
}

}  // namespace asmgr::agent

#include "codex_errors.hpp"

#include <cstdlib>
#include <optional>
#include <string>

namespace asmgr::codex {
namespace {

namespace json = boost::json;
using agent::integer_at;
using agent::text_at;

std::optional<asmgr_status> status_of_name(std::string_view name) {
  if (name == "unauthorized") return ASMGR_E_PROVIDER_AUTH;
  if (name == "usageLimitExceeded" || name == "sessionBudgetExceeded") return ASMGR_E_PROVIDER_QUOTA;
  if (name == "serverOverloaded" || name == "internalServerError" || name == "httpConnectionFailed" ||
      name == "responseStreamConnectionFailed" || name == "responseStreamDisconnected" ||
      name == "responseTooManyFailedAttempts") {
    return ASMGR_E_PROVIDER_UNAVAILABLE;
  }
  return std::nullopt;
}

// "unexpected status 401 Unauthorized: ...", "exceeded retry limit, last status: 429 ...": where nothing else tells.
std::int64_t http_status_in(std::string_view message) {
  for (const std::string_view before : {"unexpected status ", "last status: "}) {
    const std::size_t at = message.find(before);
    if (at == std::string_view::npos) continue;
    return std::strtoll(std::string(message.substr(at + before.size(), 3)).c_str(), nullptr, 10);
  }
  return 0;
}

void take_info(const json::value& info, CodexError& read) {
  std::string_view name;
  if (info.is_string()) {
    name = std::string_view(info.get_string().data(), info.get_string().size());
  } else if (info.is_object() && !info.get_object().empty()) {
    const auto& entry = *info.get_object().begin();
    name = std::string_view(entry.key().data(), entry.key().size());
    if (entry.value().is_object()) read.http_status = integer_at(entry.value().get_object(), "httpStatusCode");
  }
  if (const auto status = status_of_name(name)) read.status = *status;
}

}  // namespace

CodexError read_error(const json::object& error) {
  CodexError read;
  read.message = text_at(error, "message");
  if (read.message.empty()) read.message = "no reason was given";
  if (const json::value* info = error.if_contains("codexErrorInfo")) take_info(*info, read);
  if (read.http_status == 0) read.http_status = http_status_in(read.message);
  if (read.http_status != 0) read.status = agent::status_of_http(read.http_status);
  const auto says = [&](const char* words) { return read.message.find(words) != std::string::npos; };
  const bool passing = says("stream disconnected") || says("experiencing high demand");
  if (read.status == ASMGR_E_PROVIDER && passing) read.status = ASMGR_E_PROVIDER_UNAVAILABLE;
  if (read.http_status == 429) read.kind = "rate_limit";
  return read;
}

json::object CodexError::provider_error() const {
  json::object out = agent::provider_error(kCodex, kind, message);
  if (http_status != 0) out["status"] = http_status;
  return out;
}

json::object CodexError::as_result() const {
  return agent::error_object(status, "Codex failed: " + message, provider_error());
}

}  // namespace asmgr::codex

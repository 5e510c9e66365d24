#include "agent_failure.hpp"

#include <algorithm>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <cctype>
#include <charconv>
#include <utility>

#include "refusals.hpp"

namespace asmgr::acp {
namespace {

namespace json = boost::json;

constexpr std::int64_t kAuthRequired = -32000;

// The agent's own words beyond the message, where it has some.
std::string said_in_data(const json_rpc::Error& error) {
  if (const json::string* text = error.data.if_string()) return std::string(*text);
  const json::object* data = error.data.if_object();
  if (data == nullptr) return {};
  for (const std::string_view key : {"details", "message", "error"}) {
    const std::string_view text = agent::text_at(*data, key);
    if (!text.empty()) return std::string(text);
  }
  return {};
}

std::string words_of(const json_rpc::Error& error) {
  std::string words = error.message;
  const std::string more = said_in_data(error);
  if (!more.empty() && words.find(more) == std::string::npos) words += (words.empty() ? "" : ": ") + more;
  return words.empty() ? "it gave no reason" : words;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

asmgr_status status_of_kind(std::string_view kind) {
  if (kind == "rate_limit") return ASMGR_E_PROVIDER_RATE_LIMITED;
  if (kind == "authentication_failed" || kind == "oauth_org_not_allowed") return ASMGR_E_PROVIDER_AUTH;
  if (kind == "billing_error") return ASMGR_E_PROVIDER_QUOTA;
  if (kind == "server_error" || kind == "overloaded") return ASMGR_E_PROVIDER_UNAVAILABLE;
  return ASMGR_E_PROVIDER;
}

// What Codex's agent says of why its model's service refused.
struct CodexReason {
  asmgr_status status = ASMGR_E_PROVIDER;
  std::int64_t http_status = 0;  // 0: it does not tell
};

asmgr_status status_of_codex_name(std::string_view name) {
  if (name == "unauthorized") return ASMGR_E_PROVIDER_AUTH;
  if (name == "usage_limit_exceeded") return ASMGR_E_PROVIDER_QUOTA;
  for (const std::string_view passing :
       {"server_overloaded", "internal_server_error", "http_connection_failed", "response_stream_connection_failed",
        "response_stream_disconnected", "response_too_many_failed_attempts"}) {
    if (name == passing) return ASMGR_E_PROVIDER_UNAVAILABLE;
  }
  return ASMGR_E_PROVIDER;
}

// "unexpected status 401 Unauthorized: ...": all it says where its own name for the reason is "other".
std::int64_t http_status_in(std::string_view words) {
  constexpr std::string_view kBefore = "unexpected status ";
  const std::size_t at = words.find(kBefore);
  if (at == std::string_view::npos) return 0;
  std::int64_t status = 0;
  const std::string_view digits = words.substr(at + kBefore.size(), 3);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), status);
  return read.ec == std::errc() && status >= 400 && status < 600 ? status : 0;
}

// `info` is a name, or an object of one name whose value may hold the HTTP status.
CodexReason codex_reason(const json::value& info, std::string_view words) {
  CodexReason reason;
  if (info.is_string()) reason.status = status_of_codex_name(sdk::as_view(info.get_string()));
  if (info.is_object() && !info.get_object().empty()) {
    const auto& entry = *info.get_object().begin();
    reason.status = status_of_codex_name(sdk::as_view(entry.key()));
    if (entry.value().is_object()) {
      reason.http_status = agent::integer_at(entry.value().get_object(), "http_status_code");
    }
  }
  if (reason.http_status == 0) reason.http_status = http_status_in(words);
  if (reason.http_status != 0) reason.status = agent::status_of_http(reason.http_status);
  return reason;
}

std::string names_of(const json::array& auth_methods) {
  std::string names;
  for (const json::value& method : auth_methods) {
    const json::object* object = method.if_object();
    if (object == nullptr) continue;
    names += (names.empty() ? "" : ", ") + std::string(agent::text_at(*object, "id"));
  }
  return names;
}

Failure authentication_failure(const json_rpc::Error& error, const json::array& auth_methods) {
  const std::string names = names_of(auth_methods);
  Failure failure;
  failure.status = ASMGR_E_PROVIDER_AUTH;
  failure.kind = "authentication_required";
  failure.message = "the agent wants to be authenticated first (" + words_of(error) + "); ";
  failure.message += names.empty() ? "log in with the agent's own program"
                                   : "log in with the agent's own program, or set `auth_method` to one of: " + names;
  failure.details["auth_methods"] = auth_methods;
  return failure;
}

}  // namespace

bool is_unknown_session(const json_rpc::Error& error) {
  if (error.code == kResourceNotFound) return true;
  const std::string words = lower(words_of(error));
  return words.find("session") != std::string::npos &&
         (words.find("not found") != std::string::npos || words.find("unknown session") != std::string::npos ||
          words.find("no session") != std::string::npos || words.find("invalid session") != std::string::npos);
}

Failure failure_of(const json_rpc::Error& error, std::string_view doing, const json::array& auth_methods) {
  if (error.code == kAuthRequired) return authentication_failure(error, auth_methods);
  Failure failure;
  failure.kind = "agent_error";
  failure.message = "the agent failed " + std::string(doing) + ": " + words_of(error);
  failure.details["rpc_code"] = error.code;
  if (!error.data.is_null()) failure.details["rpc_data"] = error.data;
  // Some agents put the status of their model's service there.
  const bool is_http = error.code >= 400 && error.code < 600;
  if (is_http) failure.status = agent::status_of_http(error.code);
  if (is_http) failure.http_status = error.code;
  if (is_unknown_session(error)) {
    failure.kind = "unknown_session";
    failure.message +=
        "; the agent does not have this session (any more): continue by the transcript "
        "(continuation: replay), or begin a new session";
  }
  const json::object* data = error.data.if_object();
  const std::string_view said_kind = data == nullptr ? std::string_view() : agent::text_at(*data, "errorKind");
  if (!is_http && !said_kind.empty()) failure.status = status_of_kind(said_kind);
  if (!said_kind.empty()) failure.kind = said_kind;
  if (const json::value* info = data == nullptr ? nullptr : data->if_contains("codex_error_info")) {
    const CodexReason reason = codex_reason(*info, words_of(error));
    failure.status = reason.status;
    failure.http_status = reason.http_status;
    if (reason.http_status == 429) failure.kind = "rate_limit";
  }
  return failure;
}

Failure broken_protocol(std::string message) {
  Failure failure;
  failure.kind = "protocol_error";
  failure.message = std::move(message);
  return failure;
}

}  // namespace asmgr::acp

#include "core/model/approval.hpp"

#include <array>
#include <utility>

#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

constexpr std::array<std::pair<ApprovalStatus, std::string_view>, 5> kStatusNames{
    std::pair{ApprovalStatus::pending, std::string_view("pending")},
    {ApprovalStatus::granted, "granted"},
    {ApprovalStatus::denied, "denied"},
    {ApprovalStatus::expired, "expired"},
    {ApprovalStatus::cancelled, "cancelled"}};

constexpr std::array<std::pair<ApprovalScope, std::string_view>, 4> kScopeNames{
    std::pair{ApprovalScope::once, std::string_view("once")},
    {ApprovalScope::input, "input"},
    {ApprovalScope::tool, "tool"},
    {ApprovalScope::policy, "policy"}};

template <typename Names, typename Value>
std::string_view name_in(const Names& names, Value value) noexcept {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return names.front().second;
}

template <typename Value, std::size_t N>
std::optional<Value> value_in(const std::array<std::pair<Value, std::string_view>, N>& names,
                              std::string_view name) noexcept {
  for (const auto& [value, known] : names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

Result<void> read_question(const ObjectReader& in, Approval& approval) {
  auto id = in.required_id("id");
  if (!id) return id.error();
  auto session_id = in.required_id("session_id");
  if (!session_id) return session_id.error();
  auto tool_name = in.required_string("tool_name");
  if (!tool_name) return tool_name.error();
  auto tool_input = in.optional_object("tool_input");
  if (!tool_input) return tool_input.error();
  approval.id = *id;
  approval.session_id = *session_id;
  approval.tool_name = *tool_name;
  approval.tool_input = std::move(*tool_input);
  const std::pair<std::string_view, std::string*> texts[] = {{"run_id", &approval.run_id},
                                                             {"tool_call_id", &approval.tool_call_id},
                                                             {"policy_name", &approval.policy_name},
                                                             {"violation_kind", &approval.violation_kind},
                                                             {"message", &approval.message},
                                                             {"decided_by", &approval.decided_by},
                                                             {"reason", &approval.reason}};
  for (const auto& [key, text] : texts) {
    auto given = in.optional_string(key);
    if (!given) return given.error();
    *text = *given;
  }
  return {};
}

Result<void> read_decision(const ObjectReader& in, Approval& approval) {
  auto status = in.required_string("status");
  if (!status) return status.error();
  const auto known = parse_approval_status(*status);
  if (!known) {
    return Error(ErrorCode::invalid_status, "cannot read approval: there is no status '" + std::string(*status) + "'");
  }
  auto scope = in.optional_string("scope");
  if (!scope) return scope.error();
  const auto reach = scope->empty() ? ApprovalScope::once : parse_approval_scope(*scope);
  if (!reach) return in.mismatch("scope", "once, input, tool or policy");
  auto edited = in.optional_bool("edited");
  if (!edited) return edited.error();
  approval.status = *known;
  approval.scope = *reach;
  approval.edited = edited->value_or(false);
  auto requested_at = in.required_time("requested_at");
  if (!requested_at) return requested_at.error();
  approval.requested_at = *requested_at;
  const std::pair<std::string_view, Timestamp*> times[] = {{"expires_at", &approval.expires_at},
                                                           {"decided_at", &approval.decided_at},
                                                           {"remembered_until", &approval.remembered_until}};
  for (const auto& [key, time] : times) {
    auto given = in.optional_time(key);
    if (!given) return given.error();
    *time = *given;
  }
  return {};
}

}  // namespace

std::string_view status_name(ApprovalStatus status) noexcept {
  return name_in(kStatusNames, status);
}
std::optional<ApprovalStatus> parse_approval_status(std::string_view name) noexcept {
  return value_in(kStatusNames, name);
}
std::string_view scope_name(ApprovalScope scope) noexcept {
  return name_in(kScopeNames, scope);
}
std::optional<ApprovalScope> parse_approval_scope(std::string_view name) noexcept {
  return value_in(kScopeNames, name);
}

boost::json::object to_json(const Approval& approval) {
  boost::json::object json;
  json.reserve(18);
  json["id"] = approval.id;
  json["session_id"] = approval.session_id;
  json["run_id"] = text_or_null(approval.run_id);
  json["status"] = status_name(approval.status);
  json["tool_name"] = approval.tool_name;
  json["tool_call_id"] = text_or_null(approval.tool_call_id);
  json["tool_input"] = approval.tool_input;
  json["policy_name"] = text_or_null(approval.policy_name);
  json["violation_kind"] = text_or_null(approval.violation_kind);
  json["message"] = text_or_null(approval.message);
  json["requested_at"] = time_or_null(approval.requested_at);
  json["expires_at"] = time_or_null(approval.expires_at);
  json["decided_at"] = time_or_null(approval.decided_at);
  json["decided_by"] = text_or_null(approval.decided_by);
  json["reason"] = text_or_null(approval.reason);
  json["edited"] = approval.edited;
  json["scope"] = scope_name(approval.scope);
  json["remembered_until"] = time_or_null(approval.remembered_until);
  return json;
}

Result<Approval> approval_from_json(const boost::json::value& json) {
  auto in = ObjectReader::open(json, "approval", ErrorCode::validation_error);
  if (!in) return in.error();
  Approval approval;
  if (auto question = read_question(*in, approval); !question) return question.error();
  if (auto decision = read_decision(*in, approval); !decision) return decision.error();
  return approval;
}

}  // namespace asmgr

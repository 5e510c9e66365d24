#include "core/engine/approval_events.hpp"

#include "core/model/json.hpp"

namespace asmgr {
namespace {

std::string reason_of(const Approval& decided) {
  if (!decided.reason.empty()) return decided.reason;
  if (decided.status == ApprovalStatus::expired) return "expired";
  if (decided.status == ApprovalStatus::cancelled) return "run_cancelled";
  return {};
}

boost::json::object names_of_call(const Approval& approval) {
  boost::json::object data;
  data["approval_id"] = approval.id;
  data["tool_name"] = approval.tool_name;
  data["tool_call_id"] = approval.tool_call_id;
  return data;
}

}  // namespace

ApprovalRecord ask_about(const Question& question, const EventNames& names, const std::string& tenant,
                         const Redactor* redactor, Timestamp now) {
  ApprovalRecord asked;
  asked.tenant = tenant;
  asked.input_digest = digest_of_input(question.id, question.request.tool_input);
  Approval& approval = asked.approval;
  approval.id = question.id;
  approval.session_id = names.session_id;
  approval.run_id = names.run_id;
  approval.tool_name = question.request.tool_name;
  approval.tool_call_id = question.request.tool_call_id;
  approval.tool_input = question.request.tool_input;
  if (redactor != nullptr) redactor->redact_json(approval.tool_input);
  approval.policy_name = question.request.policy_name;
  approval.violation_kind = question.request.violation_kind;
  approval.message = redactor == nullptr ? question.message : redactor->redact_text(question.message).text;
  approval.requested_at = now;
  approval.expires_at = Timestamp{now.us + std::chrono::microseconds(question.timeout).count()};
  return asked;
}

void stage_question(UnitWriter& writer, const ApprovalRecord& asked, const std::shared_ptr<const EventNames>& names) {
  const Approval& approval = asked.approval;
  boost::json::object data = names_of_call(approval);
  data["tool_input"] = approval.tool_input;
  data["policy_name"] = approval.policy_name;
  data["violation_kind"] = approval.violation_kind;
  data["expires_at"] = time_or_null(approval.expires_at);
  writer.stage(EventType::tool_approval_requested, data, names);
  if (approval.status == ApprovalStatus::pending) writer.stage_record(write_of(asked));
}

void stage_answer(UnitWriter& writer, const ApprovalRecord& decided, const std::shared_ptr<const EventNames>& names) {
  const Approval& approval = decided.approval;
  const bool granted = approval.status == ApprovalStatus::granted;
  boost::json::object data = names_of_call(approval);
  if (!approval.decided_by.empty()) data["decided_by"] = approval.decided_by;
  if (const std::string reason = reason_of(approval); !reason.empty()) data["reason"] = reason;
  if (approval.edited) data["edited"] = true;
  if (approval.scope != ApprovalScope::once) data["scope"] = scope_name(approval.scope);
  if (approval.remembered_until.is_set()) data["remembered_until"] = time_or_null(approval.remembered_until);
  writer.stage(granted ? EventType::tool_approval_granted : EventType::tool_approval_denied, data, names);
  writer.stage_record(settlement_of(decided));
}

std::string told_of(const ApprovalRecord& decided) {
  const Approval& approval = decided.approval;
  const std::string call = "The call of the tool '" + approval.tool_name + "'";
  if (approval.status == ApprovalStatus::granted) {
    std::string text = call + " that waited for approval was approved. It has not run yet: make ";
    text += decided.edited_input ? "it with this input instead to run it: " + to_text(*decided.edited_input)
                                 : std::string("the same call again to run it.");
    return text;
  }
  if (approval.status == ApprovalStatus::expired) {
    return call + " was not approved in time, so it did not run. Go on without it.";
  }
  std::string text = call + " was not approved, so it did not run";
  if (!approval.reason.empty()) text += ": " + approval.reason;
  return text + ". Go on without it.";
}

}  // namespace asmgr

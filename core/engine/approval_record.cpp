#include "core/engine/approval_record.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <limits>

#include "core/model/hash_chain.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr Timestamp kAnyDueTime{std::numeric_limits<std::int64_t>::max()};

boost::json::value in_order_of_names(const boost::json::value& value) {
  if (const auto* list = value.if_array()) {
    boost::json::array ordered;
    for (const boost::json::value& item : *list) ordered.push_back(in_order_of_names(item));
    return ordered;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return value;
  std::vector<std::string_view> names;
  for (const auto& member : *object) names.push_back(member.key());
  std::sort(names.begin(), names.end());
  boost::json::object ordered;
  for (const std::string_view name : names) ordered[name] = in_order_of_names(object->at(name));
  return ordered;
}

// When somebody has to look at it: at its end of time, at once when it is decided, never once it is settled.
Timestamp due_time_of(const ApprovalRecord& approval) {
  if (approval.settled) return {};
  if (approval.approval.status != ApprovalStatus::pending) return approval.approval.decided_at;
  return approval.approval.expires_at;
}

std::string body_of(const ApprovalRecord& approval) {
  boost::json::object body;
  body["approval"] = to_json(approval.approval);
  body["settled"] = approval.settled;
  body["input_digest"] = approval.input_digest;
  if (!approval.settled) {
    if (approval.edited_input) body["edited_input"] = *approval.edited_input;
    if (approval.call_input) body["call_input"] = *approval.call_input;
    if (approval.run_input) body["run_input"] = *approval.run_input;
    if (approval.plan) body["plan"] = *approval.plan;
  }
  return to_text(body);
}

Result<std::vector<ApprovalRecord>> read_all(Store& store, RecordQuery query) {
  query.kind = record_kind::kApproval;
  std::vector<ApprovalRecord> found;
  while (true) {
    auto page = store.list_records(query);
    if (!page) return page.error();
    for (const Record& record : *page) {
      if (auto approval = read_approval(record)) found.push_back(std::move(*approval));
    }
    if (page->size() < query.limit) return found;
    query.after_id = page->back().id;
  }
}

}  // namespace

bool ApprovalRecord::is_same_call(std::string_view tool, const boost::json::object& input) const {
  if (tool != approval.tool_name) return false;
  const std::string digest = digest_of_input(approval.id, input);
  return digest == input_digest || (edited_input && digest == digest_of_input(approval.id, *edited_input));
}

std::optional<boost::json::object> ApprovalRecord::input_as_asked() const {
  if (call_input) return call_input;
  if (digest_of_input(approval.id, approval.tool_input) != input_digest) return std::nullopt;
  return approval.tool_input;
}

bool ApprovalRecord::covers(std::string_view policy, std::string_view tool, const boost::json::object& input,
                            Timestamp now) const {
  if (approval.policy_name != policy) return false;
  if (approval.remembered_until.is_set() && approval.remembered_until <= now) return false;
  switch (approval.scope) {
    case ApprovalScope::once:
      return false;
    case ApprovalScope::input:
      return is_same_call(tool, input);
    case ApprovalScope::tool:
      return approval.tool_name == tool;
    case ApprovalScope::policy:
      return true;
  }
  return false;
}

std::string digest_of_input(std::string_view approval_id, const boost::json::object& input) {
  const std::string text = std::string(approval_id) + '\n' + to_text(in_order_of_names(boost::json::value(input)));
  Hash hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return to_hex(hash);
}

RecordWrite write_of(const ApprovalRecord& approval) {
  Record record;
  record.kind = record_kind::kApproval;
  record.id = approval.approval.id;
  record.tenant = approval.tenant;
  record.session_id = approval.approval.session_id;
  record.version = approval.version + 1;
  record.status = status_name(approval.approval.status);
  record.due_at = due_time_of(approval);
  record.body = body_of(approval);
  return RecordWrite{std::move(record), approval.version, RecordWrite::Kind::put, 0, 0};
}

RecordWrite settlement_of(ApprovalRecord approval) {
  approval.settled = true;
  RecordWrite write = write_of(approval);
  write.expected_version = kVersionAny;
  return write;
}

Result<ApprovalRecord> read_approval(const Record& record) {
  auto body = parse_json_object(record.body, "approval " + record.id);
  if (!body) return body.error();
  const boost::json::value* shown = find(*body, "approval");
  if (shown == nullptr) return Error(ErrorCode::invalid_format, "the record of approval " + record.id + " is empty");
  auto approval = approval_from_json(*shown);
  if (!approval) return approval.error();
  ApprovalRecord read;
  read.approval = std::move(*approval);
  read.tenant = record.tenant;
  read.version = record.version;
  read.settled = find_bool(*body, "settled").value_or(false);
  read.input_digest = find_string(*body, "input_digest").value_or("");
  if (const auto* edited = find_object(*body, "edited_input")) read.edited_input = *edited;
  if (const auto* input = find_object(*body, "call_input")) read.call_input = *input;
  if (const auto* input = find(*body, "run_input")) read.run_input = *input;
  if (const auto* plan = find_object(*body, "plan")) read.plan = *plan;
  return read;
}

Result<std::vector<ApprovalRecord>> open_approvals(Store& store, const std::string& session_id) {
  RecordQuery query;
  query.session_id = session_id;
  query.due_before = kAnyDueTime;
  return read_all(store, query);
}

Result<std::vector<ApprovalRecord>> remembered_approvals(Store& store, const std::string& session_id) {
  std::vector<ApprovalRecord> remembered;
  for (const ApprovalStatus status : {ApprovalStatus::granted, ApprovalStatus::denied}) {
    RecordQuery query;
    query.session_id = session_id;
    query.status = status_name(status);
    auto decided = read_all(store, query);
    if (!decided) return decided.error();
    for (ApprovalRecord& approval : *decided) {
      if (approval.approval.scope != ApprovalScope::once) remembered.push_back(std::move(approval));
    }
  }
  return remembered;
}

Approval as_of(Approval approval, Timestamp now) {
  const bool out_of_time = approval.expires_at.is_set() && approval.expires_at <= now;
  if (approval.status == ApprovalStatus::pending && out_of_time) approval.status = ApprovalStatus::expired;
  return approval;
}

}  // namespace asmgr

// The verbs on approvals: what waits for a person, and deciding about it from any process.
#include "core/engine/approval_record.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/owed_answer.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

using Engine = SessionManager::Engine;

struct FoundApproval {
  StoreHost* host = nullptr;
  ApprovalRecord record;
};

Error no_approval(const std::string& id) {
  return Error(ErrorCode::not_found, "there is no approval " + id);
}

Result<FoundApproval> find_approval(Engine& engine, const std::string& id, const std::string& tenant) {
  for (StoreHost* host : engine.stores()) {
    auto record = host->store().get_record(tenant, record_kind::kApproval, id);
    if (!record && record.error().category() == ErrorCategory::resource) continue;
    if (!record) return record.error();
    auto approval = read_approval(*record);
    if (!approval) return approval.error();
    return FoundApproval{host, std::move(*approval)};
  }
  return no_approval(id);
}

Error decided_already(const Approval& approval) {
  std::string text = "approval " + approval.id + " is " + std::string(status_name(approval.status)) + " already";
  if (approval.status == ApprovalStatus::expired) {
    text =
        "approval " + approval.id + " expired at " + format_timestamp(approval.expires_at) +
        ": nobody decided in time, so the call is denied; its run goes on without it where a host serves the store, or "
        "can be cancelled";
  } else if (!approval.decided_by.empty()) {
    text += " (by " + approval.decided_by + ", at " + format_timestamp(approval.decided_at) + ")";
  }
  return Error(ErrorCode::invalid_transition, text)
      .with_detail("status", boost::json::value(status_name(approval.status)));
}

Result<void> check_decision(const DecideApprovalOptions& options) {
  if (options.edited_input && !options.grant) {
    return Error(ErrorCode::validation_error, "an input can only be given to a call that is granted");
  }
  if (options.remember_for && options.scope == ApprovalScope::once) {
    return Error(ErrorCode::validation_error,
                 "a decision about one call is not remembered; say for what: input, tool or policy");
  }
  return {};
}

ApprovalRecord decide(ApprovalRecord open, const DecideApprovalOptions& options, Timestamp now) {
  Approval& approval = open.approval;
  approval.status = options.grant ? ApprovalStatus::granted : ApprovalStatus::denied;
  approval.decided_at = now;
  approval.decided_by = options.caller.actor;
  approval.reason = options.reason;
  approval.scope = options.scope;
  if (options.remember_for) {
    approval.remembered_until = Timestamp{now.us + std::chrono::microseconds(*options.remember_for).count()};
  }
  approval.edited = options.edited_input.has_value();
  open.edited_input = options.edited_input;
  return open;
}

AuditAct act_of(const ApprovalRecord& decided, const Caller& caller) {
  const Approval& approval = decided.approval;
  AuditAct act{.what = "approval_decided", .by = caller, .session_id = approval.session_id, .run_id = approval.run_id};
  act.details["approval_id"] = approval.id;
  act.details["decision"] = status_name(approval.status);
  act.details["tool_name"] = approval.tool_name;
  act.details["policy"] = approval.policy_name;
  act.details["scope"] = scope_name(approval.scope);
  act.details["edited"] = approval.edited;
  return act;
}

// The compare-and-set that is the decision. Errors: decided_already, the store's.
void write_decision(Engine& engine, const FoundApproval& found, const DecideApprovalOptions& options,
                    const Handler<FoundApproval>& handler) {
  const Timestamp now = engine.clock().now();
  if (found.record.approval.status != ApprovalStatus::pending) return handler(decided_already(found.record.approval));
  const Approval seen = as_of(found.record.approval, now);
  if (seen.status == ApprovalStatus::expired) return handler(decided_already(seen));
  FoundApproval decided{found.host, decide(found.record, options, now)};
  CommitUnit unit;
  unit.session_id = decided.record.approval.session_id;
  unit.records.push_back(write_of(decided.record));
  found.host->write(std::move(unit), act_of(decided.record, options.caller),
                    [&engine, decided, options, handler](const CommitStatus& status, UnitResult& result) {
                      if (status.outcome != CommitOutcome::filled) {
                        return handler(status.error.value_or(Error(ErrorCode::storage_write_failed)));
                      }
                      if (result.answer == CommitAnswer::ok) return handler(decided);
                      if (result.answer != CommitAnswer::version_conflict) {
                        return handler(result.error.value_or(Error(ErrorCode::storage_write_failed)));
                      }
                      // Somebody was quicker: with a decision, or only by leaving the run.
                      decided.host->read(
                          [&engine, options, handler] {
                            auto again = find_approval(engine, options.approval_id, options.tenant);
                            if (!again) return handler(again.error());
                            write_decision(engine, *again, options, handler);
                          },
                          Inline::no);
                    });
}

// What follows from it. Whoever owns the session sees the record; a session that nobody owns is looked after by hosts
// that serve, and without one by us.
void follow_up(Engine& engine, const FoundApproval& decided, bool carry_on, const Handler<Approval>& handler) {
  StoreHost& host = *decided.host;
  const Approval approval = decided.record.approval;
  host.read(
      [&engine, &host, approval, carry_on, handler] {
        const auto here = engine.sessions().find(host, approval.session_id);
        auto head = host.store().head(approval.session_id);
        const bool lives = head && head->owner_alive && !head->owner.empty() && head->owner != engine.context().host_id;
        const bool served = engine.is_served(host);
        if (lives || (served && here == nullptr)) return handler(approval);
        engine.send<Approval>(
            host, approval.session_id, Inline::no,
            [approval, carry_on, served, handler](SessionRuntime& session, const SessionOp::Ptr& op) {
              if (!session.finish(op)) return;
              session.look_at_approvals(carry_on && !served ? CarryOn::yes : CarryOn::no,
                                        [approval, handler] { handler(approval); });
            },
            [approval, handler](const Result<Approval>&) { handler(approval); }, std::nullopt);
      },
      Inline::no);
}

void decide_approval_at(Engine& engine, Inline where, const DecideApprovalOptions& options, Handler<Approval> handler) {
  if (auto checked = check_decision(options); !checked) return handler(checked.error());
  engine.look_up<FoundApproval>(
      where, [&engine, options] { return find_approval(engine, options.approval_id, options.tenant); },
      [&engine, options, handler](Result<FoundApproval> found) {
        if (!found) return handler(found.error());
        write_decision(engine, *found, options, [&engine, options, handler](Result<FoundApproval> decided) {
          if (!decided) return handler(decided.error());
          follow_up(engine, *decided, options.carry_on, handler);
        });
      });
}

}  // namespace

Result<Approval> SessionManager::get_approval(const std::string& approval_id, const std::string& tenant) {
  if (EngineThread::here()) return blocking_here();
  auto found = find_approval(*engine_, approval_id, tenant);
  if (!found) return found.error();
  return as_of(std::move(found->record.approval), engine_->clock().now());
}

Result<std::vector<Approval>> SessionManager::list_approvals(const ListApprovalsOptions& options) {
  if (EngineThread::here()) return blocking_here();
  if (options.limit == 0) return Error(ErrorCode::validation_error, "limit must be at least 1");
  auto host = engine_->store_of_pipeline(options.pipeline);
  if (!host) return host.error();
  const Timestamp now = engine_->clock().now();
  RecordQuery query;
  query.tenant = options.tenant;
  query.kind = record_kind::kApproval;
  query.session_id = options.session_id;
  query.after_id = options.after_id;
  query.limit = options.limit;
  // Out of time is what nobody has written down yet.
  const bool as_stored = options.status && *options.status != ApprovalStatus::expired;
  if (as_stored) query.status = status_name(*options.status);
  std::vector<Approval> listed;
  while (listed.size() < options.limit) {
    auto page = (*host)->store().list_records(query);
    if (!page) return page.error();
    for (const Record& record : *page) {
      auto approval = read_approval(record);
      if (!approval) continue;
      Approval shown = as_of(std::move(approval->approval), now);
      if (options.status && shown.status != *options.status) continue;
      if (listed.size() < options.limit) listed.push_back(std::move(shown));
    }
    if (page->size() < query.limit) break;
    query.after_id = page->back().id;
  }
  return listed;
}

Result<Approval> SessionManager::decide_approval(DecideApprovalOptions options) {
  return block<Approval>(
      [&](Handler<Approval> done) { decide_approval_at(*engine_, Inline::yes, options, std::move(done)); });
}

void SessionManager::begin_decide_approval(DecideApprovalOptions options, Handler<Approval> handler) {
  decide_approval_at(*engine_, Inline::no, options, owed(std::move(handler)));
}

}  // namespace asmgr

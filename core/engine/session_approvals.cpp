// What a session does about questions to people: closes those that nobody answers, notes the answers, goes on with runs
// that waited for them.
#include <algorithm>

#include "core/engine/approval_events.hpp"
#include "core/engine/session_directory.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/engine/session_verbs.hpp"
#include "core/engine/verb_answers.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kNotedAnswers = 1000;

bool is_out_of_time(const Approval& approval, Timestamp now) {
  return approval.expires_at.is_set() && approval.expires_at <= now;
}

}  // namespace

const ApprovalRecord* SessionRuntime::remembered_decision(const ApprovalRequest& request) const {
  const Timestamp now = engine_.clock.now();
  // The last word counts.
  const auto known = std::find_if(remembered_.rbegin(), remembered_.rend(), [&](const ApprovalRecord& decided) {
    return decided.covers(request.policy_name, request.tool_name, request.tool_input, now);
  });
  return known == remembered_.rend() ? nullptr : &*known;
}

void SessionRuntime::note_answer(const ApprovalRecord& decided, const std::shared_ptr<const EventNames>& names) {
  stage_answer(*writer_, decided, names);
  noted_answers_.push_back(decided.approval.id);
  if (noted_answers_.size() > kNotedAnswers) noted_answers_.pop_front();
  const bool by_a_person =
      decided.approval.status == ApprovalStatus::granted || decided.approval.status == ApprovalStatus::denied;
  if (by_a_person && decided.approval.scope != ApprovalScope::once) remembered_.push_back(decided);
}

// -- closed by nobody -------------------------------------------------------------------------------------------------

void SessionRuntime::close_question(ApprovalRecord asked, ApprovalStatus status,
                                    std::function<void(const ApprovalRecord&)> told) {
  ApprovalRecord closed = std::move(asked);
  closed.approval.status = status;
  closed.approval.decided_at = engine_.clock.now();
  CommitUnit unit;
  unit.session_id = id_;
  unit.records.push_back(write_of(closed));
  host_.write(std::move(unit), [self = shared_from_this(), closed = std::move(closed), told = std::move(told)](
                                   const CommitStatus& commit, UnitResult& result) mutable {
    const bool written = commit.outcome == CommitOutcome::filled && result.answer == CommitAnswer::ok;
    self->host_.read(
        [self, written, closed = std::move(closed), told = std::move(told)]() mutable {
          if (!written) {  // somebody was quicker, or the store is in trouble and nothing is known
            auto record = self->host_.store().get_record({}, record_kind::kApproval, closed.approval.id);
            auto stands = record ? read_approval(*record) : Result<ApprovalRecord>(record.error());
            if (stands) closed = std::move(*stands);
            if (!stands) closed.approval.status = ApprovalStatus::pending;
          } else {
            ++closed.version;
          }
          self->post([self, closed = std::move(closed), told = std::move(told)] { told(closed); });
        },
        Inline::no);
  });
}

void SessionRuntime::expire(const ApprovalRecord& asked) {
  close_question(asked, ApprovalStatus::expired, [this](const ApprovalRecord& stands) {
    if (abandoned() || retired_ || engine_.stopping) return;
    // The store is in trouble: asked again when the host looks at it the next time.
    if (stands.approval.status == ApprovalStatus::pending) records_missed_ = true;
    attend_to({stands});
  });
}

void SessionRuntime::withdraw(const ApprovalRecord& asked, std::function<void(const ApprovalRecord&)> told) {
  close_question(asked, ApprovalStatus::cancelled, [told = std::move(told)](ApprovalRecord stands) {
    // Nothing can be asked any more in a run that ends.
    if (stands.approval.status == ApprovalStatus::pending) stands.approval.status = ApprovalStatus::cancelled;
    told(stands);
  });
}

// -- answered ---------------------------------------------------------------------------------------------------------

void SessionRuntime::attend_to(std::vector<ApprovalRecord> open) {
  const Timestamp now = engine_.clock.now();
  std::map<std::string, std::vector<ApprovalRecord>> of_parked;
  for (ApprovalRecord& approval : open) {
    const std::string& id = approval.approval.id;
    const std::string& run_id = approval.approval.run_id;
    const bool pending = approval.approval.status == ApprovalStatus::pending;
    if (std::find(noted_answers_.begin(), noted_answers_.end(), id) != noted_answers_.end()) continue;
    if (const auto live = runs_.find(run_id); live != runs_.end()) {
      if (!pending || !is_out_of_time(approval.approval, now)) {
        live->second->decided(std::move(approval));
      } else {
        live->second->expire_questions();
      }
    } else if (parked_.contains(run_id)) {
      of_parked[run_id].push_back(std::move(approval));
    } else if (!pending) {  // its run is over, and somebody decided for the next one
      auto names = std::make_shared<EventNames>(*names_);
      names->run_id = run_id;
      note_answer(approval, names);
    } else if (is_out_of_time(approval.approval, now)) {
      expire(approval);
    }
  }
  for (auto& [run_id, approvals] : of_parked) attend_to_parked(run_id, std::move(approvals));
}

void SessionRuntime::attend_to_parked(const std::string& run_id, std::vector<ApprovalRecord> approvals) {
  ParkedRun& parked = parked_.at(run_id);
  const Timestamp now = engine_.clock.now();
  if (parked.may_go_on()) return;
  bool waits = false;
  for (const ApprovalRecord& approval : approvals) {
    if (approval.approval.status != ApprovalStatus::pending) continue;
    waits = true;
    if (is_out_of_time(approval.approval, now)) expire(approval);
  }
  const bool may = (engine_.serves || carries_on_) && engine_.takes_runs != TakesRuns::none && !engine_.draining &&
                   !engine_.stopping && !shutting_down_ && !session().deleted_at.is_set();
  if (waits || !may || approvals.empty()) return;
  if (may_go_on(session().status)) {  // looked at again when the session goes on
    unattended_.insert(unattended_.end(), approvals.begin(), approvals.end());
    return;
  }
  parked.approvals = std::move(approvals);
  const bool withdrawn =
      std::any_of(parked.approvals.begin(), parked.approvals.end(),
                  [](const ApprovalRecord& closed) { return closed.approval.status == ApprovalStatus::cancelled; });
  if (withdrawn) {  // its host was about to end it
    return end_parked(run_id, {RunStatus::cancelled, Error(ErrorCode::cancelled, "run " + run_id + " was cancelled")});
  }
  const Suspension suspension = read_suspension(parked.row->run);
  if (suspension.lost + (suspension.on_purpose ? 0 : 1) >= kMaxLostAttempts) {
    return end_parked(run_id,
                      {RunStatus::failed, Error(ErrorCode::recovery_exhausted,
                                                "run " + run_id + " was given up: " + std::to_string(kMaxLostAttempts) +
                                                    " attempts at it ended with their host")});
  }
  const auto planned = std::find_if(parked.approvals.begin(), parked.approvals.end(),
                                    [](const ApprovalRecord& approval) { return approval.plan.has_value(); });
  auto plan = planned == parked.approvals.end()
                  ? Result<RunPlan>(Error(ErrorCode::in_doubt, "nothing says how run " + run_id + " was carried out"))
                  : directory_.plan_from_entry(*planned->plan);
  if (plan) {
    parked.plan = std::move(*plan);
    return start_queued();
  }
  parked.approvals.clear();
  if (engine_.takes_runs == TakesRuns::known) return;  // left for a host that has more of the file
  end_parked(run_id, {RunStatus::failed, std::move(plan).error().with_context("run " + run_id + " cannot go on")});
}

void SessionRuntime::look_at_approvals(CarryOn carries_on, std::function<void()> then) {
  carries_on_ = carries_on_ || carries_on == CarryOn::yes;
  unattended_.clear();  // read anew, with what came since the session was loaded
  host_.read(
      [self = shared_from_this(), then = std::move(then)]() mutable {
        auto open = open_approvals(self->host_.store(), self->id_);
        self->post([self, open = std::move(open), then = std::move(then)]() mutable {
          self->records_missed_ = self->records_missed_ || !open;
          if (open && self->exists_ && !self->abandoned() && !self->retired_) self->attend_to(std::move(*open));
          then();
        });
      },
      Inline::no);
}

// -- parked runs ------------------------------------------------------------------------------------------------------

void SessionRuntime::park(ParkedRun parked) {
  const std::string run_id = parked.row->run.id;
  parked_[run_id] = std::move(parked);
  records_changed();  // it may have been decided on the way
}

void SessionRuntime::end_parked(const std::string& run_id, const ParkedEnd& end) {
  const auto at = parked_.find(run_id);
  const ParkedRun parked = std::move(at->second);
  parked_.erase(at);
  end_parked_run(*this, parked, end);
}

// The questions of the run are withdrawn first; one that is answered at that very moment stays answered.
void SessionRuntime::withdraw_parked(const std::string& run_id, const ParkedEnd& end, std::function<void()> then) {
  host_.read(
      [self = shared_from_this(), run_id, end, then = std::move(then)]() mutable {
        auto open = open_approvals(self->host_.store(), self->id_);
        self->post([self, run_id, end, open = std::move(open), then = std::move(then)] {
          auto closed = std::make_shared<std::vector<ApprovalRecord>>();
          std::vector<ApprovalRecord> pending;
          for (const ApprovalRecord& approval : open ? *open : std::vector<ApprovalRecord>{}) {
            if (approval.approval.run_id != run_id) continue;
            (approval.approval.status == ApprovalStatus::pending ? pending : *closed).push_back(approval);
          }
          auto left = std::make_shared<std::size_t>(pending.size() + 1);
          const auto ended = [self, run_id, end, left, closed, then] {
            if (--*left != 0) return;
            const auto at = self->parked_.find(run_id);
            if (at == self->parked_.end()) return then();  // it went on or ended meanwhile
            at->second.approvals = std::move(*closed);
            self->end_parked(run_id, end);
            then();
          };
          for (const ApprovalRecord& approval : pending) {
            self->withdraw(approval, [closed, ended](const ApprovalRecord& stands) {
              closed->push_back(stands);
              ended();
            });
          }
          ended();
        });
      },
      Inline::no);
}

bool SessionRuntime::start_parked() {
  for (auto at = parked_.begin(); at != parked_.end();) {
    const bool goes_on = session().status == SessionStatus::active || session().status == SessionStatus::completed;
    if (!at->second.may_go_on() || !goes_on || !may_start_anything() ||
        runs_.size() >= at->second.plan->pipeline.queue.max_concurrent_runs) {
      ++at;
      continue;
    }
    std::optional<HostSlots::Lease> slot = host_slot();
    if (!slot) return true;
    ParkedRun parked = std::move(at->second);
    at = parked_.erase(at);
    begin_parked(std::move(parked), std::move(*slot));
  }
  return false;
}

void SessionRuntime::begin_parked(ParkedRun parked, HostSlots::Lease slot) {
  const std::string run_id = parked.row->run.id;
  RunPlan plan = std::move(*parked.plan);
  parked.plan.reset();
  auto before = std::make_shared<const ParkedRun>(parked);
  auto run = std::make_shared<RunExecution>(*this, parked.row, std::move(plan), parked.queue_entry, std::move(slot));
  runs_[run_id] = run;
  directory_.run_lives(run_id, shared_from_this());
  run->go_on_from(std::move(parked));
  run->begin([this, run_id, before](const Result<void>& begun) {
    if (begun) return;
    if (begun.error().code() == ErrorCode::stale_epoch) {
      left_to_owner(run_id);
    } else {
      end_parked_run(*this, *before, {RunStatus::failed, begun.error()});
    }
    run_ended(run_id);
  });
}

}  // namespace asmgr

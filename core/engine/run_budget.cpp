// What a run holds of budgets that it shares with others: before it begins, and once that is used up.
#include <algorithm>

#include "core/engine/holds.hpp"
#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/engine/worn_counters.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

// Each time somebody else was quicker, so that a run that is refused after that many has met a crowd, or a store that
// does not keep to its own counters.
constexpr int kHoldTries = 10;

bool needs_more(const HeldBudget& held, const RunUsage& usage) {
  const auto used = used_of(held.hold, usage);
  return used && *used > 0 && *used >= held.hold.amount && *used != held.refused_at;
}

}  // namespace

// The counters are read first, so that a refusal can say which budget it is and what is left of it. Nobody relies on
// what was read: the unit adds under the ceilings.
void RunExecution::ask_for_holds() {
  session_.host().read(
      [self = shared_from_this(), session = session_.shared_from_this(), row = session_.session(), asked = asked_] {
        std::vector<Result<std::int64_t>> left;
        left.reserve(asked.size());
        for (const Hold& hold : asked) left.push_back(left_of_budget(session->host().store(), row, hold));
        session->post([self, session, left = std::move(left)] { self->take_holds(left); });
      },
      Inline::no);
}

void RunExecution::take_holds(const std::vector<Result<std::int64_t>>& left) {
  if (phase_ != Phase::preflight || session_.abandoned()) return;
  if (cause_) return refuse({});
  std::vector<Hold> holds;
  bool first = false;  // of all runs that count against one of them
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    if (!left[i]) {
      Error error = left[i].error();
      return std::exchange(accepted_, nullptr)(
          std::move(error).with_context("run " + row_->run.id + " and its budget '" + asked_[i].counter + "'"));
    }
    auto hold = granted(asked_[i], *left[i]);
    if (!hold) {
      return refuse(budget_judgement(asked_[i],
                                     "the run would hold " + std::to_string(asked_[i].amount) + " " + asked_[i].metric +
                                         " of a budget that has " +
                                         std::to_string(std::max<std::int64_t>(*left[i], 0)) + " left",
                                     *left[i]));
    }
    holds.push_back(std::move(*hold));
    first = first || (*left[i] == asked_[i].ceiling && asked_[i].keep_until.is_set());
  }
  // Who begins a budget clears away what is left of those before it.
  if (first) {
    session_.host().read(
        [session = session_.shared_from_this()] {
          remove_worn_counters(session->host(), session->engine().clock.now());
        },
        Inline::no);
  }
  write_beginning(holds);
}

void RunExecution::holds_were_taken(const Error& error) {
  phase_ = Phase::preflight;
  if (++hold_tries_ < kHoldTries && !session_.abandoned()) return ask_for_holds();
  refuse(budget_judgement(asked_.front(), "no hold on a budget could be had: " + error.message(), 0));
}

void RunExecution::hold_more() {
  if (growth_ != Growth::none || phase_ != Phase::running || finished_ || cause_ || holds_.empty()) return;
  const RunUsage used = usage_so_far();
  const auto at = std::find_if(holds_.begin(), holds_.end(), [&](const HeldBudget& h) { return needs_more(h, used); });
  if (at == holds_.end()) return;
  growth_ = Growth::asking;
  const auto index = static_cast<std::size_t>(at - holds_.begin());
  session_.host().read(
      [self = shared_from_this(), session = session_.shared_from_this(), row = session_.session(), hold = at->hold,
       index] {
        session->post([self, session, index, left = left_of_budget(session->host().store(), row, hold)] {
          self->take_slice(index, left);
        });
      },
      Inline::no);
}

// As much again as at first, what it has used beyond its hold when that is more, or what is left.
void RunExecution::take_slice(std::size_t index, const Result<std::int64_t>& left) {
  growth_ = Growth::none;
  if (phase_ != Phase::running || finished_ || cause_ || session_.abandoned()) return;
  if (!left) return;  // asked again after the next event
  HeldBudget& held = holds_[index];
  const std::int64_t used = used_of(held.hold, usage_so_far()).value_or(held.hold.amount);
  if (*left <= 0) {
    held.refused_at = used;
    if (used <= held.hold.amount) return hold_more();  // exactly what it holds is fine
    record_violations(budget_judgement(held.hold,
                                       "the run has used " + std::to_string(used) + " " + held.hold.metric +
                                           " where it holds " + std::to_string(held.hold.amount) +
                                           " of a budget, of which nothing is left",
                                       0));
    return end(EndCause{EndCause::Kind::failed, violation_error_, std::nullopt, {}});
  }
  const std::int64_t wanted = std::max({held.slice, used - held.hold.amount, std::int64_t{1}});
  const std::int64_t slice = std::min(wanted, *left);
  growth_ = Growth::writing;
  writer_.seal();
  stage_growth(writer_, session_.session(), row_->run.id, held, slice);
  writer_.when_durable([this, self = shared_from_this(), index, slice](const Result<void>& durable) {
    slice_written(index, slice, durable);
  });
  writer_.seal();
}

void RunExecution::slice_written(std::size_t index, std::int64_t slice, const Result<void>& durable) {
  growth_ = Growth::none;
  if (phase_ == Phase::ended || writer_.losing()) return;  // whoever has the session now settles what is noted
  if (durable) {
    holds_[index].hold.amount += slice;
    ++holds_[index].version;
  }
  if (end_after_growth_) return std::exchange(end_after_growth_, nullptr)();
  // Refused: somebody else was quicker, and what is left is asked after the next event.
  if (!durable) return;
  hold_more();
  arm_timer();
}

Judgement RunExecution::budget_judgement(const Hold& hold, const std::string& message, std::int64_t left) const {
  boost::json::object details;
  details["kind"] = "budget_exceeded";
  details["metric"] = hold.metric;
  details["counter"] = hold.counter;
  details["held"] = hold.amount;
  details["left"] = std::max<std::int64_t>(left, 0);
  details["limit"] = hold.ceiling;
  Judgement judgement;
  judgement.action = PolicyAction::cancel;
  judgement.violations.push_back(
      {hold.policy,
       PolicyAction::cancel,
       {hold.metric,
        message + " (" + hold.counter + ", at most " + std::to_string(hold.ceiling) +
            "); wait until other runs have ended or a new window has begun, or raise the bound",
        to_text(details)}});
  return judgement;
}

}  // namespace asmgr

// The runs of a session that wait: taken over from the store, started when a slot is free, given up when none comes.
#include <algorithm>

#include "core/engine/closed_record.hpp"
#include "core/engine/session_directory.hpp"
#include "core/engine/verb_answers.hpp"

namespace asmgr {

std::optional<Record> SessionRuntime::take_unclaimed(const std::string& run_id) {
  const auto at = std::find_if(unclaimed_.begin(), unclaimed_.end(),
                               [&](const QueuedEntry& queued) { return queued.entry.id == run_id; });
  if (at == unclaimed_.end()) return std::nullopt;
  std::optional<Record> entry = std::move(at->entry);
  unclaimed_.erase(at);
  return entry;
}

void SessionRuntime::claim_queue() {
  // In a session that is paused they wait on, and are claimed when it goes on; in one that is over they are refused.
  const bool waits_on = may_go_on(session().status) && !session().deleted_at.is_set();
  if (engine_.takes_runs != TakesRuns::none && !engine_.draining) {
    for (QueuedEntry& queued : std::exchange(unclaimed_, {})) {
      const bool not_begun = queued.run.status == RunStatus::pending && !runs_.contains(queued.run.id);
      const bool taken = !(waits_on && not_begun) && enqueue_from_entry(*this, queued);
      if (!taken) unclaimed_.push_back(std::move(queued));
    }
    attend_to(std::exchange(unattended_, {}));
  }
  start_queued();
}

std::optional<HostSlots::Lease> SessionRuntime::host_slot() {
  return engine_.slots.acquire(id_, [weak = weak_from_this(), &slots = engine_.slots, id = id_] {
    if (auto self = weak.lock()) {
      self->post([self] { self->start_queued(); });
    } else {
      slots.pass(id);
    }
  });
}

// A host that ends starts nothing more: what waits is found by the next owner.
bool SessionRuntime::may_start_anything() const noexcept {
  return !writer_->losing() && !engine_.stopping && !shutting_down_ && !retired_ && state_ == State::ready;
}

bool SessionRuntime::may_start_next() {
  return !queue_.empty() && may_start_anything() && session().status == SessionStatus::active &&
         runs_.size() < queue_.front().plan.pipeline.queue.max_concurrent_runs;
}

void SessionRuntime::give_up_waiting() {
  if (in_line_since_ns_ == 0 || !may_start_next()) return;
  const std::chrono::milliseconds limit = queue_.front().plan.pipeline.queue.max_wait;
  if (engine_.clock.monotonic_ns() - in_line_since_ns_ < std::chrono::nanoseconds(limit).count()) return;
  in_line_since_ns_ = 0;
  const QueuedRun late = std::move(queue_.front());
  queue_.pop_front();
  const std::string run_id = late.row->run.id;
  fail_idle_run(*this, late.row,
                Error(ErrorCode::max_runs_exceeded,
                      "run " + run_id + " waited " + std::to_string(limit.count()) +
                          " ms for a slot of this host (queue.max_wait); raise host.limits or try again later"));
  writer_->stage_record(close_record(late.entry, "done", {}, kVersionAny, engine_.clock.now()));
  writer_->when_durable([this, run_id, row = late.row](const Result<void>& durable) {
    forget_run(run_id);
    if (!durable) return left_to_owner(run_id);
    directory_.run_ended(run_id);
    engine_.outcomes.settle(run_id, result_of_idle_run(row->run));
  });
  start_queued();
}

void SessionRuntime::start_queued() {
  if (start_parked()) return;  // they began before whatever waits
  if (!may_start_next()) {
    in_line_since_ns_ = 0;
    return engine_.slots.pass(id_);
  }
  while (may_start_next()) {
    std::optional<HostSlots::Lease> slot = host_slot();
    if (!slot) {
      if (in_line_since_ns_ == 0) in_line_since_ns_ = engine_.clock.monotonic_ns();
      return;
    }
    in_line_since_ns_ = 0;
    QueuedRun next = std::move(queue_.front());
    queue_.pop_front();
    const std::string run_id = next.row->run.id;
    auto run = std::make_shared<RunExecution>(*this, std::move(next.row), std::move(next.plan), std::move(next.entry),
                                              std::move(*slot));
    runs_[run_id] = run;
    directory_.run_lives(run_id, shared_from_this());
    run->begin([this, run_id](const Result<void>& begun) {
      if (begun) return;
      // Lost on the way to its first write: the session's owner has the queue now.
      if (begun.error().code() == ErrorCode::stale_epoch) {
        left_to_owner(run_id);
      } else {
        engine_.outcomes.settle(run_id, begun.error());
      }
      run_ended(run_id);
    });
  }
}

// Its entry stands in the store, so whoever waits for the run here waits for that owner next.
void SessionRuntime::left_to_owner(const std::string& run_id) {
  directory_.run_ended(run_id);
  engine_.outcomes.settle(run_id,
                          Error(ErrorCode::stale_epoch, "another host owns session " + id_ + " and its queue now")
                              .with_detail(kNotBegun, true));
}

}  // namespace asmgr

#include "core/engine/run_execution.hpp"

#include <algorithm>
#include <limits>

#include "core/engine/engine_thread.hpp"
#include "core/engine/run_estimate.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/engine/session_verbs.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"
#include "core/pipeline/cut_event.hpp"

namespace asmgr {
namespace {

std::int64_t ns(std::chrono::milliseconds duration) {
  return std::chrono::nanoseconds(duration).count();
}

// Not more than the store takes, by its own word.
std::shared_ptr<Spill> make_spill(const Pipeline& pipeline, const StoreInfo& store, const std::string& tenant) {
  auto spill = std::make_shared<Spill>();
  spill->max_event_bytes = std::max<std::uint64_t>(pipeline.max_event_bytes, kLeastEventBytes);
  if (const auto most = find_int(store.limits, "max_event_bytes"); most && *most > 0) {
    spill->max_event_bytes = std::min(spill->max_event_bytes, static_cast<std::uint64_t>(*most));
  }
  spill->pipeline = pipeline.name;
  spill->artifacts = pipeline.artifacts;
  spill->artifacts_name = pipeline.artifacts_name;
  spill->tenant = tenant;
  return spill;
}

Judgement hung_judgement() {
  Judgement judgement;
  judgement.action = PolicyAction::cancel;
  judgement.violations.push_back(
      {"policies", PolicyAction::cancel, {"plugin_hung", "a policy did not answer in time; the run is ended", "{}"}});
  return judgement;
}

}  // namespace

RunExecution::RunExecution(SessionRuntime& session, std::shared_ptr<RunRow> row, RunPlan plan,
                           std::optional<Record> queue_entry, HostSlots::Lease slot)
    : session_(session),
      engine_(session.engine()),
      writer_(session.writer()),
      row_(std::move(row)),
      plan_(std::move(plan)),
      slot_(std::move(slot)),
      queue_entry_(std::move(queue_entry)),
      redaction_(plan_.pipeline.redactor),
      timer_(session.engine().pool) {
  auto names = std::make_shared<EventNames>();
  names->session_id = session_.id();
  names->run_id = row_->run.id;
  names->provider = plan_.provider->info().name;
  names->correlation_id = find_string(row_->run.metadata, "correlation_id").value_or("");
  names->metadata = R"({"attempt":1})";
  names->spill = make_spill(plan_.pipeline, session_.host().store().info(), session_.session().tenant);
  names_ = std::move(names);
  writer_.set_store_retry(plan_.pipeline.store_retry);
  const ProviderInfo& info = plan_.provider->info();
  meter_.begin({info.vendor, expected_model(plan_.adapter_opts, info),
                info.usage_is_total ? UsageSemantics::total : UsageSemantics::delta});
  engine_.counters->live_runs.fetch_add(1);
}

RunExecution::~RunExecution() {
  engine_.counters->live_runs.fetch_sub(1);
}

// -- the provider ---------------------------------------------------------------------------------------------------

void RunExecution::start_provider() {
  phase_ = Phase::running;
  if (cause_) return finalize(std::nullopt, {});  // cancelled while the beginning was being written
  link_ = std::make_shared<RunLink>(session_.shared_from_this(), shared_from_this(), plan_.provider);
  link_->session_copy = session_.session();
  link_->run_copy = row_->run;
  if (row_->verbatim_input) link_->run_copy.input = *row_->verbatim_input;
  if (!told_.empty()) link_->run_copy.input = told_;
  link_->context.start = engine_.last_start->fetch_add(1) + 1;
  link_->context.last_start = engine_.last_start;
  link_->context.session = &link_->session_copy;
  link_->context.run = &link_->run_copy;
  link_->context.options = to_text(provider_options());
  link_->context.transcript = prompt_transcript_;
  if (const auto calls = std::exchange(waiting_calls_, {}); !calls.empty()) {
    link_->context.waiting_calls = to_text(boost::json::value(calls));
  }
  link_->context.resume_token = resume_token_;
  link_->context.required = plan_.required;
  link_->context.cancel = &link_->token;
  link_->context.channel = link_.get();
  activity_ns_ = provider_started_ns_ = engine_.clock.monotonic_ns();
  link_->context.deadline_mono_ns = activity_ns_ + ns(plan_.timeouts.run) - worked_ns();
  session_.remember_link(link_);
  link_->begin();
  arm_timer();
  const std::string& name = plan_.provider->info().name;
  CallWatch::Scope watched(engine_.watch, {name, "start", &session_});
  auto begun = plan_.provider->start(link_->context);
  if (watched.end()) return drop();
  if (begun) {
    started_ = true;
    return;
  }
  link_->not_started();
  if (!cause_) cause_ = EndCause{EndCause::Kind::failed, begun.error(), std::nullopt, {}};
  finalize(std::nullopt, {});
}

// -- time -----------------------------------------------------------------------------------------------------------

void RunExecution::arm_timer() {
  if (phase_ == Phase::ended || finished_) {
    timer_.cancel();
    return;
  }
  const bool waits_for_person = !awaited_.empty();
  std::int64_t next = engine_.clock.monotonic_ns() + ns(plan_.timeouts.run) - worked_ns();
  if (waits_for_person) next = next_question_due_ns();
  if (stopping_ns_ != 0) next = stopping_ns_ + ns(plan_.timeouts.cancel_grace);
  if (steering_ && stopping_ns_ == 0) next = steering_->since_ns + ns(plan_.timeouts.cancel_grace);
  const bool waits_for_model =
      open_tools_.empty() && asks_.empty() && !waits_for_person && link_ != nullptr && !link_->paused();
  if (stopping_ns_ == 0 && waits_for_model) next = std::min(next, activity_ns_ + ns(plan_.timeouts.idle));
  if (stopping_ns_ == 0) {
    for (const auto& [id, tool] : open_tools_) next = std::min(next, tool.since_ns + ns(plan_.timeouts.tool));
  }
  next = std::min(next, next_telling_ns());
  if (policy_busy_) next = std::min(next, policy_call_ns_ + ns(engine_.host.plugin_call_timeout));
  if (next == std::numeric_limits<std::int64_t>::max()) return;
  if (timer_at_ns_ != 0 && timer_at_ns_ <= next) return;  // an earlier look will arm it again
  timer_at_ns_ = next;
  timer_.expires_after(std::chrono::nanoseconds(std::max<std::int64_t>(0, next - engine_.clock.monotonic_ns())));
  timer_.async_wait(
      [session = session_.shared_from_this(), weak = weak_from_this()](const boost::system::error_code& e) {
        if (e) return;
        session->post([weak] {
          if (auto run = weak.lock()) run->on_timer();
        });
      });
}

void RunExecution::on_timer() {
  timer_at_ns_ = 0;
  if (phase_ == Phase::ended || finished_ || session_.abandoned()) return;
  expire_questions();
  const std::int64_t now = engine_.clock.monotonic_ns();
  if (now >= next_telling_ns() && !tell_time()) return;
  const auto timed_out = [&](std::string_view kind, const std::string& message) {
    end(EndCause{EndCause::Kind::timeout,
                 Error(ErrorCode::timeout, message).with_detail("kind", boost::json::value(kind)),
                 std::nullopt,
                 {}});
  };
  if (policy_busy_ && now - policy_call_ns_ >= ns(engine_.host.plugin_call_timeout)) {
    // The helper thread may stay in there for ever; its answer, if it comes, is not believed any more.
    ++policy_call_;
    policy_busy_ = false;
    judge_.reset();
    engine_.log(
        log_line(ASMGR_LOG_ERROR, "a policy of run " + row_->run.id + " did not come back from " + policy_function_));
    violation_error_ =
        Error(ErrorCode::plugin_hung, "a policy did not answer " + policy_function_ + " within " +
                                          std::to_string(engine_.host.plugin_call_timeout.count()) +
                                          " ms; the run is ended because nobody can say that it may go on");
    if (phase_ == Phase::preflight) {
      preflighted(hung_judgement());
    } else {
      refuse_asks();
      end(EndCause{EndCause::Kind::failed, violation_error_, std::nullopt, {}});
      drain_held();
    }
  } else if (stopping_ns_ != 0) {
    if (now - stopping_ns_ >= ns(plan_.timeouts.cancel_grace)) {
      engine_.log(log_line(ASMGR_LOG_WARN,
                           "provider '" + serving().name + "' did not end run " + row_->run.id +
                               " within cancel_grace; going on without it",
                           serving().name));
      finalize(std::nullopt, {});
    }
  } else if (steering_) {
    if (now - steering_->since_ns >= ns(plan_.timeouts.cancel_grace)) return give_up_steering();
  } else if (awaited_.empty() && worked_ns() >= ns(plan_.timeouts.run)) {
    timed_out("run", "the run took longer than " + std::to_string(plan_.timeouts.run.count()) + " ms (timeouts.run)");
  } else if (!open_tools_.empty()) {
    for (const auto& [id, tool] : open_tools_) {
      if (now - tool.since_ns < ns(plan_.timeouts.tool)) continue;
      timed_out("tool", "tool '" + tool.name + "' took longer than " + std::to_string(plan_.timeouts.tool.count()) +
                            " ms (timeouts.tool)");
      break;
    }
  } else if (asks_.empty() && awaited_.empty() && link_ != nullptr && !link_->paused() &&
             now - activity_ns_ >= ns(plan_.timeouts.idle)) {
    timed_out("idle", "nothing came from provider '" + serving().name + "' for " +
                          std::to_string(plan_.timeouts.idle.count()) + " ms (timeouts.idle)");
  }
  arm_timer();
}

// -- the end from outside -------------------------------------------------------------------------------------------

void RunExecution::end(EndCause cause) {
  if (finished_ || phase_ == Phase::ended) return;
  const bool first = !cause_.has_value();
  if (first || (cause.approval && !cause_->approval && cause_->kind == EndCause::Kind::cancelled)) {
    cause_ = std::move(cause);
  }
  if (!first) return;
  *stop_snapshot_ = true;
  if (phase_ != Phase::running) return;  // whoever is at work on the beginning looks at the cause
  stop_provider();
}

void RunExecution::stop_provider() {
  stopping_ns_ = engine_.clock.monotonic_ns();
  refuse_asks();
  if (link_ == nullptr) return finalize(std::nullopt, {});
  link_->token.cancel();
  CallWatch::Scope watched(engine_.watch, {serving().name, "cancel", &session_});
  plan_.provider->cancel(link_->context.start);
  if (watched.end()) return drop();
  arm_timer();
}

void RunExecution::abandon(const Error& error) {
  phase_ = Phase::ended;
  finished_ = true;
  timer_.cancel();
  if (link_ != nullptr) {
    link_->detach();
    link_->token.cancel();
    engine_.helpers.run([provider = plan_.provider, link = link_] { provider->cancel(link->context.start); });
  }
  if (accepted_) std::exchange(accepted_, nullptr)(error);
  for (const auto& answer : std::exchange(ended_, {})) answer(error);
}

// The call that was reported as hung has come back: the session is somebody else's by now, and its runs here only
// memory.
void RunExecution::drop() {
  const std::shared_ptr<RunExecution> self = shared_from_this();
  for (const auto& [run_id, run] : std::exchange(session_.runs(), {})) run->let_go();
  let_go();
}

void RunExecution::let_go() {
  phase_ = Phase::ended;
  finished_ = true;
  timer_.cancel();
  held_.clear();
  if (auto link = std::exchange(link_, nullptr)) link->detach();
}

void RunExecution::on_room() {
  activity_ns_ = engine_.clock.monotonic_ns();
  CallWatch::Scope watched(engine_.watch, {serving().name, "resume", &session_});
  plan_.provider->resume(link_->context.start);
  watched.end();
  arm_timer();
}

void RunExecution::on_misbehaved(const std::string& what) {
  end(EndCause{EndCause::Kind::failed,
               Error(ErrorCode::plugin_misbehaved, "provider '" + serving().name + "' " + what),
               std::nullopt,
               {}});
}

// -- policies on a helper thread ------------------------------------------------------------------------------------

void RunExecution::ask_policies(std::string_view function, std::function<Judgement(RunJudge&)> call,
                                std::function<void(Judgement)> then) {
  policy_busy_ = true;
  policy_function_ = function;
  policy_call_ns_ = engine_.clock.monotonic_ns();
  const std::uint64_t number = ++policy_call_;
  arm_timer();
  engine_.helpers.run([self = shared_from_this(), session = session_.shared_from_this(), judge = judge_, number,
                       call = std::move(call), then = std::move(then)] {
    const EngineThread::Scope scope;
    auto judgement = std::make_shared<Judgement>(call(*judge));
    session->post([self, number, then, judgement] {
      if (number != self->policy_call_ || !self->policy_busy_) return;  // given up meanwhile
      self->policy_busy_ = false;
      then(std::move(*judgement));
    });
  });
}

}  // namespace asmgr

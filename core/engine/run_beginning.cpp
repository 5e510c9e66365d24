// How a run begins: what it is told of its session, what its policies say, the unit of its beginning.
#include <limits>

#include "core/engine/holds.hpp"
#include "core/engine/kept_input.hpp"
#include "core/engine/run_estimate.hpp"
#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/model/json.hpp"
#include "core/policy/explanation.hpp"
#include "core/transcript/truncate.hpp"

namespace asmgr {
namespace {

// Every event of a run waits for its policies.
constexpr std::chrono::milliseconds kSlowObserve{50};

}  // namespace

void RunExecution::begin(std::function<void(const Result<void>&)> accepted) {
  accepted_ = std::move(accepted);
  const std::string& provider = plan_.provider->info().name;
  if (engine_.faults.disabled(provider)) {
    return std::exchange(accepted_, nullptr)(Error(
        ErrorCode::plugin_disabled, "provider '" + provider + "' hung " + std::to_string(PluginFaults::kDisabledAfter) +
                                        " times and is not called again until this host restarts"));
  }
  phase_ = Phase::preflight;
  first_sequence_ = writer_.last_sequence();
  started_ns_ = activity_ns_ = engine_.clock.monotonic_ns();
  observe_begin();
  const bool lacks_input = input_is_redacted(row_->run) && !row_->verbatim_input;
  if (resumed_) return lacks_input && told_.empty() && waiting_calls_.empty() ? refuse_without_input() : ask_to_begin();
  if (lacks_input) return fetch_input();
  continue_session();
}

void RunExecution::fetch_input() {
  session_.with_kept_input(row_->run.id, [this, self = shared_from_this()](Result<boost::json::value> input) {
    if (phase_ != Phase::preflight || session_.abandoned()) return;
    if (input) {
      row_->verbatim_input = std::move(*input);
      return continue_session();
    }
    if (input.error().code() != ErrorCode::input_redacted) {
      return std::exchange(accepted_, nullptr)(std::move(input).error().with_context("run " + row_->run.id));
    }
    if (!cause_) cause_ = EndCause{EndCause::Kind::failed, input.error(), std::nullopt, {}};
    refuse({});
  });
}

// Natively where the provider has a session of its own to go on from; else it is told what was said, before this run's
// own input stands in the log.
void RunExecution::continue_session() {
  if (plan_.continuation.mode == ContinuationMode::off || writer_.last_sequence() == 0) return ask_to_begin();
  const ProviderInfo& info = plan_.provider->info();
  // A router may choose a target that has no session to go on from: it gets both.
  const bool routed = !info.targets.empty();
  if (plan_.continuation.mode != ContinuationMode::replay && (routed || info.can_resume_natively)) {
    const bool asked_for = plan_.continuation.mode == ContinuationMode::native;
    resume_token_ = resumable_session(asked_for ? Behind::too : Behind::not_at_all);
    const bool enough = !resume_token_.empty() || plan_.continuation.mode == ContinuationMode::native;
    if (enough && !routed) return ask_to_begin();
  }
  session_.with_transcript([this, self = shared_from_this()](Result<Transcript> said) {
    if (phase_ != Phase::preflight || session_.abandoned()) return;
    if (!said) return std::exchange(accepted_, nullptr)(std::move(said).error().with_context("run " + row_->run.id));
    const Transcript cut = truncate(std::move(*said), limits_of(plan_.continuation));
    if (!cut.messages.empty()) prompt_transcript_ = to_text(boost::json::value(to_prompt_json(cut)));
    ask_to_begin();
  });
}

// The session goes on with this run, so a session of the provider's own knows less than the log until the provider has
// named one in this run.
void RunExecution::leave_native_session_behind() {
  boost::json::value* sessions = session_.session().metadata.if_contains("provider_sessions");
  if (sessions == nullptr || !sessions->is_object()) return;
  boost::json::value* mine = sessions->get_object().if_contains(names_->provider);
  if (mine == nullptr || !mine->is_object() || !find_string(mine->get_object(), "provider_session_id")) return;
  mine->get_object()[kBehind] = true;
  writer_.stage_session(session_.row());
}

void RunExecution::ask_to_begin() {
  if (cause_) return refuse({});  // somebody was quicker
  if (plan_.policy.empty()) return with_snapshot([this] { write_beginning({}); });
  CallWatch::Scope watched(engine_.watch, {"policies", "begin", &session_});
  auto judge = RunJudge::begin(plan_.policy, session_.session(), row_->run);
  if (watched.end()) return drop();
  if (!judge) {
    return std::exchange(accepted_, nullptr)(std::move(judge).error().with_context("run " + row_->run.id));
  }
  judge_ = std::move(*judge);
  judge_->report_calls_to(engine_.observer);
  judge_->watch_observe(kSlowObserve, [this](const std::string& policy, std::chrono::nanoseconds took) {
    observed_slowly(policy, took);
  });
  preflight();
}

void RunExecution::observed_slowly(const std::string& policy, std::chrono::nanoseconds took) {
  engine_.counters->slow_observes.fetch_add(1, std::memory_order_relaxed);
  if (!slow_policies_.insert(policy).second) return;
  engine_.log(log_line(
      ASMGR_LOG_WARN,
      "policy '" + policy + "' took " + std::to_string(std::chrono::ceil<std::chrono::milliseconds>(took).count()) +
          " ms over one event of run " + row_->run.id + "; every event of the run waits for it (said once per run)",
      policy));
}

void RunExecution::preflight() {
  std::size_t characters = 0;
  const boost::json::value& input = row_->verbatim_input ? *row_->verbatim_input : row_->run.input;
  for (const InputMessage& message : input_messages(input)) {
    characters += message.parts.empty() ? message.content.size() : characters_of_parts(message.parts);
  }
  characters += prompt_transcript_.size();
  auto enforcement = std::make_shared<Enforcement>();
  ask_policies(
      "preflight",
      [text = to_text(estimate_of(plan_, characters)), enforcement, provider = plan_.provider](RunJudge& judge) {
        *enforcement = enforce(judge.policy(), provider->info());
        return judge.preflight(text);
      },
      [this, enforcement](Judgement judgement) {
        keep_effective_policy(std::move(*enforcement));
        preflighted(std::move(judgement));
      });
}

void RunExecution::preflighted(Judgement judgement) {
  if (phase_ != Phase::preflight) return;
  if (judgement.action > PolicyAction::warn || cause_) return refuse(judgement);
  record_violations(judgement);
  asked_ = without_repeats(std::move(judgement.holds));
  if (resumed_) keep_holds();
  with_snapshot([this] { asked_.empty() ? write_beginning({}) : ask_for_holds(); });
}

// Refused before anything was spent: pending -> failed (or cancelled, when somebody was quicker), without run_started.
void RunExecution::refuse(const Judgement& judgement) {
  snapshot_before_.reset();  // nothing has happened in it
  if (resumed_) stage_going_on();
  record_violations(judgement);
  phase_ = Phase::running;
  if (!cause_) cause_ = EndCause{EndCause::Kind::failed, violation_error_, std::nullopt, {}};
  if (accepted_) {
    writer_.when_durable([this, self = shared_from_this()](const Result<void>& durable) {
      if (accepted_) std::exchange(accepted_, nullptr)(durable);
    });
  }
  finalize(std::nullopt, {});
}

void RunExecution::stage_first_beginning() {
  row_->run.status = RunStatus::running;
  row_->run.started_at = engine_.clock.now();
  row_->run.provider = names_->provider;
  if (plan_.negotiation) row_->run.metadata["capabilities"] = to_json(*plan_.negotiation);
  if (!plan_.warnings.empty()) row_->run.metadata["warnings"] = to_json_array(plan_.warnings);
  if (snapshot_before_) {
    row_->run.metadata["workspace"] = workspace_json(*snapshot_before_, {});
    say(EventType::workspace_snapshot_taken, snapshot_event(*snapshot_before_));
  }
  for (const InputMessage& message : input_messages(row_->run.input)) {
    boost::json::object data;
    data["role"] = message.role;
    data["content"] = message.content;
    if (!message.parts.empty()) data["parts"] = message.parts;
    say(EventType::message_sent, std::move(data));
  }
  boost::json::object started;
  started["provider"] = names_->provider;
  started["attempt"] = 1;
  say(EventType::run_started, std::move(started));
}

void RunExecution::write_beginning(const std::vector<Hold>& holds) {
  phase_ = Phase::beginning;
  if (!holds.empty()) writer_.seal();
  if (resumed_) {
    stage_going_on();
  } else {
    stage_first_beginning();
    leave_native_session_behind();
  }
  writer_.stage_run(row_);
  if (input_is_redacted(row_->run)) writer_.stage_record(forget_input(row_->run, session_.session().tenant));
  if (queue_entry_) {
    Record entry = *queue_entry_;
    entry.status = "running";
    entry.body.clear();  // what waited for its turn is in the log now
    entry.version = queue_entry_->version + 1;
    writer_.stage_record(RecordWrite{entry, kVersionAny, RecordWrite::Kind::put, 0, 0});
    queue_entry_ = std::move(entry);
  }
  for (const Hold& hold : holds) stage_hold(writer_, session_.session(), row_->run.id, hold);
  writer_.when_durable([this, self = shared_from_this(), holds](const Result<void>& durable) {
    if (durable) {
      for (const Hold& hold : holds) holds_.push_back({hold, hold.amount});
      if (accepted_) std::exchange(accepted_, nullptr)(durable);
      return resumed_ ? start_again() : start_provider();
    }
    if (!resumed_) {
      row_->run.status = RunStatus::pending;
      row_->run.started_at = {};
    }
    if (!holds.empty() && durable.error().code() == ErrorCode::policy_violation) {
      return holds_were_taken(durable.error());
    }
    phase_ = Phase::ended;
    if (accepted_) std::exchange(accepted_, nullptr)(durable);
    for (const auto& answer : std::exchange(ended_, {})) answer(durable.error());
  });
  if (!holds.empty()) writer_.seal();
}

// On the run as it begins, and as it is refused.
void RunExecution::keep_effective_policy(Enforcement enforcement) {
  plan_.enforcement = std::move(enforcement);
  boost::json::object effective = effective_policy_json(plan_.policy, *plan_.enforcement);
  redaction_.redact(effective);
  row_->run.metadata["effective_policy"] = std::move(effective);
}

boost::json::object RunExecution::provider_options() {
  boost::json::object options = plan_.adapter_opts;
  if (plan_.enforcement) deep_merge(options, plan_.enforcement->hints);
  return options;
}

}  // namespace asmgr

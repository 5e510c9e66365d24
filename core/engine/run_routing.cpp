// A run whose provider is a router: the target that has it, and what is on record when another one takes over.
#include "core/engine/run_estimate.hpp"
#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/model/json.hpp"
#include "core/model/provider_error.hpp"
#include "core/routing/ill_health.hpp"
#include "core/routing/routed_token.hpp"
#include "core/routing/target_info.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kFailover = "failover";

}  // namespace

const ProviderInfo& RunExecution::serving() const {
  if (target_ != nullptr) return *target_;
  const ProviderInfo& info = plan_.provider->info();
  if (info.targets.empty()) return info;
  const boost::json::object* before = find_object(row_->run.metadata, "routing");
  const auto name = before == nullptr ? std::nullopt : find_string(*before, "routed_provider");
  const ProviderInfo* known = name ? find_leaf(info, *name) : nullptr;
  return known == nullptr ? info : *known;
}

// What the target before emitted stands before this in the session's queue, and what the next one emits after it.
void RunExecution::on_next_target(NextTarget next, const RunChannel::Go& go) {
  if (phase_ != Phase::running || finished_ || cause_ || steering_) {
    return go(Error(ErrorCode::cancelled, "run " + row_->run.id + " is ending"));
  }
  // Whoever asked is gone, and an answer would go to somebody else.
  if (next.failure && (policy_busy_ || !asks_.empty() || !awaited_.empty())) {
    return go(Error(ErrorCode::invalid_operation, "a question of the attempt before is not answered yet"));
  }
  if (next.failure) {
    if (attempt_open_ && !attempt_failed(next.failure->error, next.failure->result_json, true)) return drop();
    routing_["failover_from"] = next.failure->target;
    routing_["failover_reason"] = code_name(next.failure->error.code());
  }
  const std::string& name = next.info->name;
  if (engine_.faults.disabled(name)) {
    return go(Error(ErrorCode::plugin_disabled, "provider '" + name + "' hung " +
                                                    std::to_string(PluginFaults::kDisabledAfter) +
                                                    " times and is not called again until this host restarts"));
  }
  if (next.info->targets.empty() && !begin_target(next)) return drop();
  activity_ns_ = engine_.clock.monotonic_ns();
  arm_timer();
  CallWatch::Scope watched(engine_.watch, {name, "start", &session_});
  go(engine_.last_start->fetch_add(1) + 1);
  if (watched.end()) drop();
}

// False: a policy hung over it, and the session is somebody else's.
bool RunExecution::attempt_failed(const Error& error, std::string_view result_json, bool will_retry) {
  attempt_open_ = false;
  ++failed_attempts_;
  if (!say_pieces(redaction_.ended())) return false;
  if (auto result = parse_json_object(result_json, "result")) settle_usage(*result);
  close_open_tools("in_doubt");
  denied_tools_.clear();
  boost::json::object failed;
  failed["attempt"] = attempt_;
  failed["error_code"] = code_name(error.code());
  failed["error_message"] = error.message();
  failed["will_retry"] = will_retry;
  failed["routed_provider"] = target_->name;
  if (error.provider_error() != nullptr) failed["provider_error"] = to_json(*error.provider_error());
  say(EventType::error_occurred, std::move(failed));
  return true;
}

// False: as above.
bool RunExecution::begin_target(const NextTarget& next) {
  const bool another = target_ != nullptr && !attempt_open_;
  const bool same_target = attempt_open_ && target_->name == next.info->name;
  target_ = next.info;
  attempt_open_ = true;
  if (same_target) return true;  // its next turn
  if (another) {
    if (!begin_another_attempt()) return false;
  } else {
    begin_meter();
  }
  routing_["routed_provider"] = target_->name;
  routing_["attempt"] = attempt_;
  routing_["candidates"] = to_json_array(next.candidates);
  row_->run.metadata["routing"] = routing_;
  writer_.stage_run(row_);
  return true;
}

// False: as above.
bool RunExecution::begin_another_attempt() {
  model_.clear();
  begin_attempt(attempt_ + 1);
  Suspension suspension = read_suspension(row_->run);
  suspension.attempt = attempt_;
  write_suspension(row_->run, suspension);
  erase_suspension(row_->run);
  row_->run.provider_metadata.clear();
  stop_reason_.clear();
  boost::json::object reset;
  reset["attempt"] = attempt_;
  reset["reason"] = kFailover;
  reset["routed_provider"] = target_->name;
  say(EventType::step_reset, reset);
  if (judge_ == nullptr) return true;
  CallWatch::Scope watched(engine_.watch, {"policies", "observe", &session_, WatchedCall::Measured::no});
  judge(EventType::step_reset, reset);
  return !watched.end();
}

// Before the end is written.
void RunExecution::note_end_of_route(FinishStatus status, const boost::json::object& result) {
  if (target_ == nullptr || cause_) return;
  if (status == FinishStatus::failed && attempt_open_) {
    const Error error = error_of_result(result, target_->name);
    if (error.code() != ErrorCode::cancelled) (void)attempt_failed(error, {}, false);
  }
  if (status != FinishStatus::completed) return;
  forget_native_session_of_others();
  if (failed_attempts_ == 0) return;
  boost::json::object recovered;
  recovered["attempt"] = attempt_;
  recovered["routed_provider"] = target_->name;
  if (const auto* from = find(routing_, "failover_from")) recovered["failover_from"] = *from;
  if (const auto* code = find(routing_, "failover_reason")) recovered["error_code"] = *code;
  say(EventType::error_recovered, std::move(recovered));
}

// The session has gone on without it, so that it knows less than the log.
void RunExecution::forget_native_session_of_others() {
  boost::json::value* sessions = session_.session().metadata.if_contains("provider_sessions");
  if (sessions == nullptr || !sessions->is_object()) return;
  const boost::json::object* mine = find_object(sessions->get_object(), names_->provider);
  if (mine == nullptr || find_string(*mine, "target").value_or("") == target_->name) return;
  sessions->get_object().erase(names_->provider);
  writer_.stage_session(session_.row());
}

// A session that the provider has of its own, as it takes it in a start.
std::string RunExecution::resumable_session(Behind behind) const {
  const ProviderInfo& info = plan_.provider->info();
  const boost::json::object* known = find_object(session_.session().metadata, "provider_sessions");
  const boost::json::object* mine = known == nullptr ? nullptr : find_object(*known, info.name);
  const bool will_do = mine != nullptr && (behind == Behind::too || find_bool(*mine, kBehind) != true);
  const std::string own(will_do ? find_string(*mine, "provider_session_id").value_or("") : "");
  if (info.targets.empty()) return own;
  return mine == nullptr ? "" : to_text(RoutedToken{std::string(find_string(*mine, "target").value_or("")), own});
}

}  // namespace asmgr

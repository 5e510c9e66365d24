// A run's events as they come from its provider: inspect, judge, hand to the write side.
#include <algorithm>

#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/model/json.hpp"
#include "core/pipeline/event_reader.hpp"

namespace asmgr {
namespace {

// What a provider says about its own session, kept where the next run can find it.
struct NativeSession {
  std::string id;
  std::string model;
};
NativeSession native_session(const boost::json::object& data) {
  NativeSession native;
  for (const std::string_view key : {"provider_session_id", "session_id", "thread_id"}) {
    if (auto id = find_string(data, key); id && native.id.empty()) native.id = *id;
  }
  native.model = find_string(data, "model").value_or("");
  return native;
}

}  // namespace

void RunExecution::on_events(EventBatch batch) {
  if (phase_ == Phase::ended || finished_) {
    engine_.counters->late_events.fetch_add(batch.size(), std::memory_order_relaxed);
    link_->returned(batch.size());
    return;
  }
  if (policy_busy_) {  // observe waits while a policy is being asked
    held_.push_back(std::move(batch));
    return;
  }
  activity_ns_ = engine_.clock.monotonic_ns();
  if (!spoke_) observe_first_event();
  const bool judged = judge_ != nullptr;
  std::optional<CallWatch::Scope> watched;
  if (judged) watched.emplace(engine_.watch, WatchedCall{"policies", "observe", &session_, WatchedCall::Measured::no});
  const std::size_t given = batch.size();
  std::size_t ended_here = 0;
  batch = inspect_all(std::move(batch), ended_here);
  if (ended_here != 0) link_->returned(ended_here);
  const std::vector<EventView> views(batch.events().begin(), batch.events().end());
  if (!views.empty()) writer_.stage(std::move(batch), names_, link_, given - ended_here);
  if (judged) {
    for (const EventView& event : views) {
      judge(event);
      if (session_.abandoned()) return;
    }
    if (watched->end()) return drop();
  }
  hold_more();
  (void)park_if_waiting();  // perhaps the last tool has ended
  arm_timer();
}

// Most batches stay as they are; one that loses or gains an event is copied. `ended_here` counts those that are lost.
EventBatch RunExecution::inspect_all(EventBatch batch, std::size_t& ended_here) {
  const std::span<EventView> events = batch.events();
  std::vector<EventView> kept;
  bool differs = false;
  const auto differ_from = [&](std::size_t index) {
    if (!differs) kept.assign(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(index));
    differs = true;
  };
  for (std::size_t i = 0; i < events.size(); ++i) {
    EventView& event = events[i];
    const Fate fate = inspect(event, batch);
    if (fate == Fate::dropped) engine_.counters->dropped_events.fetch_add(1, std::memory_order_relaxed);
    if (fate != Fate::kept) {
      differ_from(i);
      ++ended_here;
      continue;
    }
    for (const RunRedaction::Piece& piece : redaction_.ended_by(event)) {
      differ_from(i);
      EventView view;
      view.type = piece.type;
      view.type_name = type_name(piece.type);
      view.timestamp = event.timestamp;
      view.data = batch.keep(to_text(piece.data));
      kept.push_back(view);
    }
    if (differs) kept.push_back(event);
  }
  if (!differs) return batch;
  EventBatch copy = EventBatch::copy_of(kept);
  // An id that was only room for one comes out of the copy as the caller's own; it is none.
  for (std::size_t i = 0; i < kept.size(); ++i) copy.events()[i].caller_id = kept[i].caller_id;
  return copy;
}

RunExecution::Fate RunExecution::inspect(EventView& event, EventBatch& batch) {
  if (is_reserved_for_engine(event.type)) return Fate::dropped;
  // A stored text is printed byte for byte as one line of JSONL or SSE, so it must be one.
  for (std::string_view* text : {&event.data, &event.metadata}) {
    if (text->find_first_of("\r\n") == std::string_view::npos) continue;
    auto parsed = parse_json_object(*text, "event text");
    if (!parsed) return Fate::dropped;
    *text = batch.keep(to_text(*parsed));
  }
  if (event.type == EventType::run_started) {
    event.type = EventType::provider_started;
    event.type_name = type_name(EventType::provider_started);
  }
  if (redaction_.redact(event, batch) == RunRedaction::Passage::held_back) return Fate::held_back;
  if (!needs_parsing(event)) return Fate::kept;
  return understand(event, batch) ? Fate::kept : Fate::dropped;
}

bool RunExecution::understand(EventView& event, EventBatch& batch) {
  auto data = parse_json_object(event.data, "event data");
  if (!data) return false;
  switch (event.type) {
    case EventType::provider_started:
      merge_provider_started(*data);
      break;
    case EventType::run_completed:
    case EventType::run_failed:
    case EventType::run_cancelled:
    case EventType::run_timeout:
      // Folded into the end of the run, which is written once, by us.
      if (auto reason = find_string(*data, "stop_reason")) stop_reason_ = *reason;
      if (auto cost = find_number(*data, "total_cost_usd")) meter_.settle({}, *cost);
      return false;
    case EventType::token_usage_updated:
      add_usage(*data);
      break;
    case EventType::turn_completed:
      ++row_->run.turn_count;
      if (!holds_.empty()) writer_.stage_run(row_);  // what was used counts also when this host ends before the run
      break;
    case EventType::tool_call_started:
    case EventType::tool_call_completed:
    case EventType::tool_call_failed:
      if (!inspect_tool(event, *data)) return false;
      break;
    default:
      break;
  }
  const std::vector<std::string> warnings = shape_warnings(event.type, *data);
  if (!warnings.empty()) event.metadata = batch.keep(with_warnings(event.metadata, warnings));
  return true;
}

void RunExecution::say(EventType type, boost::json::object data) {
  redaction_.redact(data);
  writer_.stage(type, data, names_);
}

// Policies see the last pieces of what was streamed as they saw the others, while they may still be asked. False: one
// of them hung, and the session is somebody else's.
bool RunExecution::say_pieces(const std::vector<RunRedaction::Piece>& pieces) {
  for (const RunRedaction::Piece& piece : pieces) writer_.stage(piece.type, piece.data, names_);
  if (pieces.empty() || judge_ == nullptr || finished_ || policy_busy_) return true;
  CallWatch::Scope watched(engine_.watch, {"policies", "observe", &session_, WatchedCall::Measured::no});
  for (const RunRedaction::Piece& piece : pieces) judge(piece.type, piece.data);
  return !watched.end();
}

// False for a start that the log has already (written when the call was allowed), and for one of a call that was
// denied.
bool RunExecution::inspect_tool(const EventView& event, const boost::json::object& data) {
  const std::string call(find_string(data, "tool_call_id").value_or(""));
  if (event.type != EventType::tool_call_started) {
    open_tools_.erase(call);
    return true;
  }
  if (!call.empty() && (open_tools_.contains(call) || denied_tools_.contains(call))) return false;
  const boost::json::value* input = find(data, "tool_input");
  open_tools_[call] = OpenTool{std::string(find_string(data, "tool_name").value_or("")),
                               input == nullptr ? boost::json::value(nullptr) : *input, activity_ns_};
  ++tool_calls_;
  return true;
}

void RunExecution::merge_provider_started(const boost::json::object& data) {
  const NativeSession native = native_session(data);
  deep_merge(row_->run.provider_metadata, data);
  if (!native.model.empty()) model_ = native.model;
  meter_.set_model(native.model);
  writer_.stage_run(row_);
  if (native.id.empty() && native.model.empty()) return;
  boost::json::object& metadata = session_.session().metadata;
  boost::json::value& sessions = metadata["provider_sessions"];
  if (!sessions.is_object()) sessions = boost::json::object{};
  boost::json::value& mine = sessions.get_object()[names_->provider];
  if (!mine.is_object()) mine = boost::json::object{};
  if (target_ != nullptr) {
    if (find_string(mine.get_object(), "target").value_or("") != target_->name) mine.get_object().clear();
    mine.get_object()["target"] = target_->name;
  }
  if (!native.id.empty()) {
    mine.get_object()["provider_session_id"] = native.id;
    mine.get_object().erase(kBehind);
  }
  if (!native.model.empty()) mine.get_object()["model"] = native.model;
  writer_.stage_session(session_.row());
}

void RunExecution::add_usage(const boost::json::object& data) {
  if (auto model = find_string(data, "model")) meter_.set_model(*model);
  meter_.add(usage_from_json(data), find_number(data, "cost_usd"));
  count_usage();
  writer_.stage_run(row_);  // what was used counts also when this host ends before the run does
}

// Once per report, not per event: policies ask for the sums with every event.
void RunExecution::count_usage() {
  usage_ = meter_.total();
  cost_ = meter_.cost(*plan_.prices);
  row_->run.token_usage = usage_;
  row_->run.cost_usd = cost_ ? std::optional(cost_->usd()) : std::nullopt;
}

RunUsage RunExecution::usage_so_far() const {
  RunUsage usage;
  usage.tokens = usage_;
  usage.cost_micro_usd = cost_ ? cost_->micro_usd() : -1;
  usage.elapsed_ms = worked_ns() / 1'000'000;
  usage.tool_calls = tool_calls_;
  usage.turns = row_->run.turn_count;
  return usage;
}

void RunExecution::judge(EventType type, const boost::json::object& data) {
  const std::string text = to_text(data);
  EventView event;
  event.type = type;
  event.type_name = type_name(type);
  event.data = text;
  event.session_id = names_->session_id;
  event.run_id = names_->run_id;
  judge(event);
}

void RunExecution::judge(const EventView& event) {
  if (judge_ == nullptr || !judge_->wants(event.type)) return;
  act_on(judge_->observe(event, usage_so_far()), event);
}

void RunExecution::act_on(const Judgement& judgement, const EventView& event) {
  if (judgement.action == PolicyAction::allow && judgement.violations.empty()) return;
  record_violations(judgement);
  if (judgement.action == PolicyAction::request_approval) return approval_wanted_by(judgement, event);
  if (judgement.action > PolicyAction::warn) {
    end(EndCause{EndCause::Kind::failed, violation_error_, std::nullopt, {}});
  }
}

void RunExecution::record_violations(const Judgement& judgement) {
  worst_action_ = std::max(worst_action_, judgement.action);
  // A question to a person ends nothing, once there is something that can wait for the answer.
  const bool asks_only = phase_ == Phase::running && judgement.action == PolicyAction::request_approval;
  for (const JudgedViolation& found : judgement.violations) {
    auto details = parse_json_object(found.violation.details, "details");
    boost::json::object object = details ? std::move(*details) : boost::json::object{};
    const std::string kind(find_string(object, "kind").value_or(found.violation.rule));
    boost::json::object violation;
    violation["policy"] = found.policy;
    violation["kind"] = kind;
    violation["rule"] = found.violation.rule;
    violation["action"] = action_name(found.action);
    violation["message"] = found.violation.message;
    violation["details"] = std::move(object);
    redaction_.redact(violation);
    writer_.stage(EventType::policy_violation, violation, names_);
    violations_.push_back(violation);
    const bool stops = found.action > PolicyAction::warn && found.action == judgement.action;
    if (stops && !violation_error_ && !asks_only) {
      violation_error_ = Error(ErrorCode::policy_violation, "policy '" + found.policy + "': " + found.violation.message)
                             .with_detail("policy", boost::json::value(found.policy))
                             .with_detail("kind", boost::json::value(kind))
                             .with_detail("violation", violation);
    }
  }
  account_for(judgement);
  if (judgement.action > PolicyAction::warn && !violation_error_ && !asks_only) {
    violation_error_ = Error(ErrorCode::policy_violation, "a policy ended the run");
  }
}

}  // namespace asmgr

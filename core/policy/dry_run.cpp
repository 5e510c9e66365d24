#include "core/policy/dry_run.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/cost/estimate.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

using Kind = RecordedLine::Kind;

// What the log has from the engine itself; policies are not asked about it.
bool is_the_engines(const RecordedLine& line) noexcept {
  switch (category_of(line.type)) {
    case EventCategory::session:
    case EventCategory::run:
    case EventCategory::workspace:
    case EventCategory::policy:
    case EventCategory::approval:
      return true;
    default:
      return line.type == EventType::message_sent || line.type == EventType::step_reset ||
             line.type == EventType::error_recovered;
  }
}

std::string text_in(const boost::json::object& object, std::string_view key) {
  return std::string(find_string(object, key).value_or(std::string_view()));
}

std::size_t characters_of(const boost::json::array& messages) {
  std::size_t characters = 0;
  for (const boost::json::value& message : messages) characters += text_in(message.as_object(), "content").size();
  return characters;
}

}  // namespace

struct DryRun::JudgedRun {
  std::unique_ptr<RunJudge> judge;  // null until the first line that is no message of the input
  boost::json::array messages;      // of the input
  UsageMeter meter;
  RunUsage usage;
  std::int64_t began_us = 0;
  std::set<std::string> calls;  // tool calls that were judged
  std::string id;
  std::string session_id;
};

DryRun::DryRun(EffectivePolicy policies, UsageSource source, PriceTable prices)
    : policies_(std::move(policies)), source_(std::move(source)), prices_(std::move(prices)) {}

DryRun::~DryRun() = default;

Result<DryRun::Decisions> DryRun::add(std::string_view text) {
  Result<RecordedLine> line = read_recorded_line(text);
  if (line.has_error()) return line.error();
  switch (line->kind) {
    case Kind::nothing:
      return Decisions{};
    case Kind::header:
      take_header(line->data);
      return Decisions{};
    case Kind::finish:
      runs_.erase(line->run_id);
      return Decisions{};
    case Kind::tool_call:
    case Kind::logged:
    case Kind::played:
      break;
  }
  if (line->kind == Kind::played && line->type == EventType::run_started) line->type = EventType::provider_started;
  if (line->kind != Kind::tool_call) ++summary_.events;
  return add_to_run(*line);
}

void DryRun::take_header(const boost::json::object& header) {
  if (const auto vendor = find_string(header, "vendor")) source_.vendor = *vendor;
  // What the replay provider takes a recording without a word on it for.
  const bool deltas = find_string(header, "usage").value_or("total") == "delta";
  source_.semantics = deltas ? UsageSemantics::delta : UsageSemantics::total;
}

Result<DryRun::Decisions> DryRun::add_to_run(const RecordedLine& line) {
  Decisions decisions;
  JudgedRun& run = runs_[line.run_id];
  if (run.judge == nullptr && line.type == EventType::message_sent) {
    boost::json::object message;
    message["role"] = text_in(line.data, "role");
    message["content"] = text_in(line.data, "content");
    run.messages.push_back(std::move(message));
    return decisions;
  }
  if (run.judge == nullptr) {
    const Result<void> begun = begin(run, line, decisions);
    if (begun.has_error()) return begun.error();
  }
  run.usage.elapsed_ms = std::max(run.usage.elapsed_ms, (line.at_us - run.began_us) / 1000);
  if (line.type == EventType::tool_call_started) {
    judge_tool_call(run, line, decisions);
  } else if (!is_the_engines(line)) {
    judge_event(run, line, decisions);
  }
  if (line.kind == Kind::logged && is_run_terminal(line.type)) runs_.erase(line.run_id);
  return decisions;
}

Result<void> DryRun::begin(JudgedRun& run, const RecordedLine& line, Decisions& out) {
  ++summary_.runs;
  run.began_us = line.at_us;
  run.meter.begin(source_);
  run.id = line.run_id.empty() ? "dry_run" : line.run_id;
  run.session_id = line.session_id.empty() ? "dry_run" : line.session_id;
  Session session;
  session.id = run.session_id;
  session.agent_id = "dry_run";
  Run described;
  described.id = run.id;
  described.session_id = run.session_id;
  boost::json::object input;
  input["messages"] = run.messages;
  described.input = std::move(input);
  Result<std::unique_ptr<RunJudge>> judge = RunJudge::begin(policies_, session, described);
  if (judge.has_error()) return judge.error();
  run.judge = std::move(*judge);
  const ExpectedRun expected{characters_of(run.messages), std::nullopt, source_.vendor, source_.model};
  const Judgement judgement = run.judge->preflight(to_text(estimate_of(expected, prices_)));
  summary_.holds += judgement.holds.size();
  DryRunDecision about;
  about.subject = "preflight";
  about.run_id = line.run_id;
  note(judgement, about, out);
  return {};
}

void DryRun::judge_event(JudgedRun& run, const RecordedLine& line, Decisions& out) {
  if (const auto model = find_string(line.data, "model")) run.meter.set_model(*model);
  if (line.type == EventType::token_usage_updated) {
    run.meter.add(usage_from_json(line.data), find_number(line.data, "cost_usd"));
    run.usage.tokens = run.meter.total();
    const std::optional<Money> cost = run.meter.cost(prices_);
    run.usage.cost_micro_usd = cost ? cost->micro_usd() : -1;
  }
  if (line.type == EventType::turn_completed) ++run.usage.turns;
  (void)observe(run, line, out);
}

// As where a provider asks first: only what is allowed counts as a call and is observed.
void DryRun::judge_tool_call(JudgedRun& run, const RecordedLine& line, Decisions& out) {
  std::string call = text_in(line.data, "tool_call_id");
  if (!call.empty() && !run.calls.insert(call).second) return;
  ++summary_.tool_calls;
  RecordedLine named = line;
  if (call.empty()) {
    call = "call_" + std::to_string(summary_.tool_calls);
    named.data["tool_call_id"] = call;
  }
  DryRunDecision about;
  about.subject = line.type_name;
  about.tool = text_in(line.data, "tool_name");
  about.run_id = line.run_id;
  const Judgement judgement = run.judge->review_tool(to_text(named.data), call);
  const std::size_t before = out.size();
  note(judgement, about, out);
  about.action = judgement.action;
  if (judgement.action <= PolicyAction::warn) {
    ++run.usage.tool_calls;
    about.action = std::max(about.action, observe(run, named, out));
  }
  if (out.size() != before) return;
  if (about.action > PolicyAction::allow) about.message = "for a reason that was given before";
  keep(std::move(about), out);
}

PolicyAction DryRun::observe(JudgedRun& run, const RecordedLine& line, Decisions& out) {
  if (!run.judge->wants(line.type)) return PolicyAction::allow;
  const std::string data = to_text(line.data);
  EventView event;
  event.type = line.type;
  event.type_name = line.type == EventType::unknown ? std::string_view(line.type_name) : type_name(line.type);
  event.timestamp = Timestamp{line.at_us};
  event.session_id = run.session_id;
  event.run_id = run.id;
  event.data = data;
  DryRunDecision about;
  about.subject = event.type_name;
  about.tool = text_in(line.data, "tool_name");
  about.run_id = line.run_id;
  const Judgement judgement = run.judge->observe(event, run.usage);
  note(judgement, about, out);
  return judgement.action;
}

// A rule that was reported before is silent, here as in a run.
void DryRun::note(const Judgement& judgement, const DryRunDecision& about, Decisions& out) {
  for (const JudgedViolation& found : judgement.violations) {
    DryRunDecision decision = about;
    decision.action = found.action;
    decision.policy = found.policy;
    decision.rule = found.violation.rule;
    decision.message = found.violation.message;
    keep(std::move(decision), out);
  }
}

void DryRun::keep(DryRunDecision decision, Decisions& out) {
  ++summary_.decisions.at(static_cast<std::size_t>(decision.action));
  summary_.strictest = std::max(summary_.strictest, decision.action);
  out.push_back(std::move(decision));
}

}  // namespace asmgr

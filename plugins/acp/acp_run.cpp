#include "acp_run.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <utility>

namespace asmgr::acp {
namespace {

namespace json = boost::json;

// Agents write their session down when their input ends; some never leave by themselves.
constexpr std::chrono::milliseconds kExitGrace{1000};

Config config_of_run(Config config, std::string_view options_json) {
  config.agent = agent::with_run_options(std::move(config.agent), options_json);
  return config;
}

agent::AgentOptions options_of(const Config& config) {
  agent::AgentOptions options;
  options.command = agent::make_command(config.agent, {}, exec::StdinSource::kPipe);
  options.timeouts = config.agent.timeouts;
  options.exit_grace = kExitGrace;
  return options;
}

Assignment assignment_of(const sdk::RunContext& context) {
  return {sdk::view(context.run().doc), context.transcript(), context.resume_token()};
}

std::string title_of(const Config& config) {
  return config.agent.command.empty() ? std::string("agent")
                                      : std::filesystem::path(config.agent.command.front()).filename().string();
}

}  // namespace

AcpRun::AcpRun(const Config& config, sdk::BlockingRun& run)
    : config_(config_of_run(config, run.context().options())),
      run_(run),
      events_(run),
      title_(title_of(config_)),
      process_(options_of(config_)),
      conversation_(*this, config_, assignment_of(run.context()), [this](const std::string& id) {
        process_.post([this, id] {
          conversation_.terminal_exited(id);
          note_state();
        });
      }) {}

sdk::RunResult AcpRun::carry_out() {
  const agent::AgentEnd end = process_.run(*this, [this] {
    if (conversation_.is_overdue(Turn::Clock::now())) {
      process_.post([this] {
        conversation_.time_passed(Turn::Clock::now());
        note_state();
      });
    }
    return run_.cancelled();
  });
  conversation_.agent_gone();
  log_oddities();
  return result_of(end);
}

void AcpRun::answer_came() {
  process_.post([this] {
    take_answers();
    note_state();
  });
}

std::string AcpRun::session_token() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return token_;
}

void AcpRun::on_start() {
  conversation_.begin();
  note_state();
}

void AcpRun::on_line(std::string_view line) {
  conversation_.take_line(line);
  note_state();
}

bool AcpRun::on_cancel() {
  const bool ends_by_itself = conversation_.cancel();
  note_state();
  return ends_by_itself;
}

void AcpRun::send(std::string_view line) {
  process_.write_line(line);
}

void AcpRun::emit(std::uint32_t type, const json::object& data) {
  events_.emit(type, data);
}

void AcpRun::emit_named(std::string_view type, const json::object& data) {
  if (stopped_ || events_.stopped()) return;
  const std::string text = json::serialize(data);
  stopped_ = !run_.emit(sdk::event(type, text));
}

std::uint64_t AcpRun::ask(const json::object& tool_call) {
  const std::uint64_t ticket = run_.ask_later(json::serialize(tool_call));
  open_tickets_.push_back(ticket);
  return ticket;
}

void AcpRun::finish_up() {
  process_.finish_up();
}

void AcpRun::take_answers() {
  for (const std::uint64_t ticket : std::vector<std::uint64_t>(open_tickets_)) {
    const std::optional<sdk::Verdict> verdict = run_.take_answer(ticket);
    if (!verdict) continue;
    open_tickets_.erase(std::find(open_tickets_.begin(), open_tickets_.end(), ticket));
    conversation_.answered(ticket, *verdict);
  }
}

void AcpRun::note_state() {
  process_.expect_silence(conversation_.waits());
  if (stopped_ || events_.stopped()) process_.stop("the host takes no more events");
  const AgentSession& session = conversation_.session();
  if (!session.can_be_resumed) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  token_ = session.id;
}

void AcpRun::log_oddities() {
  const json_rpc::Counts& counts = conversation_.counts();
  if (counts.not_json != 0) events_.ignored("lines that are no JSON");
  if (counts.not_messages != 0) events_.ignored("lines that are no messages");
  if (counts.unknown_answers != 0) events_.ignored("answers to nothing");
  if (counts.refused != 0) events_.ignored("requests too many");
  events_.log_ignored("acp");
}

sdk::RunResult AcpRun::result_of(const agent::AgentEnd& end) {
  json::object output;
  output["content"] = conversation_.content();
  json::object result;
  const std::optional<Outcome>& outcome = conversation_.outcome();
  if (outcome && !outcome->stop_reason.empty()) {
    output["stop_reason"] = outcome->stop_reason;
    result["stop_reason"] = outcome->stop_reason;
  }
  result["output"] = std::move(output);
  result["token_usage"] = json::object();
  agent::add_resources(result, end);
  if (!conversation_.session().model.empty()) result["model"] = conversation_.session().model;
  if (const auto cost = conversation_.cost()) result["cost_usd"] = *cost;
  const bool cancelled = outcome ? outcome->status == ASMGR_FINISH_CANCELLED
                                 : end.cause == agent::AgentEndCause::kCancelled || run_.cancelled() ||
                                       end.cause == agent::AgentEndCause::kStopped;
  if (cancelled) return {ASMGR_FINISH_CANCELLED, json::serialize(result)};
  if (outcome && outcome->status == ASMGR_FINISH_COMPLETED) return {outcome->status, json::serialize(result)};
  const agent::AgentProgram program{"acp", title_, "see the agent's own page"};
  result["error"] = outcome && outcome->failure ? error_of_outcome(*outcome->failure, end)
                                                : agent::error_of(end, program, config_.agent);
  return {ASMGR_FINISH_FAILED, json::serialize(result)};
}

json::object AcpRun::error_of_outcome(const Failure& failure, const agent::AgentEnd& end) const {
  const agent::AgentProgram program{"acp", title_, ""};
  json::object provider_error = agent::provider_error(program, failure.kind, failure.message);
  if (failure.http_status != 0) provider_error["status"] = failure.http_status;
  const std::string said = agent::stderr_text(end, config_.agent);
  if (!said.empty()) provider_error["stderr"] = said;
  json::object error = agent::error_object(failure.status, failure.message, std::move(provider_error));
  if (!failure.details.empty()) error["details"] = failure.details;
  return error;
}

}  // namespace asmgr::acp

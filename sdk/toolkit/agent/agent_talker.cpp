#include <asmgr/toolkit/agent_prompt.hpp>
#include <asmgr/toolkit/agent_talker.hpp>
#include <asmgr/toolkit/json_view.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace asmgr::agent {
namespace {

namespace json = boost::json;

AgentOptions talk_options(const AgentConfig& config, const Call& call) {
  AgentOptions options;
  options.command = make_command(
      config, call.arguments, call.stdin_text.empty() ? exec::StdinSource::kEmpty : exec::StdinSource::kPipe, call.env);
  options.timeouts = config.timeouts;
  return options;
}

}  // namespace

TalkRun::TalkRun(const AgentProgram& program, const AgentConfig& config, Call call, sdk::BlockingRun& run,
                 RecentSessions& sessions)
    : program_(program),
      config_(config),
      stdin_text_(call.stdin_text),
      run_(run),
      sessions_(sessions),
      events_(run),
      process_(talk_options(config, call)) {}

sdk::RunResult TalkRun::carry_out(Talk& talk) {
  talk_ = &talk;
  const AgentEnd end = process_.run(*this, [this] { return run_.cancelled(); });
  events_.log_ignored(program_.provider);
  return conclude(end);
}

void TalkRun::on_start() {
  if (stdin_text_.empty()) return;
  process_.write_line(stdin_text_);
  process_.close_stdin();
}

void TalkRun::on_line(std::string_view text) {
  const auto line = parse_object(text);
  if (!line) {
    if (text.find_first_not_of(" \t\r") != std::string_view::npos) events_.ignored("no JSON");
    return;
  }
  talk_->take(*line);
  if (!talk_->session_id().empty()) sessions_.note(run_.context().start(), talk_->session_id());
  if (events_.stopped()) return process_.stop("the host takes no more events");
  const std::string hopeless = talk_->hopeless();
  if (!hopeless.empty()) return process_.stop(hopeless);
  process_.expect_silence(talk_->tools_open());
}

sdk::RunResult TalkRun::conclude(const AgentEnd& end) {
  const int exit_code = end.wait_status ? exec::exit_code(*end.wait_status) : -1;
  TalkOutcome outcome = talk_->outcome(exit_code);
  json::object output;
  output["content"] = outcome.text;
  output["stop_reason"] = outcome.stop_reason;
  json::object result;
  result["output"] = std::move(output);
  if (!outcome.stop_reason.empty()) result["stop_reason"] = outcome.stop_reason;
  if (!outcome.model.empty()) result["model"] = outcome.model;
  if (outcome.cost_usd) result["cost_usd"] = *outcome.cost_usd;
  result["token_usage"] = std::move(outcome.token_usage);
  add_resources(result, end);
  if (end.cause == AgentEndCause::kCancelled || events_.stopped()) {
    return {ASMGR_FINISH_CANCELLED, json::serialize(result)};
  }
  const bool ended_well = end.cause == AgentEndCause::kExited && exit_code == 0;
  if (outcome.complete && !outcome.error && ended_well) return {ASMGR_FINISH_COMPLETED, json::serialize(result)};
  if (end.cause == AgentEndCause::kLimit) outcome.error.reset();  // what it says of its own end is not why it ended
  if (outcome.error) {
    json::object& nested = (*outcome.error)["provider_error"].get_object();
    nested["exit_code"] = exit_code;
    if (const std::string said = stderr_text(end, config_); !said.empty()) nested["stderr"] = said;
  }
  result["error"] = outcome.error ? std::move(*outcome.error) : error_of(end, program_, config_);
  return {ASMGR_FINISH_FAILED, json::serialize(result)};
}

sdk::RunResult TalkProvider::run(sdk::BlockingRun& run) {
  const AgentConfig config = with_run_options(config_, run.context().options());
  TalkRun one(program_, config, call(config, run.context()), run, sessions_);
  const std::unique_ptr<Talk> lines = talk(config, one.events());
  const LiveRuns<TalkRun>::Scope scope(live_, run.context().start(), one);
  return one.carry_out(*lines);
}

void TalkProvider::on_cancel(std::uint64_t start) {
  live_.with(start, [](TalkRun& run) { run.process().cancel(); });
}

std::string TalkProvider::token(std::uint64_t start) {
  return sessions_.of(start);
}

// The programs keep their sessions in files of their own, which they clear away themselves.
void TalkProvider::forget(std::string_view token) {
  static_cast<void>(token);
}

std::string TalkProvider::description(std::string_view vendor, std::string_view capabilities_json) const {
  json::array models;
  if (!config_.model.empty()) models.emplace_back(config_.model);
  return R"({"vendor":)" + sdk::json_quote(vendor) + R"(,"capabilities":)" + std::string(capabilities_json) +
         R"(,"models":)" + json::serialize(models) +
         R"(,"grade":"cancel","usage":"total","heartbeat_ms":0,"goes_on_by":"message","hints":[],"needs":)" +
         needs_json(config_.command, program_.install) + "}";
}

std::string whole_prompt(const sdk::RunContext& context, std::string_view system_prompt) {
  std::string text = prompt_text(read_messages(sdk::view(context.run().doc)));
  if (context.resume_token().empty()) text.insert(0, transcript_introduction(context.transcript()));
  return system_prompt.empty() ? text : std::string(system_prompt) + "\n\n" + text;
}

}  // namespace asmgr::agent

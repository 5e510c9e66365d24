#include "claude_provider.hpp"

#include <asmgr/toolkit/agent_prompt.hpp>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/config.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace asmgr::claude_code {
namespace {

agent::AgentConfig read_config(std::string_view text) {
  const boost::json::object parsed = sdk::parse_config(text);
  agent::AgentConfig config = agent::read_agent_config(
      sdk::Config(parsed), {"claude"},
      {"ANTHROPIC_*", "CLAUDE_*", "AWS_*", "GOOGLE_*", "CLOUD_ML_REGION", "VERTEX_*", "DISABLE_*", "IS_SANDBOX"});
  static_cast<void>(agent::option_arguments(config.options));  // refuses what no command line can carry
  return config;
}

}  // namespace

ClaudeProvider::ClaudeProvider(const sdk::Create& create) : config_(read_config(create.config)) {}

std::string ClaudeProvider::describe() {
  boost::json::array models;
  if (!config_.model.empty()) models.emplace_back(config_.model);
  return R"({"vendor":"anthropic","capabilities":[)"
         R"({"name":"streaming","type":"sampling"},{"name":"system_prompts","type":"prompt"},)"
         R"({"name":"interrupt","type":"sampling"},{"name":"tool_use","type":"tool"},{"name":"mcp","type":"tool"},)"
         R"({"name":"vision","type":"resource"},{"name":"file_operations","type":"file_access"},)"
         R"({"name":"command_execution","type":"code_execution"}],"models":)" +
         boost::json::serialize(models) +
         R"(,"grade":"intercept","usage":"total","heartbeat_ms":0,"goes_on_by":"message","hints":[],"needs":)" +
         agent::needs_json(config_.command, kClaudeCode.install) + "}";
}

sdk::RunResult ClaudeProvider::run(sdk::BlockingRun& run) {
  const agent::AgentConfig config = agent::with_run_options(config_, run.context().options());
  ClaudeRun one(config, run, sessions_);
  const agent::LiveRuns<ClaudeRun>::Scope scope(live_, run.context().start(), one);
  return one.carry_out();
}

void ClaudeProvider::on_cancel(std::uint64_t start) {
  live_.with(start, [](ClaudeRun& run) { run.process().cancel(); });
}

void ClaudeProvider::on_answer(std::uint64_t start) {
  live_.with(start, [](ClaudeRun& run) { run.process().post([&run] { run.take_answers(); }); });
}

void ClaudeProvider::inject(std::uint64_t start, std::string_view message_json) {
  const agent::Message message = agent::read_message(message_json);
  const bool live =
      live_.with(start, [&](ClaudeRun& run) { run.process().post([&run, message] { run.say_more(message); }); });
  if (!live) throw sdk::StatusError(ASMGR_E_RUN_NOT_FOUND, "the run is over: nobody is left to read the message");
}

std::string ClaudeProvider::token(std::uint64_t start) {
  return sessions_.of(start);
}

// Its sessions are files of its own, which it clears away by its own settings.
void ClaudeProvider::forget(std::string_view token) {
  static_cast<void>(token);
}

}  // namespace asmgr::claude_code

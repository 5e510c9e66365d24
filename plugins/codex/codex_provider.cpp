#include "codex_provider.hpp"

#include <asmgr/toolkit/agent_prompt.hpp>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/config.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "app_server_run.hpp"
#include "codex_errors.hpp"
#include "exec_run.hpp"

namespace asmgr::codex {

CodexProvider::CodexProvider(const sdk::Create& create) : CodexProvider(sdk::parse_config(create.config)) {}

CodexProvider::CodexProvider(const boost::json::object& config)
    : config_(agent::read_agent_config(sdk::Config(config), {"codex"}, {"CODEX_*", "OPENAI_*", "AZURE_OPENAI_*"})),
      mode_(sdk::Config(config).text_or("mode", "app_server") == "exec" ? Mode::kExec : Mode::kAppServer) {
  if (mode_ == Mode::kExec) static_cast<void>(agent::option_arguments(config_.options));  // refuses objects
}

std::string CodexProvider::describe() {
  boost::json::array models;
  if (!config_.model.empty()) models.emplace_back(config_.model);
  const std::string grade = mode_ == Mode::kExec ? "cancel" : "intercept";
  return R"({"vendor":"openai","capabilities":[)"
         R"({"name":"streaming","type":"sampling"},{"name":"interrupt","type":"sampling"},)"
         R"({"name":"tool_use","type":"tool"},{"name":"mcp","type":"tool"},{"name":"file_operations","type":"tool"},)"
         R"({"name":"bash","type":"tool"},{"name":"command_execution","type":"code_execution"}],"models":)" +
         boost::json::serialize(models) + R"(,"grade":")" + grade +
         R"(","usage":"total","heartbeat_ms":0,"goes_on_by":"message","hints":[],"needs":)" +
         agent::needs_json(config_.command, kCodex.install) + "}";
}

sdk::RunResult CodexProvider::run(sdk::BlockingRun& run) {
  const agent::AgentConfig config = agent::with_run_options(config_, run.context().options());
  std::unique_ptr<CodexRun> one;
  if (mode_ == Mode::kExec) {
    one = std::make_unique<ExecRun>(config, run, sessions_);
  } else {
    one = std::make_unique<AppServerRun>(config, run, sessions_);
  }
  const agent::LiveRuns<CodexRun>::Scope scope(live_, run.context().start(), *one);
  return one->carry_out();
}

void CodexProvider::on_cancel(std::uint64_t start) {
  live_.with(start, [](CodexRun& run) { run.process().cancel(); });
}

void CodexProvider::on_answer(std::uint64_t start) {
  live_.with(start, [](CodexRun& run) { run.process().post([&run] { run.take_answers(); }); });
}

void CodexProvider::inject(std::uint64_t start, std::string_view message_json) {
  if (mode_ == Mode::kExec) {
    throw sdk::StatusError(ASMGR_E_UNSUPPORTED, "Codex cannot be told more in mode exec; use mode app_server");
  }
  const agent::Message message = agent::read_message(message_json);
  const bool live =
      live_.with(start, [&](CodexRun& run) { run.process().post([&run, message] { run.say_more(message); }); });
  if (!live) throw sdk::StatusError(ASMGR_E_RUN_NOT_FOUND, "the run is over: nobody is left to read the message");
}

std::string CodexProvider::token(std::uint64_t start) {
  return sessions_.of(start);
}

// Its threads are files of its own.
void CodexProvider::forget(std::string_view token) {
  static_cast<void>(token);
}

}  // namespace asmgr::codex

#include "acp_provider.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace asmgr::acp {
namespace {

namespace json = boost::json;

json::object capability(const char* name, const char* type, const char* description) {
  json::object made;
  made["name"] = name;
  made["type"] = type;
  made["enabled"] = true;
  made["description"] = description;
  return made;
}

}  // namespace

AcpProvider::AcpProvider(const sdk::Create& create) : config_(read_config(create.config)) {}

std::string AcpProvider::describe() {
  json::array capabilities;
  capabilities.push_back(capability("streaming", "sampling", "Messages arrive as they are written"));
  capabilities.push_back(capability("tool_use", "tool", "The agent uses tools of its own, and asks first"));
  capabilities.push_back(capability("interrupt", "sampling", "A turn is ended by the agent itself"));
  capabilities.push_back(capability("mcp", "tool", "The agent reaches the MCP servers it is told of"));
  json::object made;
  made["vendor"] = "acp";
  made["capabilities"] = std::move(capabilities);
  json::array models;
  if (!config_.agent.model.empty()) models.push_back(json::value(config_.agent.model));
  made["models"] = std::move(models);
  made["grade"] = "intercept";
  made["usage"] = "delta";
  made["heartbeat_ms"] = 0;
  made["goes_on_by"] = "message";
  made["hints"] = json::array();
  json::array needs;
  if (!config_.agent.command.empty()) {
    json::object program;
    program["program"] = config_.agent.command.front();
    needs.push_back(std::move(program));
  }
  made["needs"] = std::move(needs);
  return json::serialize(made);
}

sdk::RunResult AcpProvider::run(sdk::BlockingRun& run) {
  AcpRun mine(config_, run);
  const agent::LiveRuns<AcpRun>::Scope known(live_, run.context().start(), mine);
  return mine.carry_out();
}

void AcpProvider::on_cancel(std::uint64_t start) {
  live_.with(start, [](AcpRun& run) { run.cancel(); });
}

void AcpProvider::on_answer(std::uint64_t start) {
  live_.with(start, [](AcpRun& run) { run.answer_came(); });
}

std::string AcpProvider::token(std::uint64_t start) {
  std::string found;
  live_.with(start, [&](AcpRun& run) { found = run.session_token(); });
  return found;
}

// Only a running agent could delete a session of its own.
void AcpProvider::forget(std::string_view) {}

}  // namespace asmgr::acp

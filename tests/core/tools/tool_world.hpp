// A session manager whose provider is a model with tools: it wants those that its turns name, then says "done".
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/model/json.hpp"
#include "core/tools/tool_loop.hpp"
#include "tests/core/engine/support/approval_world.hpp"
#include "tests/core/tools/fake_tool_server.hpp"

namespace asmgr::testing {

// A model that wants the tools that its turns name, then says "done".
class ToolWorld : public ApprovalWorld {
 public:
  using Turns = std::vector<std::string>;  // the `tool_calls` of each turn

  explicit ToolWorld(Turns turns, ToolLoopOptions options = {}, const std::string& store_plugin = "memory")
      : ApprovalWorld([this, turns](ScriptedRun& run) { play(run, turns); }, store_plugin, EnforcementGrade::own) {
    server = std::make_shared<FakeToolServer>();
    server->add("echo", [](const boost::json::object& input, const FakeToolServer::Answer& answer) {
      answer({false, boost::json::string(find_string(input, "text").value_or("nothing"))});
    });
    auto tools = std::make_shared<const ToolSet>(std::vector<std::shared_ptr<ToolServer>>{server},
                                                 std::vector<std::string>{"*"});
    wiring.pipelines["default"].around_provider = [tools, options](std::shared_ptr<Provider> inner) {
      return std::make_shared<ToolLoop>(std::move(inner), tools, options);
    };
  }

  struct Seen {
    std::uint32_t turn = 0;
    std::string transcript;
    std::string tools;
  };
  std::shared_ptr<FakeToolServer> server;
  std::function<bool(ScriptedRun&)> instead_of_turn;  // true: it has ended the turn

  std::vector<Seen> seen() {
    const std::lock_guard lock(seen_mutex_);
    return seen_;
  }
  std::string transcript_of(std::size_t turn) { return seen().at(turn - 1).transcript; }
  Result<RunResult> execute_one() {
    session = active_session();
    return execute(pending_run(session));
  }
  Result<Run> cancel(const std::string& run) {
    CancelRunOptions options;
    options.run_id = run;
    return manager().cancel_run(options);
  }
  std::vector<std::string> types_of_tools() {
    std::vector<std::string> types;
    for (const std::string& type : checked_types(session)) {
      if (type.starts_with("tool_") || type == "step_started") types.push_back(type);
    }
    return types;
  }
  std::string session;

 private:
  void play(ScriptedRun& run, const Turns& turns) {
    const RunContext& context = run.context();
    {
      const std::lock_guard lock(seen_mutex_);
      seen_.push_back({context.turn, context.transcript, context.tools});
    }
    if (instead_of_turn && instead_of_turn(run)) return;
    if (context.turn > turns.size()) {
      run.text("done");
      return run.finish(FinishStatus::completed, R"({"output":{"content":"done"},"token_usage":{"input_tokens":10}})");
    }
    run.finish(FinishStatus::tool_calls, R"({"output":{"content":"let me see"},"token_usage":{"input_tokens":5},)"
                                         R"("tool_calls":)" +
                                             turns[context.turn - 1] + "}");
  }

  std::mutex seen_mutex_;
  std::vector<Seen> seen_;
};

inline std::string wanted(const std::string& tool, const std::string& input = "{}", const std::string& id = "c1") {
  return R"([{"id":")" + id + R"(","name":"mcp__fake__)" + tool + R"(","input":)" + input + "}]";
}

}  // namespace asmgr::testing

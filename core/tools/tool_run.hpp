// One run of a ToolLoop: model call, tools, model call, ...
//
// Called from threads of the provider, the engine and the tool servers at once. The lock is never held while anything
// else is called.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/model/usage.hpp"
#include "core/tools/tool_loop.hpp"
#include "core/tools/turn_messages.hpp"

namespace asmgr {

class ToolTurn;

class ToolRun : public std::enable_shared_from_this<ToolRun> {
 public:
  // `context` lives until its finish has returned, which this calls once. Errors: validation_error for a transcript
  // that is none.
  [[nodiscard]] static Result<std::shared_ptr<ToolRun>> of(std::shared_ptr<Provider> provider,
                                                           std::shared_ptr<const ToolSet> tools,
                                                           const ToolLoopOptions& options, const RunContext& context);

  void begin();
  void cancel();
  void resume();
  [[nodiscard]] Result<void> resolve(std::uint64_t ticket, ToolVerdict verdict, std::string_view note,
                                     std::string_view edited_input_json);
  [[nodiscard]] Result<void> steer(std::string_view message_json);
  [[nodiscard]] Result<std::string> resume_token();

  // -- from a model call --
  EmitAnswer emit(std::span<const EventView> events, EmitMode mode);
  void ask(std::uint64_t ticket, std::string_view tool_call_json);
  void misbehaved(std::string_view what);
  void next_target(NextTarget next, RunChannel::Go go);
  void turn_ended(FinishStatus status, std::string_view result_json, bool said_usage);

 private:
  enum class Phase : std::uint8_t { asking_for_tools, model, tools, paused, ended };
  enum class CallState : std::uint8_t { asked, allowed, running, done };
  struct Call {
    ModelCall call;
    CallState state = CallState::asked;
    std::uint64_t handle = 0;  // of its server, while it runs; 0 = not known yet
    ToolOutcome result;
  };
  struct Start {
    std::size_t index = 0;
    ModelCall call;
  };

  ToolRun(std::shared_ptr<Provider> provider, std::shared_ptr<const ToolSet> tools, const ToolLoopOptions& options,
          const RunContext& context, TurnMessages messages);

  void offered(Result<OfferedTools> offered);
  void start_turn();
  void run_calls(std::vector<ModelCall> calls, std::string_view said);
  void start_allowed();
  void run_call(const Start& start);
  void call_ended(std::size_t index, ToolOutcome result);
  void note_done(std::size_t index, ToolOutcome result);
  void tell(const ModelCall& call, const ToolOutcome& result);
  void tools_ended();
  void count_usage(const boost::json::object& result);
  [[nodiscard]] std::string with_usage_of_all(boost::json::object result);
  void end(FinishStatus status, const std::string& result_json);
  void fail(const Error& error);

  const std::shared_ptr<Provider> provider_;
  const std::shared_ptr<const ToolSet> tools_;
  const ToolLoopOptions options_;
  const RunContext& outer_;  // not touched once ended
  const std::int64_t max_turns_;

  std::mutex mutex_;
  Phase phase_ = Phase::asking_for_tools;
  bool cancelled_ = false;
  bool room_ = true;  // the engine has not asked for a pause
  std::uint32_t turn_ = 0;
  std::uint64_t start_ = 0;  // of the last model call
  OfferedTools offered_;
  TurnMessages messages_;
  std::vector<Call> calls_;  // of this turn
  std::size_t running_ = 0;
  TokenUsage usage_;         // of the model calls that ended
  bool usage_known_ = true;  // each of them said it
  double cost_usd_ = 0;
  bool cost_known_ = true;
};

}  // namespace asmgr

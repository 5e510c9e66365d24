// One run of a ToolLoop: model call, tools, model call, ...
//
// Called from threads of the provider, the engine and the tool servers at once. The lock is never held while anything
// else is called. The end of the run is said to the engine once nothing else is being said to it: afterwards its
// context may be gone.
#pragma once

#include <cstdint>
#include <functional>
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
  void turn_ended(const RunContext& turn, FinishStatus status, std::string_view result_json, bool said_usage);

 private:
  // `model_is_due`: the next model call waits for room in the engine, or is about to begin.
  enum class Phase : std::uint8_t { asking_for_tools, model_is_due, model, tools, ended };
  enum class CallState : std::uint8_t { asked, allowed, running, done };
  struct Call {
    ModelCall call;
    CallState state = CallState::asked;
    std::uint64_t handle = 0;  // of its server, while it runs; 0 = not known yet
    ToolOutcome result;
  };
  // One of the calls of a turn: what comes late for one that is over finds no such call any more.
  struct Place {
    std::uint32_t turn = 0;
    std::size_t index = 0;
  };
  // Our own questions are told from those of the provider by this bit of their ticket.
  static constexpr std::uint64_t kOurs = std::uint64_t{1} << 63U;

  struct Ending {
    FinishStatus status;
    std::string result_json;
  };

  ToolRun(std::shared_ptr<Provider> provider, std::shared_ptr<const ToolSet> tools, const ToolLoopOptions& options,
          const RunContext& context, TurnMessages messages, std::vector<ModelCall> left);

  void offered(Result<OfferedTools> offered);
  void start_turn();
  [[nodiscard]] std::shared_ptr<ToolTurn> next_turn();
  void go_on_with_left();
  void count_usage(const boost::json::object& result);
  [[nodiscard]] std::string with_usage_of_all(boost::json::object result);

  void run_calls(std::uint32_t turn, const std::vector<ModelCall>& calls, std::string_view said);
  void ask_about(std::uint32_t turn, const std::vector<ModelCall>& calls);
  void expect(const std::vector<ModelCall>& calls);
  void start_allowed();
  void run_call(const Place& place, const ModelCall& call);
  void call_ended(const Place& place, ToolOutcome result);
  void note_done(const Place& place, ToolOutcome result);
  void tell(const ModelCall& call, const ToolOutcome& result);
  // The call that `place` names, when it is of this turn; the lock is held.
  [[nodiscard]] Call* call_at(const Place& place);

  // Calls `say` unless the run has ended; whether it did. The end waits for it.
  bool speak(const std::function<void()>& say);
  void emit_one(EventType type, const std::string& data);
  void end(FinishStatus status, std::string result_json);
  void fail(const Error& error);

  const std::shared_ptr<Provider> provider_;
  const std::shared_ptr<const ToolSet> tools_;
  const ToolLoopOptions options_;
  const RunContext& outer_;  // not touched once ended
  const std::int64_t max_turns_;

  std::mutex mutex_;
  Phase phase_ = Phase::asking_for_tools;
  bool cancelled_ = false;
  bool room_ = true;            // the engine has not asked for a pause
  std::uint64_t resumes_ = 0;   // how often it has said that there is room
  std::size_t speaking_ = 0;    // threads that are saying something to the engine
  std::optional<Ending> owed_;  // what it is told when they are done
  std::uint32_t turn_ = 0;
  std::uint64_t start_ = 0;  // of the last model call
  OfferedTools offered_;
  TurnMessages messages_;
  std::vector<ModelCall> left_;  // that it goes on with, instead of with a model call
  std::vector<Call> calls_;      // of this turn
  std::size_t running_ = 0;
  TokenUsage usage_;         // of the model calls that ended
  bool usage_known_ = true;  // each of them said it
  double cost_usd_ = 0;
  bool cost_known_ = true;
};

}  // namespace asmgr

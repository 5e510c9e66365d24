// A run as `asmgr run` and `asmgr approvals grant` show it: what comes, and how it ended.
#pragma once

#include <chrono>
#include <string>

#include "core/engine/session_manager.hpp"
#include "host/cli/approval_prompt.hpp"
#include "host/cli/command.hpp"
#include "host/cli/event_text.hpp"
#include "host/cli/recording.hpp"
#include "host/cli/rendering.hpp"
#include "host/cli/run_stopper.hpp"

namespace asmgr::cli {

// Takes the events of one run in order, on the console's thread.
class RunFollower {
 public:
  RunFollower(Console& console, RunStopper& stopper) : console_(console), text_(console), stopper_(stopper) {}
  // All of these outlive the follower.
  void render(Rendering& rendering) { rendering_ = &rendering; }
  void record(Recording& recording) { recording_ = &recording; }
  void ask(ApprovalPrompt& prompt) { prompt_ = &prompt; }

  void follow(const EventView& event);
  void finish();
  // The run was stopped for a question that a later run needs answered.
  [[nodiscard]] bool left_a_question() const noexcept { return left_a_question_; }

 private:
  void ask_about(const EventView& event);
  [[nodiscard]] bool is_rendered() const noexcept { return rendering_ != nullptr && rendering_->is_on_screen(); }

  Console& console_;
  EventText text_;
  RunStopper& stopper_;
  Rendering* rendering_ = nullptr;
  Recording* recording_ = nullptr;
  ApprovalPrompt* prompt_ = nullptr;
  bool over_ = false;
  bool left_a_question_ = false;
  std::string line_;
};

// How the run ended, in the format asked for, and the exit code for it.
[[nodiscard]] ExitCode report_run(Invocation& invocation, const RunResult& result, const RunFollower& follower,
                                  std::chrono::milliseconds elapsed);
// The run was not carried out. jsonl ends with a result in every case, so it gets one that says so.
[[nodiscard]] Result<ExitCode> report_refusal(Invocation& invocation, const Error& error);

}  // namespace asmgr::cli

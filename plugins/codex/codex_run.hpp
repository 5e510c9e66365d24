// One run of Codex, whichever way it is talked to.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_process.hpp>
#include <asmgr/toolkit/agent_prompt.hpp>

namespace asmgr::codex {

class CodexRun {
 public:
  virtual ~CodexRun() = default;
  virtual sdk::RunResult carry_out() = 0;
  // Any thread: tells the run of something by post or cancel.
  virtual agent::AgentProcess& process() noexcept = 0;
  // The run's thread, by way of process().post.
  virtual void take_answers() {}
  virtual void say_more(const agent::Message& message) { static_cast<void>(message); }
};

}  // namespace asmgr::codex

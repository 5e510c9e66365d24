// One run of the `acp` provider: an agent program and the conversation with it.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_process.hpp>
#include <asmgr/toolkit/agent_report.hpp>
#include <boost/json/object.hpp>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "config.hpp"
#include "conversation.hpp"
#include "outlet.hpp"

namespace asmgr::acp {

// Lives on the run's own thread; what other threads may call is said.
class AcpRun final : private agent::AgentHandler, private Outlet {
 public:
  // Throws sdk::StatusError for what fails before the agent is started.
  AcpRun(const Config& config, sdk::BlockingRun& run);

  sdk::RunResult carry_out();

  // Any thread.
  void cancel() noexcept { process_.cancel(); }
  // Any thread: an answer has come.
  void answer_came();
  // Any thread: the agent's session, once there is one that it can be given again.
  [[nodiscard]] std::string session_token() const;

 private:
  void on_start() override;
  void on_line(std::string_view line) override;
  bool on_cancel() override;

  void send(std::string_view line) override;
  void emit(std::uint32_t type, const boost::json::object& data) override;
  void emit_named(std::string_view type, const boost::json::object& data) override;
  std::uint64_t ask(const boost::json::object& tool_call) override;
  void ignored(std::string_view what) override { events_.ignored(what); }
  void finish_up() override;

  void take_answers();
  // After everything that may have changed what is waited for.
  void note_state();
  [[nodiscard]] sdk::RunResult result_of(const agent::AgentEnd& end);
  [[nodiscard]] boost::json::object error_of_outcome(const Failure& failure, const agent::AgentEnd& end) const;
  void log_oddities();

  const Config config_;  // with the run's own choices
  sdk::BlockingRun& run_;
  agent::AgentEvents events_;
  const std::string title_;  // the program, for people
  bool stopped_ = false;     // the host takes no more events
  std::vector<std::uint64_t> open_tickets_;
  mutable std::mutex mutex_;
  std::string token_;  // guarded by mutex_
  agent::AgentProcess process_;
  Conversation conversation_;  // last: its terminals post to the process
};

}  // namespace asmgr::acp

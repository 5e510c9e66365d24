// One run of an agent as a conversation: opened, prompted once, ended. Does no I/O of its own but for the files and
// commands that the agent asks for.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/json_rpc.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent_failure.hpp"
#include "config.hpp"
#include "file_requests.hpp"
#include "opening.hpp"
#include "outlet.hpp"
#include "questions.hpp"
#include "terminal_requests.hpp"
#include "turn.hpp"
#include "workspace.hpp"

namespace asmgr::acp {

// What is asked of the agent. Borrows.
struct Assignment {
  std::string_view run_doc;       // JSON
  std::string_view transcript;    // JSON, or empty
  std::string_view resume_token;  // session to go on with, or empty
};

struct Outcome {
  std::uint32_t status = ASMGR_FINISH_FAILED;
  std::string stop_reason;         // empty: the turn did not come to its end
  std::optional<Failure> failure;  // when failed
};

// The run's thread. `outlet`, `config` and what `assignment` shows live longer.
class Conversation {
 public:
  // Throws sdk::StatusError when the working folder cannot be opened. `on_terminal_exit` is called on other threads and
  // must lead to terminal_exited.
  Conversation(Outlet& outlet, const Config& config, const Assignment& assignment, Terminals::OnExit on_terminal_exit);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void begin();
  void take_line(std::string_view line);
  void answered(std::uint64_t ticket, const sdk::Verdict& verdict);
  void terminal_exited(const std::string& id);
  // The run is to end: says so to the agent. False: there is no turn that it could end in its own words.
  bool cancel();
  // The agent is gone. Without an outcome by then the conversation broke off.
  void agent_gone();

  // Something is due that only time brings; see Opening and Turn.
  [[nodiscard]] bool is_overdue(Turn::Clock::time_point now) const {
    return opening_.is_overdue(now) || turn_.has_overdue(now);
  }
  void time_passed(Turn::Clock::time_point now) {
    opening_.time_passed(now);
    turn_.start_overdue(now);
  }
  // The agent has no reason to speak: it runs a tool or waits for an answer.
  [[nodiscard]] bool waits() const { return questions_.any_open() || turn_.tool_runs(); }

  [[nodiscard]] const std::optional<Outcome>& outcome() const { return outcome_; }
  [[nodiscard]] const AgentSession& session() const { return session_; }
  [[nodiscard]] const std::string& content() const { return turn_.content(); }
  // Dollars that the run cost, as far as the agent told.
  [[nodiscard]] std::optional<double> cost() const;
  [[nodiscard]] const json_rpc::Counts& counts() const { return peer_.counts(); }

 private:
  void opened(const AgentSession& session);
  void prompt();
  void prompt_answered(const json_rpc::Answer& answer);
  void take_request(const json_rpc::Request& request);
  void take_notification(const json_rpc::Notification& notification);
  void take_permission_request(const json_rpc::Request& request);
  [[nodiscard]] bool takes_work() const { return prompted_ && !cancelled_ && !outcome_; }
  [[nodiscard]] bool is_ours(const boost::json::value& params) const;
  [[nodiscard]] Outcome outcome_of(const boost::json::object& result) const;
  void announce();
  void conclude(Outcome outcome);
  void fail(Failure failure);

  Outlet& outlet_;
  const Config& config_;
  const Assignment assignment_;
  Workspace workspace_;
  json_rpc::Peer peer_;
  Turn turn_;
  Questions questions_;
  FileRequests files_;
  TerminalRequests terminals_;
  Opening opening_;
  AgentSession session_;
  bool prompted_ = false;
  bool cancelled_ = false;
  std::optional<double> cost_before_;  // of the session, when the prompt was sent
  std::optional<Outcome> outcome_;
};

}  // namespace asmgr::acp

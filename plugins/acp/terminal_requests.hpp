// terminal/*: what an agent runs through the host.
#pragma once

#include <asmgr/toolkit/json_rpc.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <vector>

#include "questions.hpp"
#include "terminals.hpp"
#include "turn.hpp"
#include "workspace.hpp"

namespace asmgr::acp {

// Each command asks as a tool call `execute` {command, cwd}, unless a permission was granted for a call that still runs
// and whose command is this one, word by word. The run's thread, but for on_exit.
class TerminalRequests {
 public:
  static constexpr std::uint64_t kMaxOutputBytes = 1024U * 1024;  // also where the agent names no limit

  // `on_exit` is called on a thread of the terminal's and must lead to `exited` on the run's.
  TerminalRequests(json_rpc::Peer& peer, Turn& turn, Questions& questions, const Workspace& workspace,
                   const std::string& cwd, const TerminalLimits& limits, Terminals::OnExit on_exit);

  // False: a method of terminals that there is not.
  bool take(const json_rpc::Request& request);
  void exited(const std::string& terminal_id);

 private:
  struct Wanted {
    TerminalCommand command;
    std::string text;              // as policies see it
    boost::json::array variables;  // that the agent wants set
  };

  void create(const json_rpc::Request& request);
  void ask_and_create(const json_rpc::Request& request, const Wanted& wanted);
  [[nodiscard]] std::string start(const boost::json::value& request_id, const Wanted& wanted);
  void output(const json_rpc::Request& request);
  void wait(const json_rpc::Request& request);
  void kill(const json_rpc::Request& request);
  void release(const json_rpc::Request& request);
  void end_own_call(const std::string& terminal_id, const TerminalState& state);
  void no_such_terminal(const boost::json::value& request_id, const std::string& terminal_id);

  json_rpc::Peer& peer_;
  Turn& turn_;
  Questions& questions_;
  const Workspace& workspace_;
  const std::string cwd_;  // where commands run that name no folder
  std::uint64_t next_call_ = 1;
  std::map<std::string, std::string> own_calls_;            // terminal -> tool call of ours
  std::multimap<std::string, boost::json::value> waiting_;  // terminal -> requests for its exit
  Terminals terminals_;
};

}  // namespace asmgr::acp

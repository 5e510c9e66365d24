// Asks whoever sits at the terminal about a tool call that waits for approval.
#pragma once

#include <string>

#include "core/engine/session_manager.hpp"
#include "host/cli/console.hpp"
#include "host/cli/signals.hpp"

namespace asmgr::cli {

// Reads lines from `input`, a terminal. On the console's thread, also inside an event callback.
class ApprovalPrompt {
 public:
  ApprovalPrompt(Console& console, SessionManager& manager, const StopSignals& signals, int input)
      : console_(console), manager_(manager), signals_(signals), input_(input) {}

  // Returns once it is decided, here or elsewhere, or when this process is told to stop, or when there is no more
  // input: then it is left pending. `asked` is the data of tool_approval_requested.
  void ask(const boost::json::object& asked);

 private:
  enum class Reply : std::uint8_t { grant, deny, grant_tool, again, leave };
  [[nodiscard]] Reply read_reply(const std::string& approval_id);
  [[nodiscard]] bool is_open(const std::string& approval_id);
  void decide(const std::string& approval_id, Reply reply);

  Console& console_;
  SessionManager& manager_;
  const StopSignals& signals_;
  int input_;
  std::string line_;  // typed so far
};

}  // namespace asmgr::cli

// Asks whoever sits at the terminal about a tool call that waits for approval.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "core/engine/session_manager.hpp"
#include "host/cli/console.hpp"
#include "host/cli/line_input.hpp"
#include "host/cli/signals.hpp"

namespace asmgr::cli {

// What a person answers. "y", "n" or "n REASON", "a", "e".
struct ApprovalReply {
  enum class Kind : std::uint8_t { once, session, deny, edit, unclear };
  Kind kind = Kind::unclear;
  std::string reason;  // of a denial
};
[[nodiscard]] ApprovalReply parse_reply(std::string_view line);

// Reads lines from `input`, a terminal. On the console's thread, also inside an event callback.
class ApprovalPrompt {
 public:
  ApprovalPrompt(Console& console, SessionManager& manager, const StopSignals& signals, int input)
      : console_(console), manager_(manager), signals_(signals), input_(input) {}

  // Returns once it is decided, here or elsewhere, or when this process is told to stop, or when there is no more
  // input: then it is left pending. `asked` is the data of tool_approval_requested.
  void ask(const boost::json::object& asked);

 private:
  struct Question {
    std::string id;
    boost::json::object input;
    std::string draft;  // what was made of the input so far; empty = nothing
  };

  void show(const boost::json::object& asked, const Question& question);
  // True when there is no more to ask.
  [[nodiscard]] bool take_reply(Question& question);
  // A changed input; nothing when it stays as it is, after saying why.
  [[nodiscard]] std::optional<boost::json::object> edited(Question& question);
  [[nodiscard]] std::optional<std::string> changed_text(Question& question);
  [[nodiscard]] std::optional<std::string> typed_text(const Question& question);
  [[nodiscard]] std::optional<std::string> read_line(const std::string& approval_id);
  [[nodiscard]] bool is_open(const std::string& approval_id);
  void decide(DecideApprovalOptions options);

  Console& console_;
  SessionManager& manager_;
  const StopSignals& signals_;
  LineInput input_;
};

}  // namespace asmgr::cli

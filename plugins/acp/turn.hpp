// One turn of an agent, as events: what it says, thinks and does between a prompt and its answer.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "outlet.hpp"
#include "tool_call.hpp"

namespace asmgr::acp {

// A call counts as started when a permission for it is granted or it has ended, or when no permission was asked within
// kAskingTime after its input was known, or within kRunningTime after the agent said that it runs: agents announce a
// call before they ask, and some say that it runs while they do. The run's thread.
class Turn {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kAskingTime{10};
  static constexpr std::chrono::milliseconds kRunningTime{500};

  explicit Turn(Outlet& outlet) : outlet_(outlet) {}

  // The `update` of a session/update.
  void take_update(const boost::json::object& update);
  // What session/prompt answered.
  void take_usage(const boost::json::object& result);

  // The call a permission is asked for; what the question says of it counts too. Known until the end of the turn.
  const ToolCall& asked(const boost::json::object& tool_call);
  void permitted(const std::string& call_id);
  void denied(const std::string& call_id, std::string_view why);
  // The agent asks no more; the call may yet be asked for again or begin.
  void withdrawn(const std::string& call_id);

  // A call that was asked for by us on the agent's behalf, of which no update tells.
  void own_call_started(const std::string& call_id);
  void own_call_ended(const std::string& call_id, const boost::json::value& output, bool is_error);

  // Whether a permission was granted for a call that has not ended and that `fits`.
  template <typename Fits>
  [[nodiscard]] bool is_permitted(Fits&& fits) const {
    for (const auto& [id, entry] : calls_) {
      if (entry.permitted && entry.stage == Stage::kStarted && fits(entry.call)) return true;
    }
    return false;
  }

  // Starts the calls that were not asked for in time.
  void start_overdue(Clock::time_point now);
  [[nodiscard]] bool has_overdue(Clock::time_point now) const;
  [[nodiscard]] bool tool_runs() const;

  // Ends the turn: the last message is finished, and calls that run have failed for this reason.
  void end(std::string_view why_calls_failed);
  // As end, for a turn that did not come to its end: an unfinished message stays unfinished.
  void break_off(std::string_view why_calls_failed);

  // The last message that was said, and what there is of one that is not finished.
  [[nodiscard]] const std::string& content() const { return message_.empty() ? last_message_ : message_; }
  // Costs of the whole session in dollars, as far as the agent told.
  [[nodiscard]] std::optional<double> session_cost() const { return session_cost_; }
  [[nodiscard]] bool denied_something() const { return denied_something_; }

 private:
  enum class Stage { kAnnounced, kAsked, kStarted, kEnded };
  struct Entry {
    ToolCall call;
    Stage stage = Stage::kAnnounced;
    bool permitted = false;
    Clock::time_point input_known{};  // epoch: not yet
    Clock::time_point said_to_run{};  // epoch: not yet
    std::string name;                 // as it was asked or started
  };

  void take_message(const boost::json::object& update);
  void take_thought(const boost::json::object& update);
  void take_call(const boost::json::object& update, bool is_new);
  void take_context_usage(const boost::json::object& update);
  [[nodiscard]] static bool is_overdue(const Entry& entry, Clock::time_point now);
  [[nodiscard]] static bool runs(const Entry& entry);
  Entry& entry_of(const boost::json::object& said, bool is_new);
  void start(Entry& entry);
  void finish(Entry& entry, const boost::json::value& output, bool is_error);
  void fail_running_calls(std::string_view why);
  void finish_message();

  Outlet& outlet_;
  std::map<std::string, Entry> calls_;
  std::string message_;
  std::string message_id_;
  std::string last_message_;
  boost::json::object context_usage_;  // as it was last told of
  std::optional<double> session_cost_;
  bool denied_something_ = false;
};

}  // namespace asmgr::acp

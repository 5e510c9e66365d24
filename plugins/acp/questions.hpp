// The agent's requests that wait for somebody's permission.
#pragma once

#include <asmgr/plugin.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <map>

#include "outlet.hpp"
#include "tool_call.hpp"

namespace asmgr::acp {

// The run's thread.
class Questions {
 public:
  // Called once. `cancelled` is set when nobody will answer any more.
  using Settle = std::function<void(const sdk::Verdict&)>;

  explicit Questions(Outlet& outlet) : outlet_(outlet) {}

  // `request_id` is the agent's, for withdraw.
  void ask(const boost::json::value& request_id, const ToolCall& call, Settle settle);
  // Unknown tickets are ignored.
  void answered(std::uint64_t ticket, const sdk::Verdict& verdict);
  // The agent does not want to know any more: settled as cancelled. False: it did not ask this.
  bool withdraw(const boost::json::value& request_id);
  // Settles all of them as cancelled.
  void cancel_all();

  [[nodiscard]] bool any_open() const { return !open_.empty(); }

 private:
  struct Question {
    boost::json::value request_id;
    std::string call_id;
    std::string tool_name;
    Settle settle;
  };

  Outlet& outlet_;
  std::map<std::uint64_t, Question> open_;
  std::map<std::uint64_t, Question> withdrawn_;  // the host does not know that, and may yet allow the call
};

}  // namespace asmgr::acp

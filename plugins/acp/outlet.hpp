// What a conversation with an agent needs of the run it belongs to.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string_view>

namespace asmgr::acp {

// All functions: on the run's thread, and they throw nothing.
class Outlet {
 public:
  virtual ~Outlet() = default;
  // One message to the agent, without a line end.
  virtual void send(std::string_view line) = 0;
  // `type` is ASMGR_EV_*.
  virtual void emit(std::uint32_t type, const boost::json::object& data) = 0;
  // For events that have no number.
  virtual void emit_named(std::string_view type, const boost::json::object& data) = 0;
  // Asks whether a tool may run: {"tool_call_id","tool_name","tool_input"}. The answer comes later, by
  // Conversation::answered with the ticket returned here, and never from inside this call.
  virtual std::uint64_t ask(const boost::json::object& tool_call) = 0;
  // Something came that means nothing to us.
  virtual void ignored(std::string_view what) = 0;
  // The conversation has come to its end: the agent may leave.
  virtual void finish_up() = 0;
};

}  // namespace asmgr::acp

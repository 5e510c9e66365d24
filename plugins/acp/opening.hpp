// How a conversation with an agent begins: from the first greeting to a session that can be prompted.
#pragma once

#include <asmgr/toolkit/json_rpc.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent_failure.hpp"
#include "config.hpp"

namespace asmgr::acp {

struct AgentSession {
  std::string id;
  bool can_be_resumed = false;
  bool takes_images = false;
  bool was_resumed = false;
  std::string model;  // as far as the agent tells
  std::string mode;
  std::string agent_name;
  std::string agent_version;
};

// initialize, authenticate, session/new (or load, or resume), mode, model: one request after the other. The run's
// thread.
class Opening {
 public:
  using OnOpen = std::function<void(const AgentSession&)>;
  using OnFailure = std::function<void(Failure)>;
  using Clock = std::chrono::steady_clock;
  // Some agents say that a session is loaded and go on repeating it, and say nothing when they are through: that is
  // when nothing has come for so long.
  static constexpr std::chrono::milliseconds kHistoryPause{300};

  // One of the two is called, once, unless the agent ends before. Empty `resume_token`: a new session.
  Opening(json_rpc::Peer& peer, const Config& config, std::string_view resume_token, OnOpen on_open,
          OnFailure on_failure);

  void begin();
  // While a session is being loaded the agent repeats its history, which is no news.
  [[nodiscard]] bool repeats_history() const { return loading_; }
  void history_came() { last_repeated_ = Clock::now(); }
  // Whether time_passed would go on.
  [[nodiscard]] bool is_overdue(Clock::time_point now) const {
    return loaded_ && now - last_repeated_ >= kHistoryPause;
  }
  void time_passed(Clock::time_point now);
  // The request that is open now.
  [[nodiscard]] std::optional<std::int64_t> open_request() const { return open_; }
  [[nodiscard]] const boost::json::array& auth_methods() const { return auth_methods_; }

 private:
  using Next = void (Opening::*)(const boost::json::object& result);

  // Goes on with `next`, or fails "the agent failed DOING".
  void request(std::string_view method, boost::json::object params, std::string doing, Next next);
  void fail(Failure failure);

  void greeted(const boost::json::object& result);
  void authenticate();
  void open_session();
  void session_made(const boost::json::object& result);
  void session_loaded(const boost::json::object& result);
  void session_resumed(const boost::json::object& result);
  void read_session(const boost::json::object& result);
  void set_mode();
  void mode_set(const boost::json::object& result);
  void set_model();
  void model_set(const boost::json::object& result);
  [[nodiscard]] bool check_mcp_servers();

  json_rpc::Peer& peer_;
  const Config& config_;
  std::string resume_token_;
  OnOpen on_open_;
  OnFailure on_failure_;

  AgentSession session_;
  boost::json::array auth_methods_;
  boost::json::object capabilities_;
  boost::json::object said_;  // what the session's request answered
  std::optional<std::int64_t> open_;
  std::string wanted_;  // mode or model being set
  bool loading_ = false;
  std::optional<boost::json::object> loaded_;  // what session/load answered, until its history is through
  Clock::time_point last_repeated_{};
};

}  // namespace asmgr::acp

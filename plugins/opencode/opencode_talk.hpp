// The lines of `opencode run --format json`.
#pragma once

#include <asmgr/toolkit/agent_talker.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace asmgr::opencode {

inline constexpr agent::AgentProgram kOpencode{"opencode", "opencode", "npm install -g opencode-ai"};

class OpencodeTalk final : public agent::Talk {
 public:
  // `max_tries`: how many beginnings of one step are waited for.
  OpencodeTalk(agent::AgentEvents& events, std::string model, std::int64_t max_tries)
      : events_(events), model_(std::move(model)), max_tries_(max_tries) {}

  void take(const boost::json::object& line) override;
  [[nodiscard]] bool tools_open() const override { return false; }  // a tool is heard of when it has ended
  [[nodiscard]] const std::string& session_id() const override { return session_id_; }
  [[nodiscard]] std::string hopeless() const override;
  [[nodiscard]] agent::TalkOutcome outcome(int exit_code) override;

 private:
  void take_session(const boost::json::object& line);
  void take_step_start();
  void take_text(const boost::json::object& part);
  void take_tool(const boost::json::object& part);
  void take_step_finish(const boost::json::object& part);
  void take_error(const boost::json::object& line);
  [[nodiscard]] boost::json::object usage() const;
  [[nodiscard]] bool broken_off(int exit_code) const;

  agent::AgentEvents& events_;
  std::string model_;
  std::int64_t max_tries_;
  std::string session_id_;
  std::string last_text_;
  std::string finish_reason_;  // of the last step that ended
  std::int64_t tries_ = 0;     // beginnings of a step of which nothing has come
  bool step_open_ = false;
  std::string refusal_;  // what the last step says of a tool that nobody was there to permit
  struct {
    std::int64_t input = 0;
    std::int64_t cache_read = 0;
    std::int64_t cache_write = 0;
    std::int64_t output = 0;
    std::int64_t reasoning = 0;
  } tokens_;
  double cost_usd_ = 0;
  std::optional<boost::json::object> error_;
};

}  // namespace asmgr::opencode

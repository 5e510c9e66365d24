// The lines of `amp --execute --stream-json`.
#pragma once

#include <asmgr/toolkit/agent_talker.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>

namespace asmgr::amp {

inline constexpr agent::AgentProgram kAmp{"amp", "Amp", "npm install -g @ampcode/cli"};

class AmpTalk final : public agent::Talk {
 public:
  AmpTalk(agent::AgentEvents& events, std::string model) : events_(events), model_(std::move(model)) {}

  void take(const boost::json::object& line) override;
  [[nodiscard]] bool tools_open() const override { return !running_.empty(); }
  [[nodiscard]] const std::string& session_id() const override { return session_id_; }
  [[nodiscard]] agent::TalkOutcome outcome(int exit_code) override;

 private:
  void take_init(const boost::json::object& line);
  void take_assistant(const boost::json::object& line);
  void take_user(const boost::json::object& line);
  void take_result(const boost::json::object& line);
  void add_usage(const boost::json::object& usage);
  [[nodiscard]] boost::json::object usage() const;

  agent::AgentEvents& events_;
  std::string model_;
  std::string session_id_;
  std::string last_text_;
  std::map<std::string, std::string> running_;  // names of tools by id
  struct Tokens {
    std::int64_t input = 0;
    std::int64_t cache_read = 0;
    std::int64_t cache_write = 0;
    std::int64_t output = 0;
  };
  Tokens tokens_;
  boost::json::object result_;  // the last line, once it has come
};

}  // namespace asmgr::amp

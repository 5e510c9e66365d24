// One run of Codex by way of `codex app-server`: JSON-RPC over its standard streams, without the version field.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_config.hpp>
#include <asmgr/toolkit/agent_process.hpp>
#include <asmgr/toolkit/agent_prompt.hpp>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_rpc.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app_server_output.hpp"
#include "codex_run.hpp"

namespace asmgr::codex {

// Lives on the run's own thread.
class AppServerRun final : public CodexRun, private agent::AgentHandler {
 public:
  // `config` is what holds for this run. Throws sdk::StatusError for an input that cannot be used.
  AppServerRun(const agent::AgentConfig& config, sdk::BlockingRun& run, agent::RecentSessions& sessions);

  sdk::RunResult carry_out() override;
  agent::AgentProcess& process() noexcept override { return process_; }
  void take_answers() override;
  void say_more(const agent::Message& message) override;

 private:
  // A request of Codex's for an approval that has been put to the host.
  struct Question {
    boost::json::value id;
    std::string item_id;
  };

  void on_start() override;
  void on_line(std::string_view line) override;
  bool on_cancel() override;

  void open_thread();
  void take_thread(const boost::json::object& result);
  void start_turn();
  void take_notification(const json_rpc::Notification& notification);
  void take_request(const json_rpc::Request& request);
  void ask(const json_rpc::Request& request, const boost::json::object& params);
  void steer(boost::json::array input);
  // After a turn: another one for what it was not told, or the end.
  void go_on_or_finish();
  void end_turn(const boost::json::object& turn);
  // The run cannot go on: `error` as finish wants it.
  void give_up(boost::json::object error);
  void give_up(const char* request, const json_rpc::Error& error);
  void interrupt();

  [[nodiscard]] bool of_this_thread(const boost::json::object& params) const;
  [[nodiscard]] sdk::RunResult conclude(const agent::AgentEnd& end);

  const agent::AgentConfig& config_;
  sdk::BlockingRun& run_;
  agent::RecentSessions& sessions_;
  agent::AgentEvents events_;
  AppServerOutput output_;
  boost::json::array input_;  // of the turn
  agent::AgentProcess process_;
  json_rpc::Peer peer_;

  std::string thread_id_;
  std::string turn_id_;
  std::string model_;
  bool cancelled_ = false;
  bool turn_asked_for_ = false;
  int steers_pending_ = 0;                       // messages of which nobody knows yet whether this turn takes them
  boost::json::array not_steered_;               // those that it did not
  std::map<std::uint64_t, Question> questions_;  // by ticket
  std::optional<std::string> turn_status_;       // how the turn ended
  std::optional<boost::json::object> error_;
};

}  // namespace asmgr::codex

// Providers of agent programs that only talk: a prompt goes in, lines of JSON come out, and the one way to stop the
// program is to end it. A plugin says how its program is called and what its lines mean.
//
// Link asmgr::toolkit_agent.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_config.hpp>
#include <asmgr/toolkit/agent_process.hpp>
#include <asmgr/toolkit/agent_report.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asmgr::agent {

// How a program is called for one run.
struct Call {
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> env;  // over the configured variables
  std::string stdin_text;                                // written and closed; empty = end of file at once
};

// What a program's lines came to when it had ended.
struct TalkOutcome {
  bool complete = false;            // it said that it had finished its answer, and that it went well
  std::string text;                 // of the answer
  std::string stop_reason;          // empty = not known
  std::string model;                // empty = not known
  boost::json::object token_usage;  // may be empty
  std::optional<double> cost_usd;
  std::optional<boost::json::object> error;  // as finish wants it; without one the way the program ended tells
};

// The lines of one run, on the run's thread.
class Talk {
 public:
  virtual ~Talk() = default;
  virtual void take(const boost::json::object& line) = 0;
  // A tool runs: the program may be silent for long.
  [[nodiscard]] virtual bool tools_open() const = 0;
  // The program's own session, once it is known.
  [[nodiscard]] virtual const std::string& session_id() const = 0;
  // A sentence, once there is no point in waiting for the program any longer; else empty.
  [[nodiscard]] virtual std::string hopeless() const { return {}; }
  // Called once, after the last line. `exit_code` as a shell shows it.
  [[nodiscard]] virtual TalkOutcome outcome(int exit_code) = 0;
};

// A run, from its call to its result.
class TalkRun final : private AgentHandler {
 public:
  TalkRun(const AgentProgram& program, const AgentConfig& config, Call call, sdk::BlockingRun& run,
          RecentSessions& sessions);

  [[nodiscard]] AgentEvents& events() noexcept { return events_; }
  [[nodiscard]] AgentProcess& process() noexcept { return process_; }
  // `talk` emits to events().
  [[nodiscard]] sdk::RunResult carry_out(Talk& talk);

 private:
  void on_start() override;
  void on_line(std::string_view text) override;
  [[nodiscard]] sdk::RunResult conclude(const AgentEnd& end);

  const AgentProgram& program_;
  const AgentConfig& config_;
  std::string stdin_text_;
  sdk::BlockingRun& run_;
  RecentSessions& sessions_;
  AgentEvents events_;
  AgentProcess process_;
  Talk* talk_ = nullptr;
};

// The provider of such a program: grade `cancel`, native resume where the program can. Derive from it.
class TalkProvider : public sdk::BlockingProvider, public sdk::ProviderResume {
 public:
  // `program` lives as long as the provider.
  TalkProvider(const AgentProgram& program, AgentConfig config) : program_(program), config_(std::move(config)) {}

  sdk::RunResult run(sdk::BlockingRun& run) override;
  void on_cancel(std::uint64_t start) override;
  std::string token(std::uint64_t start) override;
  void forget(std::string_view token) override;

 protected:
  [[nodiscard]] const AgentConfig& config() const noexcept { return config_; }
  // The description of a provider of this kind; `capabilities_json` is an array. Usage is reported as totals.
  [[nodiscard]] std::string description(std::string_view vendor, std::string_view capabilities_json) const;

 private:
  // `config` is what holds for this run. Throws sdk::StatusError for an input that cannot be used.
  [[nodiscard]] virtual Call call(const AgentConfig& config, const sdk::RunContext& context) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Talk> talk(const AgentConfig& config, AgentEvents& events) const = 0;

  const AgentProgram& program_;
  const AgentConfig config_;
  LiveRuns<TalkRun> live_;
  RecentSessions sessions_;
};

// The prompt of a run as one text: the system prompt if `system_prompt` is not empty, what was said before where the
// program's own session is not resumed, the input. Throws StatusError as read_messages and prompt_text do.
[[nodiscard]] std::string whole_prompt(const sdk::RunContext& context, std::string_view system_prompt);

}  // namespace asmgr::agent

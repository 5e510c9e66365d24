// One run of the `shell` provider, from its input to its result.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/exec.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "config.hpp"
#include "request.hpp"
#include "utf8_stream.hpp"

namespace asmgr::shell {

// Lives on the run's own thread. `wake_fd` becomes readable on cancel; -1 = there is none.
class ShellRun {
 public:
  ShellRun(const Config& config, sdk::BlockingRun& run, int wake_fd) : config_(config), run_(run), wake_fd_(wake_fd) {}

  // Throws sdk::StatusError for what fails before anything was emitted.
  sdk::RunResult carry_out();

 private:
  bool ask_permission(sdk::Verdict& verdict);
  sdk::RunResult denied(const std::string& note);
  sdk::RunResult not_started(const exec::SpawnError& error);
  sdk::RunResult execute(exec::Child& child);
  sdk::RunResult conclude(const exec::Ended& ended);
  sdk::RunResult failed(asmgr_status status, const std::string& message);
  sdk::RunResult cancelled();

  void stream(std::string text);
  void emit(std::uint32_t type, const boost::json::object& data);
  std::string stop_reason() const;
  boost::json::object tool_call() const;
  boost::json::object tool_result() const;
  std::string result(const boost::json::object& extra) const;

  const Config& config_;
  sdk::BlockingRun& run_;
  int wake_fd_;
  Request request_;
  std::string tool_call_id_;
  bool stopped_ = false;  // the host takes no more events
  bool begun_ = false;    // the command has been started

  Utf8Stream stdout_stream_;
  std::string stdout_;  // UTF-8: exactly what was streamed
  std::string stderr_;
  int exit_code_ = -1;
  bool timed_out_ = false;
  bool truncated_ = false;
  std::int64_t duration_ms_ = 0;
  std::string limit_;              // the one that was passed
  boost::json::object resources_;  // once the command has ended
};

}  // namespace asmgr::shell

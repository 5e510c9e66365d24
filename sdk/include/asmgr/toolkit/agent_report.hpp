// What a run of an agent program tells the host: its events, and what became of it when it did not go well.
//
// Link asmgr::toolkit_agent.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_config.hpp>
#include <asmgr/toolkit/agent_process.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace asmgr::agent {

// Who is run, for messages to people.
struct AgentProgram {
  std::string_view provider;  // in provider_error: "claude", "codex", ...
  std::string_view title;     // "Claude Code"
  std::string_view install;   // a command that installs it
};

// The `needs` of a provider's description (asmgr/abi/provider.h) that runs `command`: a JSON array as text.
[[nodiscard]] std::string needs_json(const std::vector<std::string>& command, std::string_view install);

// Parses one line; nullopt for what is no JSON object. Objects may be nested 256 deep.
[[nodiscard]] std::optional<boost::json::object> parse_object(std::string_view line);

// Members of objects that came from outside: null, "" and 0 where there is none of that type.
[[nodiscard]] const boost::json::object* object_at(const boost::json::object& from, std::string_view key);
[[nodiscard]] const boost::json::array* array_at(const boost::json::object& from, std::string_view key);
[[nodiscard]] std::string_view text_at(const boost::json::object& from, std::string_view key);
[[nodiscard]] std::int64_t integer_at(const boost::json::object& from, std::string_view key);
[[nodiscard]] bool true_at(const boost::json::object& from, std::string_view key);

// Emits the events of one run in order; after the host has said STOP it emits nothing. The run's thread.
class AgentEvents {
 public:
  explicit AgentEvents(sdk::BlockingRun& run) : run_(run) {}

  void emit(std::uint32_t type, const boost::json::object& data);
  // message_streamed / reasoning_streamed; nothing for an empty text.
  void message_delta(std::string_view text);
  void reasoning_delta(std::string_view text);
  void message(std::string_view text);  // message_received of the assistant
  void tool_started(std::string_view id, std::string_view name, const boost::json::value& input);
  void tool_ended(std::string_view id, std::string_view name, const boost::json::value& output, bool is_error);
  // error_occurred for a try that failed and is being repeated: `details` gets "will_retry".
  void retrying(asmgr_status status, std::string_view message, boost::json::object details,
                boost::json::object provider_error);

  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  // Counts what was not understood, by what it was.
  void ignored(std::string_view what);
  // One debug line naming it all, when there was any.
  void log_ignored(std::string_view component) const;

 private:
  sdk::BlockingRun& run_;
  bool stopped_ = false;
  std::map<std::string, std::uint64_t> ignored_;
};

// {"provider","kind","message"}; add what else is known.
[[nodiscard]] boost::json::object provider_error(const AgentProgram& program, std::string_view kind,
                                                 std::string_view message);

// {"code","message","details","provider_error"} as finish wants it.
[[nodiscard]] boost::json::object error_object(asmgr_status status, std::string_view message,
                                               boost::json::object provider_error);

// Why a run failed whose program ended (or never began) without the end of its conversation: not found, not
// executable, exited too early, killed, silent for too long. `config` gives the names of the command and the values of
// variables, which are blotted out where stderr repeats them.
[[nodiscard]] boost::json::object error_of(const AgentEnd& end, const AgentProgram& program, const AgentConfig& config);

// Puts what the program used into the result of a run, as provider_metadata.resources {max_rss_bytes, cpu_user_ms,
// cpu_system_ms, output_bytes, limit?}; nothing when it is not known.
void add_resources(boost::json::object& result, const AgentEnd& end);

// The status for an HTTP status that a program reported: 401/403 authentication, 402 quota, 429 rate limit, 408/504
// timeout, 5xx unavailable, else PROVIDER.
[[nodiscard]] asmgr_status status_of_http(std::int64_t http_status) noexcept;

// The end of a program's stderr for provider_error: valid UTF-8, at most 16 KiB, without the configured secrets.
[[nodiscard]] std::string stderr_text(const AgentEnd& end, const AgentConfig& config);

}  // namespace asmgr::agent

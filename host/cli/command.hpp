// What one command is, and the set of all of them.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/error.hpp"
#include "core/model/time.hpp"
#include "host/cli/console.hpp"
#include "host/cli/exit_codes.hpp"
#include "host/cli/global_options.hpp"
#include "host/cli/host_log.hpp"
#include "host/cli/signals.hpp"

namespace asmgr::cli {

struct Invocation {
  const GlobalOptions& global;
  Console& console;
  StopSignals& signals;
  HostLog& log;    // lives as long as the process: plugins may use it whenever they like
  CLI::App& root;  // the parsed command line, for completion
};

// Its constructor adds its options to its CLI::App; run is called once, when it was the one named. An error is printed
// by the caller of run in the format asked for, and decides the exit code.
class Command {
 public:
  virtual ~Command() = default;
  [[nodiscard]] virtual Result<ExitCode> run(Invocation& invocation) = 0;
};

class CommandSet {
 public:
  explicit CommandSet(CLI::App& root) : root_(root) {}

  // A noun that only holds commands.
  CLI::App& add_group(std::string_view name, std::string_view summary, std::string_view example);
  // A command of type T below `parent`. `example`: one or more command lines, shown by --help.
  template <typename T, typename... Arguments>
  void add(CLI::App& parent, std::string_view name, std::string_view summary, std::string_view example,
           Arguments&&... arguments) {
    CLI::App& app = add_app(parent, name, summary, example);
    commands_[&app] = std::make_unique<T>(app, std::forward<Arguments>(arguments)...);
  }

  [[nodiscard]] CLI::App& root() const noexcept { return root_; }
  // Null for a group.
  [[nodiscard]] Command* find(const CLI::App* app) const;

 private:
  static CLI::App& add_app(CLI::App& parent, std::string_view name, std::string_view summary, std::string_view example);

  CLI::App& root_;
  std::map<const CLI::App*, std::unique_ptr<Command>> commands_;
};

// One per file of commands.
void add_run_command(CommandSet& commands);
void add_step_command(CommandSet& commands);
void add_session_commands(CommandSet& commands);
void add_session_list_command(CommandSet& commands, CLI::App& session);
void add_transcript_command(CommandSet& commands, CLI::App& session);
void add_diff_command(CommandSet& commands, CLI::App& session);
void add_log_commands(CommandSet& commands, CLI::App& session);
void add_run_commands(CommandSet& commands);
void add_events_command(CommandSet& commands);
void add_approval_commands(CommandSet& commands);
void add_usage_command(CommandSet& commands);
void add_audit_command(CommandSet& commands);
void add_work_command(CommandSet& commands);
void add_reload_command(CommandSet& commands);
void add_plugin_commands(CommandSet& commands);
void add_policy_commands(CommandSet& commands);
void add_route_commands(CommandSet& commands);
void add_config_commands(CommandSet& commands);
void add_store_commands(CommandSet& commands);
void add_doctor_command(CommandSet& commands);
void add_completion_command(CommandSet& commands);

// -- for the commands -------------------------------------------------------------------------------------------------

// An error of the command line: exit code 2.
[[nodiscard]] Error usage_error(std::string message);
// "5m" and the like, for an option. Errors: usage.
[[nodiscard]] Result<std::int64_t> parse_duration_option(std::string_view option, const std::string& text);
// "2026-01-02T03:04:05Z"; nothing for an empty text. Errors: usage.
[[nodiscard]] Result<std::optional<Timestamp>> parse_time_option(std::string_view option, const std::string& text);
// An option that may be repeated, one value each time.
CLI::Option* add_repeated(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                          const std::string& summary);
// A JSON object given as an option's text; empty text is an empty object. Errors: usage.
[[nodiscard]] Result<boost::json::object> parse_object_option(std::string_view option, const std::string& text);

}  // namespace asmgr::cli

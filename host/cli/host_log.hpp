// Log lines of the engine and of plugins, to standard error, as text or as JSON.
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/engine/log_line.hpp"
#include "core/plugin/host_services.hpp"
#include "host/cli/global_options.hpp"

namespace spdlog {
class logger;
}

namespace asmgr::cli {

// What a command does with `host.log.level`: a host that stays takes it; one that answers and goes says warnings only.
enum class LogTaste : std::uint8_t { command, host };

// Warnings and errors; with -v also information, with -vv everything; with -q errors only. Any thread.
class HostLog final : public PluginLog {
 public:
  HostLog(const GlobalOptions& options, bool color);
  ~HostLog() override;

  // From `host.log` of the configuration: {level, format}. -v and -q beat the level. Before the first thread that logs,
  // or while nothing else does.
  void configure(const boost::json::object& settings, LogTaste taste);

  // Every line of this process goes through here, the engine's and those of plugins. Never throws: a line that cannot
  // be logged is not worth a run. `fields_json` is an object or empty.
  void write(const LogLine& line, std::string_view fields_json = {}) noexcept;

  // Called before each line, by whoever has something on the screen that must make way. Empty: nobody. When this
  // returns, the one before is not running and never will.
  void on_line(std::function<void()> make_way);

  [[nodiscard]] bool enabled(LogLevel level) const noexcept override;
  void write(LogLevel level, std::string_view component, std::string_view message,
             std::string_view fields_json) noexcept override;
  void flush() noexcept;

 private:
  [[nodiscard]] bool level_was_chosen() const noexcept { return options_.quiet || options_.verbosity > 0; }

  GlobalOptions options_;
  std::atomic<bool> as_json_{false};
  std::mutex mutex_;
  std::function<void()> make_way_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace asmgr::cli

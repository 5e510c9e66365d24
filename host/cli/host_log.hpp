// Log lines of the engine and of plugins, to standard error.
#pragma once

#include <memory>
#include <string_view>

#include "core/plugin/host_services.hpp"
#include "host/cli/global_options.hpp"

namespace spdlog {
class logger;
}

namespace asmgr::cli {

// Warnings and errors; with -v also information, with -vv everything; with -q errors only. Control characters in what
// others say are escaped, so that a line is a line. Any thread.
class HostLog final : public PluginLog {
 public:
  HostLog(const GlobalOptions& options, bool color);
  ~HostLog() override;

  [[nodiscard]] bool enabled(LogLevel level) const noexcept override;
  void write(LogLevel level, std::string_view component, std::string_view message,
             std::string_view fields_json) noexcept override;
  void flush() noexcept;

 private:
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace asmgr::cli

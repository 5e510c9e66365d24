// What the host offers to plugins: the asmgr_host table and what stands behind it.
#pragma once

#include <asmgr/abi/host.h>

#include <string>
#include <string_view>

#include "core/model/time.hpp"
#include "core/plugin/metric_registry.hpp"
#include "core/ports/cancel.hpp"

namespace asmgr {

enum class LogLevel : std::uint32_t { trace = 0, debug, info, warn, error };

// Where log lines of plugins (and of this folder) go. Called from any thread; must not throw.
class PluginLog {
 public:
  virtual ~PluginLog() = default;
  [[nodiscard]] virtual bool enabled(LogLevel level) const noexcept = 0;
  // `fields_json` is an object or empty. All text is UTF-8.
  virtual void write(LogLevel level, std::string_view component, std::string_view message,
                     std::string_view fields_json) noexcept = 0;
};

// Owns the table. It is handed to plugins, so it lives until every one of them has been shut down.
class HostServices {
 public:
  // `version` is the program's; `clock` and `log` outlive this object; `log` may be null (nothing is logged).
  HostServices(std::string version, const Clock& clock, PluginLog* log);
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  [[nodiscard]] const asmgr_host* table() const noexcept { return &table_; }
  [[nodiscard]] MetricRegistry& metrics() noexcept { return metrics_; }
  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }
  void log(LogLevel level, std::string_view component, std::string_view message) const noexcept;

 private:
  friend struct HostFunctions;
  std::string name_ = "asmgr";
  std::string version_;
  const Clock& clock_;
  PluginLog* log_;
  MetricRegistry metrics_;
  asmgr_host table_{};
};

// A cancel token as plugins see it. Null stays null: never cancelled.
[[nodiscard]] const asmgr_cancel* cancel_handle(const CancelToken* token) noexcept;

}  // namespace asmgr

// What the host offers, as C++: log, clocks, metrics, errors.
#pragma once

#include <asmgr/abi/host.h>

#include <asmgr/cpp/error.hpp>
#include <asmgr/cpp/string.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace asmgr::sdk {

// A pointer in a value's clothes: copy it freely, it is valid until the process ends. Every function: any thread.
class Host {
 public:
  explicit Host(const asmgr_host* table) noexcept : table_(table) {}

  [[nodiscard]] const asmgr_host* table() const noexcept { return table_; }
  [[nodiscard]] std::string_view name() const noexcept { return view(table_->name); }
  [[nodiscard]] std::string_view version() const noexcept { return view(table_->version); }

  // Wall clock, microseconds since the Unix epoch; a test host may fake it.
  [[nodiscard]] std::int64_t now_us() const noexcept { return table_->now_us(table_->ctx); }
  // Monotonic nanoseconds, for durations and deadlines.
  [[nodiscard]] std::int64_t mono_ns() const noexcept { return table_->mono_ns(table_->ctx); }

  // ASMGR_LOG_*: ask before building an expensive line.
  [[nodiscard]] bool log_enabled(std::uint32_t level) const noexcept {
    return table_->log_enabled(table_->ctx, level) != 0;
  }
  // `fields_json` is an object or empty. Never log a secret.
  void log(std::uint32_t level, std::string_view component, std::string_view message,
           std::string_view fields_json = {}) const noexcept {
    table_->log(table_->ctx, level, to_abi(component), to_abi(message), to_abi(fields_json));
  }

  // Fills `error` (may be null) and returns the status.
  asmgr_status set_error(asmgr_error* error, asmgr_status status, std::string_view message,
                         std::string_view details_json = {}, std::uint32_t flags = 0,
                         std::int64_t retry_after_ms = 0) const noexcept {
    return table_->set_error(table_->ctx, error, status, flags, retry_after_ms, to_abi(message), to_abi(details_json));
  }
  asmgr_status set_error(asmgr_error* error, const StatusError& what) const noexcept {
    return set_error(error, what.status(), what.message(), what.details(), what.flags(), what.retry_after_ms());
  }

 private:
  const asmgr_host* table_;
};

// A host's log under one component's name.
class Logger {
 public:
  Logger(Host host, std::string_view component) : host_(host), component_(component) {}

  [[nodiscard]] bool enabled(std::uint32_t level) const noexcept { return host_.log_enabled(level); }
  void debug(std::string_view message, std::string_view fields_json = {}) const noexcept {
    host_.log(ASMGR_LOG_DEBUG, component_, message, fields_json);
  }
  void info(std::string_view message, std::string_view fields_json = {}) const noexcept {
    host_.log(ASMGR_LOG_INFO, component_, message, fields_json);
  }
  void warn(std::string_view message, std::string_view fields_json = {}) const noexcept {
    host_.log(ASMGR_LOG_WARN, component_, message, fields_json);
  }
  void error(std::string_view message, std::string_view fields_json = {}) const noexcept {
    host_.log(ASMGR_LOG_ERROR, component_, message, fields_json);
  }

 private:
  Host host_;
  std::string component_;
};

// A metric registered once, then cheap. A refused one (handle 0) swallows what is added.
class Metric {
 public:
  // `kind` ASMGR_METRIC_*. The same name gives the same metric.
  Metric(Host host, std::uint32_t kind, std::string_view name, std::string_view unit, std::string_view help) noexcept
      : host_(host), handle_(host.table()->metric(host.table()->ctx, kind, to_abi(name), to_abi(unit), to_abi(help))) {}

  void add(double value) const noexcept {
    if (handle_ != 0) host_.table()->metric_add(host_.table()->ctx, handle_, value);
  }

 private:
  Host host_;
  std::uint32_t handle_;
};

}  // namespace asmgr::sdk

// A PluginLog that remembers, for tests.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/plugin/host_services.hpp"

namespace asmgr::test {

class RecordingLog final : public PluginLog {
 public:
  explicit RecordingLog(LogLevel lowest = LogLevel::trace) : lowest_(lowest) {}
  [[nodiscard]] bool enabled(LogLevel level) const noexcept override { return level >= lowest_; }
  void write(LogLevel level, std::string_view component, std::string_view message,
             std::string_view fields_json) noexcept override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::to_string(static_cast<int>(level)) + " " + std::string(component) + ": " +
                     std::string(message) + std::string(fields_json));
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  LogLevel lowest_;
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace asmgr::test

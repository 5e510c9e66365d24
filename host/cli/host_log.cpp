#include "host/cli/host_log.hpp"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include "core/model/json.hpp"
#include "host/cli/log_text.hpp"

namespace asmgr::cli {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

LogLevel level_of(int abi_level) noexcept {
  return abi_level < 0 || abi_level > ASMGR_LOG_ERROR ? LogLevel::error : static_cast<LogLevel>(abi_level);
}

spdlog::level::level_enum wanted_level(const GlobalOptions& options) noexcept {
  if (options.verbosity > 1) return spdlog::level::trace;
  if (options.verbosity > 0) return spdlog::level::info;
  return options.quiet ? spdlog::level::err : spdlog::level::warn;
}

}  // namespace

HostLog::HostLog(const GlobalOptions& options, bool color) : options_(options) {
  const auto mode = color ? spdlog::color_mode::automatic : spdlog::color_mode::never;
  logger_ = std::make_unique<spdlog::logger>("asmgr", std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(mode));
  logger_->set_pattern(options.verbosity > 0 ? "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v" : "%^%l%$: %v");
  logger_->set_level(wanted_level(options));
  logger_->flush_on(spdlog::level::trace);
}

HostLog::~HostLog() = default;

void HostLog::on_line(std::function<void()> make_way) {
  const std::lock_guard lock(mutex_);
  make_way_ = std::move(make_way);
}

bool HostLog::enabled(LogLevel level) const noexcept {
  return logger_->should_log(spdlog_level(level));
}

void HostLog::configure(const boost::json::object& settings, LogTaste taste) {
  if (find_string(settings, "format") == "json") {
    as_json_ = true;
    logger_->set_pattern("%v");
  }
  const auto level = find_string(settings, "level");
  if (taste == LogTaste::host && level && !level_was_chosen()) {
    logger_->set_level(spdlog::level::from_str(std::string(*level)));
  }
}

void HostLog::write(const LogLine& line, std::string_view fields_json) noexcept {
  const LogLevel level = level_of(line.level);
  if (!enabled(level)) return;
  try {
    const std::string text = as_json_ ? log_json(line, fields_json, system_clock().now()) : log_text(line, fields_json);
    const std::lock_guard lock(mutex_);
    if (make_way_) make_way_();
    logger_->log(spdlog_level(level), "{}", text);
  } catch (...) {
  }
}

void HostLog::write(LogLevel level, std::string_view component, std::string_view message,
                    std::string_view fields_json) noexcept {
  write(LogLine{.level = static_cast<int>(level), .message = message, .plugin = component}, fields_json);
}

void HostLog::flush() noexcept {
  logger_->flush();
}

}  // namespace asmgr::cli

#include "host/cli/host_log.hpp"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include "host/cli/terminal_text.hpp"

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

spdlog::level::level_enum wanted_level(const GlobalOptions& options) noexcept {
  if (options.verbosity > 1) return spdlog::level::trace;
  if (options.verbosity > 0) return spdlog::level::info;
  return options.quiet ? spdlog::level::err : spdlog::level::warn;
}

}  // namespace

HostLog::HostLog(const GlobalOptions& options, bool color) {
  const auto mode = color ? spdlog::color_mode::automatic : spdlog::color_mode::never;
  logger_ = std::make_unique<spdlog::logger>("asmgr", std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(mode));
  logger_->set_pattern(options.verbosity > 0 ? "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v" : "%^%l%$: %v");
  logger_->set_level(wanted_level(options));
  logger_->flush_on(spdlog::level::trace);
}

HostLog::~HostLog() = default;

bool HostLog::enabled(LogLevel level) const noexcept {
  return logger_->should_log(spdlog_level(level));
}

void HostLog::write(LogLevel level, std::string_view component, std::string_view message,
                    std::string_view fields_json) noexcept {
  if (!enabled(level)) return;
  try {
    std::string line;
    if (!component.empty()) line.append(component).append(": ");
    line.append(message);
    if (!fields_json.empty() && fields_json != "{}") line.append(" ").append(fields_json);
    logger_->log(spdlog_level(level), "{}", harmless(line, LineBreaks::escape));
  } catch (...) {
    // A line that cannot be logged is not worth a run.
  }
}

void HostLog::flush() noexcept {
  logger_->flush();
}

}  // namespace asmgr::cli

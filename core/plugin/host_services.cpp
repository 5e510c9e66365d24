#include "core/plugin/host_services.hpp"

#include <algorithm>
#include <limits>
#include <thread>

#include "core/model/json.hpp"
#include "core/plugin/abi_text.hpp"
#include "core/plugin/call.hpp"

namespace asmgr {

const asmgr_cancel* cancel_handle(const CancelToken* token) noexcept {
  return reinterpret_cast<const asmgr_cancel*>(token);
}

// The functions of the table. Text of a plugin is checked before it goes anywhere; text that is not UTF-8 is replaced
// by a sentence that says so, since there is nobody to answer to.
struct HostFunctions {
  static HostServices& of(void* ctx) noexcept { return *static_cast<HostServices*>(ctx); }
  static const CancelToken* token_of(const asmgr_cancel* token) noexcept {
    return reinterpret_cast<const CancelToken*>(token);
  }
  static std::string_view clean(asmgr_str text) noexcept {
    const std::string_view seen = view_of_text(text);
    return is_valid_utf8(seen) ? seen : std::string_view("(text that is not UTF-8)");
  }

  static std::int32_t log_enabled(void* ctx, std::uint32_t level) noexcept {
    const HostServices& host = of(ctx);
    return host.log_ != nullptr && host.log_->enabled(level_of(level)) ? 1 : 0;
  }
  static void log(void* ctx, std::uint32_t level, asmgr_str component, asmgr_str message, asmgr_str fields) noexcept {
    const HostServices& host = of(ctx);
    if (host.log_ == nullptr || !host.log_->enabled(level_of(level))) return;
    const std::string_view object = view_of_text(fields);
    host.log_->write(level_of(level), clean(component), clean(message),
                     check_json_object(object, "log fields") ? object : std::string_view());
  }
  static LogLevel level_of(std::uint32_t level) noexcept {
    return static_cast<LogLevel>(std::min(level, std::uint32_t{ASMGR_LOG_ERROR}));
  }

  static std::int64_t now_us(void* ctx) noexcept { return of(ctx).clock_.now().us; }
  static std::int64_t mono_ns(void* ctx) noexcept { return of(ctx).clock_.monotonic_ns(); }

  static asmgr_status set_error(void*, asmgr_error* error, asmgr_status code, std::uint32_t flags,
                                std::int64_t retry_after_ms, asmgr_str message, asmgr_str details) noexcept {
    if (error == nullptr) return code;
    error->code = code;
    error->flags = flags;
    error->retry_after_ms = retry_after_ms;
    error->message = view_of_text(message);
    error->details_json = view_of_text(details);
    return code;
  }

  static std::uint32_t metric(void* ctx, std::uint32_t kind, asmgr_str name, asmgr_str unit, asmgr_str help) noexcept {
    return of(ctx).metrics_.add(static_cast<MetricKind>(kind), view_of_text(name), clean(unit), clean(help));
  }
  static void metric_add(void* ctx, std::uint32_t metric, double value) noexcept {
    of(ctx).metrics_.record(metric, value);
  }

  static std::int32_t cancelled(void*, const asmgr_cancel* token) noexcept {
    return token != nullptr && token_of(token)->cancelled() ? 1 : 0;
  }
  static std::int32_t cancel_fd(void*, const asmgr_cancel* token) noexcept {
    return token == nullptr ? -1 : token_of(token)->fd();
  }
  static std::int32_t wait(void*, const asmgr_cancel* token, std::int64_t timeout_ns) noexcept {
    // A century is for ever, and does not overflow when added to a point in time.
    constexpr std::int64_t kForever = std::int64_t{100} * 365 * 24 * 3600 * 1'000'000'000;
    const std::chrono::nanoseconds timeout(std::clamp(timeout_ns, std::int64_t{0}, kForever));
    if (token != nullptr) return token_of(token)->wait_for(timeout) ? 1 : 0;
    std::this_thread::sleep_for(timeout);
    return 0;
  }

  static const void* extension(void*, const char*) noexcept { return nullptr; }
};

HostServices::HostServices(std::string version, const Clock& clock, PluginLog* log)
    : version_(std::move(version)), clock_(clock), log_(log) {
  table_.size = sizeof(asmgr_host);
  table_.minor = ASMGR_ABI_MINOR;
  table_.ctx = this;
  table_.name = text_of(name_);
  table_.version = text_of(version_);
  table_.log_enabled = &HostFunctions::log_enabled;
  table_.log = &HostFunctions::log;
  table_.now_us = &HostFunctions::now_us;
  table_.mono_ns = &HostFunctions::mono_ns;
  table_.set_error = &HostFunctions::set_error;
  table_.metric = &HostFunctions::metric;
  table_.metric_add = &HostFunctions::metric_add;
  table_.cancelled = &HostFunctions::cancelled;
  table_.cancel_fd = &HostFunctions::cancel_fd;
  table_.wait = &HostFunctions::wait;
  table_.extension = &HostFunctions::extension;
}

void HostServices::log(LogLevel level, std::string_view component, std::string_view message) const noexcept {
  if (log_ != nullptr && log_->enabled(level)) log_->write(level, component, message, {});
}

}  // namespace asmgr

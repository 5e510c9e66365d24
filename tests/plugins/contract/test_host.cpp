#include "tests/plugins/contract/test_host.hpp"

#include <chrono>
#include <thread>

namespace asmgr::contract {
namespace {

asmgr_str text(const char* literal) {
  return {literal, std::char_traits<char>::length(literal)};
}
std::int64_t nanoseconds_since_epoch(auto now) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
}

}  // namespace

std::string owned(asmgr_str borrowed) {
  return borrowed.len == 0 ? std::string() : std::string(borrowed.ptr, borrowed.len);
}

TestHost::TestHost() {
  table_.size = sizeof(table_);
  table_.ctx = this;
  table_.name = text("contract");
  table_.version = text("1.0.0");
  table_.log_enabled = [](void*, uint32_t level) noexcept -> int32_t { return level >= ASMGR_LOG_WARN ? 1 : 0; };
  table_.log = [](void* self, uint32_t, asmgr_str component, asmgr_str message, asmgr_str) noexcept {
    auto& host = *static_cast<TestHost*>(self);
    const std::lock_guard lock(host.mutex_);
    host.log_.push_back(owned(component) + ": " + owned(message));
  };
  table_.now_us = [](void*) noexcept { return nanoseconds_since_epoch(std::chrono::system_clock::now()) / 1000; };
  table_.mono_ns = [](void*) noexcept { return nanoseconds_since_epoch(std::chrono::steady_clock::now()); };
  table_.set_error = [](void*, asmgr_error* error, asmgr_status code, uint32_t, int64_t, asmgr_str message,
                        asmgr_str details) noexcept {
    if (error != nullptr) *error = asmgr_error{code, owned(message), owned(details)};
    return code;
  };
  table_.metric = [](void*, uint32_t, asmgr_str, asmgr_str, asmgr_str) noexcept -> uint32_t { return 0; };
  table_.metric_add = [](void*, uint32_t, double) noexcept {};
  table_.cancelled = [](void*, const asmgr_cancel* token) noexcept -> int32_t {
    return token != nullptr && token->cancelled.load() ? 1 : 0;
  };
  table_.cancel_fd = [](void*, const asmgr_cancel*) noexcept -> int32_t { return -1; };
  table_.wait = [](void*, const asmgr_cancel* token, int64_t timeout_ns) noexcept -> int32_t {
    const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(timeout_ns);
    while (std::chrono::steady_clock::now() < until) {
      if (token != nullptr && token->cancelled.load()) return 1;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return token != nullptr && token->cancelled.load() ? 1 : 0;
  };
  table_.extension = [](void*, const char*) noexcept -> const void* { return nullptr; };
}

std::vector<std::string> TestHost::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

}  // namespace asmgr::contract

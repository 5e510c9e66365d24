// The host as a plugin sees it, as far as tests need one: nothing of the real host is linked.
#pragma once

#include <asmgr/plugin.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

struct asmgr_error {
  asmgr_status code = ASMGR_OK;
  std::string message;
};

struct asmgr_cancel {
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<bool> set{false};
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

  asmgr_cancel() = default;
  asmgr_cancel(const asmgr_cancel&) = delete;
  asmgr_cancel& operator=(const asmgr_cancel&) = delete;
  ~asmgr_cancel() { close(fd); }

  void cancel() {
    const std::lock_guard<std::mutex> lock(mutex);
    set = true;
    eventfd_write(fd, 1);
    changed.notify_all();
  }
};

namespace asmgr_test {

inline std::string text_of(asmgr_str text) {
  return text.len == 0 ? std::string() : std::string(text.ptr, text.len);
}
inline asmgr_str abi_text(std::string_view text) {
  return asmgr_str{text.data(), text.size()};
}

// The host's table of functions; what a test does not need does nothing.
inline const asmgr_host& fake_host() {
  static const asmgr_host host = [] {
    asmgr_host table{};
    table.size = sizeof table;
    table.name = abi_text("fake");
    table.version = abi_text("0");
    table.log_enabled = [](void*, std::uint32_t) noexcept -> std::int32_t { return 0; };
    table.log = [](void*, std::uint32_t, asmgr_str, asmgr_str, asmgr_str) noexcept {};
    table.now_us = [](void*) noexcept -> std::int64_t { return 1; };
    table.mono_ns = [](void*) noexcept -> std::int64_t {
      return std::chrono::steady_clock::now().time_since_epoch().count();
    };
    table.set_error = [](void*, asmgr_error* error, asmgr_status code, std::uint32_t, std::int64_t, asmgr_str message,
                         asmgr_str) noexcept -> asmgr_status {
      if (error != nullptr) *error = {code, text_of(message)};
      return code;
    };
    table.metric = [](void*, std::uint32_t, asmgr_str, asmgr_str, asmgr_str) noexcept -> std::uint32_t { return 0; };
    table.metric_add = [](void*, std::uint32_t, double) noexcept {};
    table.cancelled = [](void*, const asmgr_cancel* token) noexcept -> std::int32_t {
      return token != nullptr && token->set ? 1 : 0;
    };
    table.cancel_fd = [](void*, const asmgr_cancel* token) noexcept -> std::int32_t {
      return token == nullptr ? -1 : token->fd;
    };
    table.wait = [](void*, const asmgr_cancel* token, std::int64_t timeout_ns) noexcept -> std::int32_t {
      auto& mine = *const_cast<asmgr_cancel*>(token);
      std::unique_lock<std::mutex> lock(mine.mutex);
      const bool set =
          mine.changed.wait_for(lock, std::chrono::nanoseconds(timeout_ns), [&] { return mine.set.load(); });
      return set ? 1 : 0;
    };
    table.extension = [](void*, const char*) noexcept -> const void* { return nullptr; };
    return table;
  }();
  return host;
}

// Collects texts pushed into a sink.
class Texts {
 public:
  Texts() {
    sink_.size = sizeof sink_;
    sink_.ctx = this;
    sink_.push = [](void* ctx, const asmgr_array* items) noexcept -> std::int32_t {
      for (std::uint32_t i = 0; i < items->count; ++i) {
        static_cast<Texts*>(ctx)->texts.push_back(text_of(*ASMGR_AT(asmgr_str, items, i)));
      }
      return 0;
    };
  }
  [[nodiscard]] const asmgr_sink* sink() const { return &sink_; }
  std::vector<std::string> texts;

 private:
  asmgr_sink sink_{};
};

}  // namespace asmgr_test

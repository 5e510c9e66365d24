// A host made of nothing but the C boundary: what the plugins of these tests are driven by.
#pragma once

#include <asmgr/plugin.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

struct asmgr_error {
  asmgr_status status = ASMGR_OK;
  std::uint32_t flags = 0;
  std::int64_t retry_after_ms = 0;
  std::string message;
  std::string details;
  int times = 0;
};

struct asmgr_cancel {
  std::atomic<bool> cancelled{false};
};

namespace asmgr::sdk::test {

inline std::string text_of(asmgr_str text) {
  return text.len == 0 ? std::string() : std::string(text.ptr, text.len);
}
inline asmgr_str text(std::string_view view) {
  return asmgr_str{view.data(), view.size()};
}

// Remembers log lines and metrics. Any thread.
class FakeHost {
 public:
  FakeHost() {
    table_.size = sizeof(table_);
    table_.ctx = this;
    table_.name = text("fake");
    table_.version = text("1.2.3");
    table_.log_enabled = [](void*, std::uint32_t level) noexcept -> std::int32_t { return level >= ASMGR_LOG_INFO; };
    table_.log = [](void* ctx, std::uint32_t, asmgr_str component, asmgr_str message, asmgr_str) noexcept {
      FakeHost& self = *static_cast<FakeHost*>(ctx);
      const std::lock_guard lock(self.mutex_);
      self.lines_.push_back(text_of(component) + ": " + text_of(message));
    };
    table_.now_us = [](void*) noexcept -> std::int64_t { return 1700000000000000; };
    table_.mono_ns = [](void*) noexcept -> std::int64_t { return 42; };
    table_.set_error = [](void*, asmgr_error* error, asmgr_status code, std::uint32_t flags, std::int64_t retry,
                          asmgr_str message, asmgr_str details) noexcept -> asmgr_status {
      if (error != nullptr)
        *error = asmgr_error{code, flags, retry, text_of(message), text_of(details), error->times + 1};
      return code;
    };
    table_.metric = [](void*, std::uint32_t, asmgr_str name, asmgr_str, asmgr_str) noexcept -> std::uint32_t {
      return name.len == 0 ? 0 : 7;
    };
    table_.metric_add = [](void* ctx, std::uint32_t metric, double value) noexcept {
      static_cast<FakeHost*>(ctx)->metric_total += metric == 7 ? value : 1e9;
    };
    table_.cancelled = [](void*, const asmgr_cancel* token) noexcept -> std::int32_t {
      return token != nullptr && token->cancelled.load();
    };
    table_.cancel_fd = [](void*, const asmgr_cancel*) noexcept -> std::int32_t { return -1; };
    table_.wait = [](void*, const asmgr_cancel* token, std::int64_t) noexcept -> std::int32_t {
      return token != nullptr && token->cancelled.load();
    };
    table_.extension = [](void*, const char*) noexcept -> const void* { return nullptr; };
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  [[nodiscard]] const asmgr_host* table() const { return &table_; }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  double metric_total = 0;

 private:
  asmgr_host table_{};
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// A sink that copies with a function; `room` pushes are wanted, then it answers "enough".
template <typename T>
class Collect {
 public:
  explicit Collect(std::function<void(const T&)> take, int room = 1000) : take_(std::move(take)), room_(room) {
    sink_.size = sizeof(sink_);
    sink_.ctx = this;
    sink_.push = [](void* ctx, const asmgr_array* items) noexcept -> std::int32_t {
      Collect& self = *static_cast<Collect*>(ctx);
      ++self.pushes;
      for (std::uint32_t i = 0; i < items->count; ++i) self.take_(*ASMGR_AT(const T, items, i));
      return --self.room_ <= 0 ? 1 : 0;
    };
  }
  Collect(const Collect&) = delete;
  Collect& operator=(const Collect&) = delete;
  [[nodiscard]] const asmgr_sink* sink() const { return &sink_; }
  int pushes = 0;

 private:
  asmgr_sink sink_{};
  std::function<void(const T&)> take_;
  int room_;
};

class Texts : public Collect<asmgr_str> {
 public:
  explicit Texts(int room = 1000) : Collect([this](const asmgr_str& one) { all.push_back(text_of(one)); }, room) {}
  std::vector<std::string> all;
};

// One component of a plugin, brought to life through its C table and ended with the test.
class Live {
 public:
  Live(const FakeHost& host, const asmgr_component& component, std::string_view config = "{}") : component_(component) {
    asmgr_create create{};
    create.size = sizeof(create);
    create.host = host.table();
    create.instance_name = text("the_instance");
    create.config_json = text(config);
    status = component.create(&create, &instance, &error);
  }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  ~Live() { destroy(); }

  void destroy() {
    if (instance != nullptr) component_.destroy(instance);
    instance = nullptr;
  }
  template <typename Table>
  [[nodiscard]] const Table* table(const char* id) const {
    return static_cast<const Table*>(component_.get_interface(id));
  }

  asmgr_instance* instance = nullptr;
  asmgr_error error;
  asmgr_status status = ASMGR_OK;

 private:
  const asmgr_component& component_;
};

// What a provider sees of one start, and what the host gets from it.
class FakeRun {
 public:
  explicit FakeRun(std::uint64_t start = 1) {
    session_.size = sizeof(session_);
    session_.id = text("ses_1");
    run_.size = sizeof(run_);
    run_.id = text("run_1");
    context.size = sizeof(context);
    context.turn = 1;
    context.start = start;
    context.session = &session_;
    context.run = &run_;
    context.options = text(R"({"model":"m"})");
    context.cancel = &token;
    context.deadline_mono_ns = INT64_MAX;
    context.ctx = this;
    context.emit = [](void* ctx, const asmgr_array* events, std::uint32_t flags) noexcept -> std::uint32_t {
      return static_cast<FakeRun*>(ctx)->on_emit(*events, flags);
    };
    context.ask = [](void* ctx, std::uint64_t ticket, asmgr_str call) noexcept {
      static_cast<FakeRun*>(ctx)->on_asked(ticket, text_of(call));
    };
    context.finish = [](void* ctx, std::uint32_t status, asmgr_str json) noexcept {
      static_cast<FakeRun*>(ctx)->on_finish(status, text_of(json));
    };
  }
  FakeRun(const FakeRun&) = delete;
  FakeRun& operator=(const FakeRun&) = delete;

  // Each waits for its condition, at most ten seconds.
  [[nodiscard]] bool wait_finished() {
    return wait([this] { return finishes > 0; });
  }
  [[nodiscard]] bool wait_asked() {
    return wait([this] { return !tickets.empty(); });
  }
  [[nodiscard]] bool wait_emitted(std::size_t n) {
    return wait([this, n] { return types.size() >= n; });
  }

  asmgr_run_ctx context{};
  asmgr_cancel token;
  std::uint32_t emit_answer = ASMGR_GO_ON;
  // Called inside ask, as a host may that answers at once.
  std::function<void(std::uint64_t ticket)> when_asked;

  // Read after a wait.
  int finishes = 0;
  std::uint32_t finish_status = 0;
  std::string result;
  std::vector<std::uint32_t> types;
  std::vector<std::uint32_t> emit_flags;
  std::vector<std::uint64_t> tickets;
  std::vector<std::string> calls;

 private:
  std::uint32_t on_emit(const asmgr_array& events, std::uint32_t flags) {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t i = 0; i < events.count; ++i) types.push_back(ASMGR_AT(const asmgr_event, &events, i)->type);
    emit_flags.push_back(flags);
    changed_.notify_all();
    return emit_answer;
  }
  void on_asked(std::uint64_t ticket, std::string call) {
    if (when_asked) when_asked(ticket);
    const std::lock_guard lock(mutex_);
    tickets.push_back(ticket);
    calls.push_back(std::move(call));
    changed_.notify_all();
  }
  void on_finish(std::uint32_t status, std::string json) {
    const std::lock_guard lock(mutex_);
    ++finishes;
    finish_status = status;
    result = std::move(json);
    changed_.notify_all();
  }
  template <typename Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  asmgr_session session_{};
  asmgr_run run_{};
};

}  // namespace asmgr::sdk::test

// The I/O thread of a client: epoll, curl's multi handle, and what other threads ask of it.
#pragma once

#include <curl/curl.h>
#include <sys/epoll.h>

#include <asmgr/toolkit/http.hpp>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "exchange.hpp"

namespace asmgr::http {

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

class Client::Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  ExchangeId send(Request request, Handlers handlers);
  void cancel(ExchangeId id) { order(Cancel{id}); }
  void resume(ExchangeId id) { order(Resume{id}); }
  void post(std::function<void()> task) { order(Task{std::move(task)}); }
  void post_after(std::chrono::milliseconds delay, std::function<void()> task);

 private:
  struct Cancel {
    ExchangeId id;
  };
  struct Resume {
    ExchangeId id;
  };
  struct Task {
    std::function<void()> run;
  };
  using Order = std::variant<std::unique_ptr<Exchange>, Cancel, Resume, Task>;
  using Timers = std::multimap<Clock::time_point, std::function<void()>>;
  struct Live {
    std::unique_ptr<Exchange> exchange;
    std::optional<Timers::iterator> timer;
  };
  struct MultiDeleter {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
  };

  void order(Order order);
  void wake() noexcept;

  // All of the following: I/O thread.
  void run();
  void wait_for_news();
  [[nodiscard]] int wait_ms() const;
  void run_curl_timer();
  void run_timers();
  [[nodiscard]] bool is_closing();
  bool run_orders();  // false: there were none
  void end_all();

  void begin(std::unique_ptr<Exchange> exchange);
  void cancel_now(ExchangeId id);
  void resume_now(ExchangeId id);
  void set_clock(Live& live);
  void check_clock(ExchangeId id);
  void collect_ended();
  void end(ExchangeId id, const Outcome& outcome);

  static int watch(CURL*, curl_socket_t socket, int what, void* self, void* known) noexcept;
  static int set_curl_timer(CURLM*, long ms, void* self) noexcept;

  Descriptor epoll_;
  Descriptor wake_;
  std::atomic<ExchangeId> last_id_{0};

  std::mutex mutex_;  // never held while anything of a caller's runs
  std::vector<Order> orders_;
  bool closing_ = false;

  std::unordered_map<ExchangeId, Live> exchanges_;
  Timers timers_;
  std::optional<Clock::time_point> curl_at_;  // when curl wants to be called though nothing has happened

  std::unique_ptr<CURLM, MultiDeleter> multi_;  // after what its callbacks touch
  std::thread thread_;                          // last: it uses the others
};

}  // namespace asmgr::http

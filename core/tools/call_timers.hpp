// Says when calls have taken too long; one thread for all of them.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace asmgr {

class CallTimers {
 public:
  // Keeps a call from being said to be late; dropping it does too, unless that is happening already.
  using Timer = std::shared_ptr<boost::asio::steady_timer>;

  CallTimers() = default;
  ~CallTimers() {
    threads_.stop();
    threads_.join();
  }
  CallTimers(const CallTimers&) = delete;
  CallTimers& operator=(const CallTimers&) = delete;

  // Any thread. `late` is called on the timers' thread once the time has passed, unless the timer is gone by then.
  [[nodiscard]] Timer after(std::chrono::milliseconds time, std::function<void()> late) {
    auto timer = std::make_shared<boost::asio::steady_timer>(threads_, time);
    timer->async_wait([late = std::move(late), alive = std::weak_ptr(timer)](const boost::system::error_code& failed) {
      if (!failed && !alive.expired()) late();
    });
    return timer;
  }

 private:
  boost::asio::thread_pool threads_{1};
};

}  // namespace asmgr

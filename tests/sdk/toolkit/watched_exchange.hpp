// An exchange whose answer a test looks at from its own thread.
#pragma once

#include <asmgr/toolkit/http.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace asmgr_test {

inline asmgr::http::Request request_to(const std::string& url, std::string body = "{}") {
  asmgr::http::Request request;
  request.url = url;
  request.body = std::move(body);
  return request;
}

class WatchedExchange {
 public:
  // `pause_after`: once so many bytes have come, each further piece is answered by a pause; 0 = never.
  WatchedExchange(asmgr::http::Client& client, asmgr::http::Request request, std::size_t pause_after = 0)
      : client_(client), seen_(std::make_shared<Seen>()) {
    asmgr::http::Handlers handlers;
    handlers.on_head = [seen = seen_](int status, const asmgr::http::Headers& headers) {
      const std::lock_guard<std::mutex> lock(seen->mutex);
      seen->status = status;
      seen->headers = headers;
      ++seen->heads;
    };
    handlers.on_bytes = [seen = seen_, pause_after](std::string_view bytes) {
      const std::lock_guard<std::mutex> lock(seen->mutex);
      seen->body += bytes;
      seen->changed.notify_all();
      const bool pause = pause_after != 0 && seen->body.size() >= pause_after;
      return pause ? asmgr::http::Flow::kPause : asmgr::http::Flow::kGoOn;
    };
    handlers.on_end = [seen = seen_](const asmgr::http::Outcome& outcome) {
      const std::lock_guard<std::mutex> lock(seen->mutex);
      seen->outcome = outcome;
      ++seen->ends;
      seen->changed.notify_all();
    };
    id_ = client.send(std::move(request), std::move(handlers));
  }

  void cancel() { client_.cancel(id_); }
  void resume() { client_.resume(id_); }

  bool wait_ended(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    std::unique_lock<std::mutex> lock(seen_->mutex);
    return seen_->changed.wait_for(lock, patience, [this] { return seen_->ends > 0; });
  }
  bool wait_body(std::size_t size) {
    std::unique_lock<std::mutex> lock(seen_->mutex);
    return seen_->changed.wait_for(lock, std::chrono::seconds(10), [&] { return seen_->body.size() >= size; });
  }

  [[nodiscard]] asmgr::http::Outcome outcome() const { return get(&Seen::outcome); }
  [[nodiscard]] asmgr::http::Headers headers() const { return get(&Seen::headers); }
  [[nodiscard]] std::string body() const { return get(&Seen::body); }
  [[nodiscard]] int status() const { return get(&Seen::status); }
  [[nodiscard]] int heads() const { return get(&Seen::heads); }
  [[nodiscard]] int ends() const { return get(&Seen::ends); }

 private:
  struct Seen {
    std::mutex mutex;
    std::condition_variable changed;
    int status = 0;
    int heads = 0;
    int ends = 0;
    asmgr::http::Headers headers;
    std::string body;
    asmgr::http::Outcome outcome;
  };
  template <typename T>
  [[nodiscard]] T get(T Seen::*member) const {
    const std::lock_guard<std::mutex> lock(seen_->mutex);
    return (*seen_).*member;
  }

  asmgr::http::Client& client_;
  std::shared_ptr<Seen> seen_;  // the handlers may outlive this
  asmgr::http::ExchangeId id_ = 0;
};

}  // namespace asmgr_test

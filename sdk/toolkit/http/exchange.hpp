// One request and its answer on a handle of curl's. Lives on the client's I/O thread.
#pragma once

#include <curl/curl.h>

#include <asmgr/toolkit/http.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace asmgr::http {

using Clock = std::chrono::steady_clock;

class Exchange {
 public:
  Exchange(ExchangeId id, Request request, Handlers handlers)
      : id_(id), request_(std::move(request)), handlers_(std::move(handlers)) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Makes the handle that is to be given to a multi handle, and starts the clocks. Null: outcome() says why.
  [[nodiscard]] CURL* prepare();

  [[nodiscard]] ExchangeId id() const noexcept { return id_; }
  [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }
  [[nodiscard]] static Exchange* of(CURL* handle) noexcept;

  // Hands over what curl holds back, perhaps until the next pause. False when it failed: then the exchange is over.
  [[nodiscard]] bool resume();

  // When to look at the clocks next: never after one of them runs out, unless resume() sets one going. Empty = none
  // does.
  [[nodiscard]] std::optional<Clock::time_point> next_look(Clock::time_point now) const;
  // The error of a time that has passed.
  [[nodiscard]] std::optional<Outcome> overdue(Clock::time_point now) const;

  // What curl's last word means.
  [[nodiscard]] Outcome outcome(CURLcode code) const;
  [[nodiscard]] Outcome cancelled() const;
  // Gives the handle up, so that the connection is closed or free, and tells on_end. The exchange has to be out of the
  // multi handle.
  void end(const Outcome& outcome);

 private:
  struct EasyDeleter {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };

  [[nodiscard]] bool set_options();
  [[nodiscard]] bool set_request();
  [[nodiscard]] bool set_headers();
  [[nodiscard]] bool set_callbacks();
  [[nodiscard]] bool refuse(std::string why);

  // Called by curl; none of them throws.
  static std::size_t header_came(char* line, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t bytes_came(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
  static curl_socket_t open_socket(void*, curlsocktype purpose, curl_sockaddr* address) noexcept;

  void take_header_line(std::string_view line);
  void take_bytes(std::string_view bytes);

  const ExchangeId id_;
  const Request request_;
  Handlers handlers_;
  std::unique_ptr<CURL, EasyDeleter> easy_;
  std::unique_ptr<curl_slist, ListDeleter> header_list_;
  std::string refusal_;  // why nothing was sent
  std::string thrown_;   // what a handler threw
  char reason_[CURL_ERROR_SIZE] = {};

  int status_ = 0;
  Headers answer_headers_;
  bool head_done_ = false;
  bool paused_ = false;
  bool first_byte_came_ = false;
  Clock::time_point began_;
  Clock::time_point last_byte_;
};

}  // namespace asmgr::http

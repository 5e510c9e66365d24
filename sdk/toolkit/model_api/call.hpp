// One start: a model call from its request to finish, with all its tries.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/http.hpp>
#include <asmgr/toolkit/model_api.hpp>
#include <asmgr/toolkit/sse.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "retry.hpp"
#include "turn_memory.hpp"

namespace asmgr::model_api {

// What all calls of a provider share; outlives them.
struct CallHost {
  sdk::Host host;
  Settings settings;
  Description description;
  const Dialect* dialect;
  TurnMemory* memory;
  BackOff* back_off;  // used on the I/O thread only
  http::Client* client;
  // Brings what happens to an exchange to its call, if that is still there.
  std::function<http::Handlers(std::uint64_t start, std::uint32_t attempt)> handlers;
  // Calls next_try of the call later, if it is still there.
  std::function<void(std::uint64_t start, std::chrono::milliseconds delay)> try_later;
};

// Made on any thread, used on the client's I/O thread only. Holds the run's obligation: once over() it has finished.
class Call {
 public:
  Call(CallHost& shared, sdk::Run run, Prompt prompt, http::Request request);

  void next_try();
  void cancel();
  void resume();

  // Of the exchange of that attempt; those of an earlier one are ignored.
  void on_head(std::uint32_t attempt, int status, const http::Headers& headers);
  http::Flow on_bytes(std::uint32_t attempt, std::string_view bytes);
  void on_end(std::uint32_t attempt, const http::Outcome& outcome);

  // Something in here threw.
  void give_up(const std::exception& thrown);

  [[nodiscard]] bool over() const noexcept { return over_; }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool is_current(std::uint32_t attempt) const noexcept { return !over_ && attempt == attempt_; }
  void send();
  [[nodiscard]] http::Flow read_events(std::string_view bytes);
  [[nodiscard]] http::Flow stop();
  void conclude();
  void go_on(const Answer& answer);
  void succeed(const Answer& answer);
  void fail_or_retry(Failure failure);
  [[nodiscard]] std::optional<std::chrono::milliseconds> pause_before_retry(const Failure& failure);
  void announce_retry(const Failure& failure, std::chrono::milliseconds delay);
  void fail(const Failure& failure);
  void finish(std::uint32_t status, const boost::json::object& result);
  void let_exchange_end();
  [[nodiscard]] std::uint32_t emit_batch();
  [[nodiscard]] Failure refused_answer();

  CallHost& shared_;
  sdk::Run run_;
  const std::uint64_t start_;
  Prompt prompt_;
  http::Request request_;
  std::optional<Clock::time_point> deadline_;

  std::uint32_t attempt_ = 0;  // requests sent, from 1
  std::uint32_t tries_ = 0;    // of the present request
  std::uint32_t continuations_ = 0;
  http::ExchangeId exchange_ = 0;  // 0 = none
  int status_ = 0;
  std::string content_type_;
  std::optional<std::chrono::milliseconds> retry_after_;
  std::string refusal_;  // the body of an answer that is no stream of events

  std::unique_ptr<sse::Parser> parser_;
  std::unique_ptr<AnswerReader> reader_;
  Reading reading_ = More{};
  Output output_;
  std::string said_before_;   // text of the parts of an answer that was asked for piece by piece
  bool handed_over_ = false;  // something of the answer: no further try
  bool paused_ = false;
  bool try_when_resumed_ = false;
  bool over_ = false;
};

}  // namespace asmgr::model_api

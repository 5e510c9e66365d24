#include <asmgr/toolkit/http.hpp>
#include <utility>

#include "loop.hpp"

namespace asmgr::http {

Client::Client() : loop_(std::make_unique<Loop>()) {}

Client::~Client() = default;

ExchangeId Client::send(Request request, Handlers handlers) {
  return loop_->send(std::move(request), std::move(handlers));
}

void Client::cancel(ExchangeId id) {
  loop_->cancel(id);
}

void Client::resume(ExchangeId id) {
  loop_->resume(id);
}

void Client::post(std::function<void()> task) {
  loop_->post(std::move(task));
}

void Client::post_after(std::chrono::milliseconds delay, std::function<void()> task) {
  loop_->post_after(delay, std::move(task));
}

}  // namespace asmgr::http

#include "requests.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <thread>

namespace asmgr::s3_store {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kFirstPause{50};
constexpr Milliseconds kLongestPause{5'000};
constexpr int kMostDoublings = 7;

// Between half and all of it, so that clients that failed together do not come back together.
Milliseconds at_random(Milliseconds pause) {
  std::random_device random;
  std::uniform_int_distribution<Milliseconds::rep> between(pause.count() / 2, pause.count());
  return Milliseconds(between(random));
}

}  // namespace

bool Patience::wait(Milliseconds hint) {
  const Milliseconds grown = std::min(kLongestPause, kFirstPause * (1 << std::min(failures_++, kMostDoublings)));
  const Milliseconds pause = std::max(at_random(grown), hint);
  if (Clock::now() + pause >= until_) return false;
  std::this_thread::sleep_for(pause);
  return true;
}

void Patience::renew() {
  until_ = Clock::now() + time_;
  failures_ = 0;
}

Milliseconds Patience::left(Milliseconds most) const {
  const auto left = std::chrono::duration_cast<Milliseconds>(until_ - Clock::now());
  return std::clamp(left, Milliseconds(1), most);
}

Milliseconds retry_after(const Answer& answer) {
  const std::string* text = http::find_header(answer.headers, "retry-after");
  int seconds = 0;
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), seconds);
  return Milliseconds(std::clamp(seconds, 0, 3600) * 1000);
}

Try ask(Wire& wire, const Call& call) {
  Patience patience(wire.settings().timeout);
  for (;;) {
    Try tried = wire.start(call, patience.left(wire.try_limit())).wait();
    if (!is_worth_repeating(tried) || !patience.wait(retry_after(tried.answer))) return tried;
  }
}

Answer ask_for(Wire& wire, const Call& call, const Task& task) {
  Try tried = ask(wire, call);
  if (!is_success(tried)) throw failed_try(task, wire.settings(), tried, wire.now_us());
  return std::move(tried.answer);
}

}  // namespace asmgr::s3_store

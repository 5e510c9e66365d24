#include "tests/bench/soak/pacer.hpp"

#include <algorithm>
#include <chrono>

namespace asmgr::soak {
namespace {

constexpr std::chrono::milliseconds kTick{2};

}  // namespace

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

Pacer::Pacer(std::chrono::nanoseconds period) : PlainProvider("pacer"), period_ns_(period.count()) {}

Pacer::~Pacer() {
  end();
}

Result<void> Pacer::start(const RunContext& context) {
  const std::lock_guard lock(mutex_);
  voices_.push_back({context.channel, 0});
  return {};
}

void Pacer::begin() {
  const std::int64_t start = now_ns() + std::chrono::nanoseconds(std::chrono::milliseconds(50)).count();
  const auto count = static_cast<std::int64_t>(voices_.size());
  for (std::int64_t i = 0; i < count; ++i) {
    voices_[static_cast<std::size_t>(i)].next_ns = start + i * period_ns_ / count;
  }
  thread_ = std::thread([this] { loop(); });
}

void Pacer::end() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

// {"content":"0000000012 <when it was emitted> ..."}: 214 bytes, as a piece of a message is.
void Pacer::speak(Voice& voice, std::int64_t now) {
  std::string data = R"({"content":")" + std::to_string(voice.count++) + " " + std::to_string(now) + " ";
  data.append(212 - std::min<std::size_t>(212, data.size()), 'x');
  data += R"("})";
  EventView event;
  event.type = EventType::message_streamed;
  event.type_name = "message_streamed";
  event.data = data;
  if (voice.channel->emit({&event, 1}, EmitMode::asynchronous) == EmitAnswer::pause) ++pauses_;
  ++emitted_;
}

void Pacer::loop() {
  while (!ending_) {
    const std::int64_t now = now_ns();
    for (Voice& voice : voices_) {
      if (voice.next_ns > now) continue;
      if (now - voice.next_ns > period_ns_) ++late_;
      speak(voice, now_ns());
      voice.next_ns += period_ns_;
    }
    std::this_thread::sleep_for(kTick);
  }
  for (const Voice& voice : voices_) voice.channel->finish(FinishStatus::completed, "{}");
}

}  // namespace asmgr::soak

#include "tests/faults/host/talker.hpp"

#include <chrono>
#include <random>

namespace asmgr::faults {
namespace {

EmitAnswer say(RunChannel& channel, EventType type, const std::string& data) {
  EventView event;
  event.type = type;
  event.type_name = type_name(type);
  event.data = data;
  return channel.emit({&event, 1}, EmitMode::may_block);
}

}  // namespace

Talker::Talker(std::uint32_t seed) : seed_(seed) {
  info_.name = "talker";
  info_.vendor = "test";
  info_.grade = EnforcementGrade::cancel;
  info_.describe_json = "{}";
}

Talker::~Talker() {
  for (std::thread& thread : threads_) thread.join();
}

Result<void> Talker::start(const RunContext& context) {
  const std::lock_guard lock(mutex_);
  threads_.emplace_back([&context, seed = ++seed_] { talk(context, seed); });
  return {};
}

void Talker::talk(const RunContext& context, std::uint32_t seed) {
  std::mt19937 random(seed);
  RunChannel& channel = *context.channel;
  const auto words = 1 + random() % 8;
  for (unsigned long word = 0; word < words; ++word) {
    const bool stop = context.cancel->wait_for(std::chrono::microseconds(random() % 8000));
    const std::string text(1 + random() % (random() % 4 == 0 ? 6000 : 40), 'x');
    if (stop || say(channel, EventType::message_streamed, R"({"content":")" + text + R"("})") == EmitAnswer::stop) {
      return channel.finish(FinishStatus::cancelled, "{}");
    }
  }
  (void)say(channel, EventType::token_usage_updated, R"({"input_tokens":3,"output_tokens":1})");
  channel.finish(FinishStatus::completed,
                 R"({"output":{"content":"done"},"token_usage":{"input_tokens":3,"output_tokens":1}})");
}

}  // namespace asmgr::faults

// What a router adds to an emit: one event a call into a channel that takes nothing from it, straight and through a
// router. Each figure is the median of five rounds, run in turn with the floor. Exits 1 when a router adds 100 ns or
// more (not with --smoke).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

#include "core/routing/router.hpp"

namespace {

using namespace asmgr;

constexpr int kRounds = 5;
constexpr double kAllowedNs = 100;

class CountingChannel final : public RunChannel {
 public:
  std::uint64_t events = 0;
  EmitAnswer emit(std::span<const EventView> given, EmitMode) noexcept override {
    events += given.size();
    return EmitAnswer::go_on;
  }
  void ask(std::uint64_t, std::string_view) noexcept override {}
  void finish(FinishStatus, std::string_view) noexcept override {}
  void misbehaved(std::string_view) noexcept override {}
  void next_target(NextTarget, Go go) noexcept override { go(std::uint64_t{2}); }
};

// Keeps the channel of its start for the loop.
class OpenTarget final : public Provider {
 public:
  OpenTarget() { info_.name = "target"; }
  RunChannel* channel = nullptr;
  [[nodiscard]] const ProviderInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<void> start(const RunContext& context) override {
    channel = context.channel;
    return {};
  }
  void cancel(std::uint64_t) noexcept override {}
  void resume(std::uint64_t) noexcept override {}
  [[nodiscard]] Result<void> resolve(std::uint64_t, std::uint64_t, ToolVerdict, std::string_view,
                                     std::string_view) override {
    return {};
  }
  [[nodiscard]] Result<void> steer(std::uint64_t, std::string_view) override { return {}; }
  [[nodiscard]] Result<std::string> resume_token(std::uint64_t) override { return std::string(); }

 private:
  ProviderInfo info_;
};

double ns_per_emit(RunChannel& channel, std::uint64_t emits, EventType type) {
  EventView event;
  event.type = type;
  event.type_name = type_name(type);
  const auto before = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < emits; ++i) (void)channel.emit({&event, 1}, EmitMode::asynchronous);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - before;
  return took.count() / static_cast<double>(emits);
}

double median(std::vector<double> figures) {
  std::sort(figures.begin(), figures.end());
  return figures[figures.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
  const std::uint64_t emits = smoke ? 100'000 : 20'000'000;
  CountingChannel floor;
  Session session;
  Run run;
  RunContext context;
  context.start = 1;
  context.session = &session;
  context.run = &run;
  context.channel = &floor;
  const auto target = std::make_shared<OpenTarget>();
  Router router("best", {}, {{target, 1}});
  if (!router.start(context) || target->channel == nullptr) return 2;
  std::vector<double> straight;
  std::vector<double> before_output;
  std::vector<double> after_output;
  for (int i = 0; i < kRounds; ++i) {
    straight.push_back(ns_per_emit(floor, emits, EventType::token_usage_updated));
    if (i == 0) {
      for (int j = 0; j < kRounds; ++j) {
        before_output.push_back(ns_per_emit(*target->channel, emits, EventType::token_usage_updated));
      }
    }
    after_output.push_back(ns_per_emit(*target->channel, emits, EventType::message_streamed));
  }
  target->channel->finish(FinishStatus::completed, "{}");
  const double base = median(straight);
  std::printf("%-44s %8.2f ns\n", "an emit straight into the channel (floor)", base);
  std::printf("%-44s %8.2f ns\n", "through a router, nothing shown yet", median(before_output));
  std::printf("%-44s %8.2f ns\n", "through a router, something shown", median(after_output));
  std::printf("%llu events arrived\n", static_cast<unsigned long long>(floor.events));
  return !smoke && median(after_output) - base >= kAllowedNs ? 1 : 0;
}

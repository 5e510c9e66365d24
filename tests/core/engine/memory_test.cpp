// What a stream costs in memory. Only an optimised build without sanitizers tells: they keep what was freed.
#include <fstream>

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

long peak_rss_kib() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return 0;
}

TEST(Memory, OfAStreamIntoASlowStoreDoesNotGrowWithItsLength) {
  const auto stream = [](int events) {
    World world(
        [events](ScriptedRun& run) {
          const std::string delta(200, 'x');
          for (int i = 0; i < events; ++i) run.text(delta);
          run.finish(FinishStatus::completed);
        },
        "sqlite");
    world.store->before_commit = [](std::span<const CommitUnit* const>) -> std::optional<CommitStatus> {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the slowness itself
      return std::nullopt;
    };
    world.store->set_fast(false);
    auto result = world.execute(world.pending_run(world.active_session()));
    ASSERT_TRUE(result);
    ASSERT_EQ(result->status, RunStatus::completed);
  };
  stream(80'000);  // fills the store's own page cache, which is bounded
  const long after_short = peak_rss_kib();
  stream(160'000);
  const long grown = peak_rss_kib() - after_short;
  RecordProperty("grown_kib", static_cast<int>(grown));
  EXPECT_LT(grown, 8 * 1024) << "80,000 more events of 214 bytes are 17 MB";
}

// The inbox of one that does not read is given up when it is full; the store has what it missed.
TEST(Memory, OfStalledSubscribersDoesNotGrowWithTheStream) {
  const auto stream = [](int events) {
    World world(
        [events](ScriptedRun& run) {
          const std::string delta(200, 'x');
          for (int i = 0; i < events; ++i) run.text(delta);
          run.finish(FinishStatus::completed);
        },
        "sqlite");
    const std::string session = world.active_session();
    const std::string run = world.pending_run(session);
    StreamEventsOptions options;
    options.session_id = session;
    std::vector<std::unique_ptr<EventStream>> stalled;
    for (int i = 0; i < 100; ++i) {
      auto opened = world.manager().stream_session_events(options);
      ASSERT_TRUE(opened);
      ASSERT_TRUE((*opened)->next());
      stalled.push_back(std::move(*opened));
    }
    auto result = world.execute(run);
    ASSERT_TRUE(result);
    ASSERT_EQ(result->status, RunStatus::completed);
  };
  stream(80'000);
  const long after_short = peak_rss_kib();
  stream(160'000);
  const long grown = peak_rss_kib() - after_short;
  RecordProperty("grown_kib", static_cast<int>(grown));
  EXPECT_LT(grown, 64 * 1024) << "80,000 more events of 214 bytes are 17 MB, for a hundred subscribers 1,700";
}

}  // namespace
}  // namespace asmgr::testing

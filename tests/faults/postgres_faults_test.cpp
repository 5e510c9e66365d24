// Hosts that share a PostgreSQL server, with faults of the server, of the way to it and of each other: nothing that was
// acknowledged is lost, nothing is there twice, nobody writes who may not, every run ends.
//
//   ASMGR_TEST_SEED=N    repeats the choices of a failed run, which prints its seed
#include <gtest/gtest.h>

#include <random>

#include "tests/faults/attack.hpp"
#include "tests/faults/postgres_target.hpp"
#include "tests/faults/preloaded_server.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::faults {
namespace {

constexpr int kFaultsOfOne = 10;

TEST(PostgresUnderFaults, LosesNothing) {
  if (const std::string why = test::PostgresServer::missing(); !why.empty()) GTEST_SKIP() << why;
  PreloadedServer server;
  const int histories = test::in_profile(5, 50);
  const std::uint32_t first = test::seed_or(std::random_device()());
  Tally tally;
  for (int i = 0; i < histories && !HasFailure(); ++i) {
    const std::uint32_t seed = first + static_cast<std::uint32_t>(i);
    PostgresTarget target(server.server(), server.plan(), "history_" + std::to_string(i),
                          seed % 2 == 0 ? Pooler::none : Pooler::transaction);
    Attack attack(target, seed);
    const auto findings = attack.play(kFaultsOfOne, tally);
    EXPECT_TRUE(findings.empty()) << test::seed_text(seed) << simulation::to_text(findings) << attack.story();
  }
  std::printf("%d histories from seed %u, %s\n", histories, first, tally.text().c_str());
  if (HasFailure()) return;
  EXPECT_GE(tally.injected(), histories * kFaultsOfOne);
  EXPECT_GT(tally.acknowledged, static_cast<std::size_t>(histories) * 20);
  EXPECT_GT(tally.seen, static_cast<std::size_t>(histories) * 20);
}

}  // namespace
}  // namespace asmgr::faults

// Hosts on one SQLite file, with faults of the machine, of the disk and of each other: nothing that was acknowledged is
// lost, nothing is there twice, nobody writes who may not, every run ends.
//
//   ASMGR_TEST_SEED=N    repeats the choices of a failed run, which prints its seed
#include <gtest/gtest.h>

#include <random>

#include "tests/faults/attack.hpp"
#include "tests/faults/sqlite_target.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::faults {
namespace {

constexpr int kFaultsOfOne = 10;

TEST(SqliteUnderFaults, LosesNothing) {
  const int histories = test::in_profile(5, 50);
  const std::uint32_t first = test::seed_or(std::random_device()());
  Tally tally;
  for (int i = 0; i < histories && !HasFailure(); ++i) {
    const std::uint32_t seed = first + static_cast<std::uint32_t>(i);
    const contract::TempFolder folder;
    SqliteTarget target(folder.path(), seed % 2 == 0 ? "full" : "normal");
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

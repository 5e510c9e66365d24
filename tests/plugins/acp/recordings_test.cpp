// Conversations of real agents, played again to the built plugin.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>

#include "tests/plugins/acp/client_rules.hpp"
#include "tests/plugins/acp/recording.hpp"
#include "tests/plugins/support/cut_places.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr_test {
namespace {

// One prompt of a recording, answered and cancelled as the recorded client did. Destroyed, it has ended.
class Replay {
 public:
  Replay(const std::string& plugin, const Recorded& recorded, const std::string& cwd,
         const std::vector<std::string>& arguments = {})
      : provider_(plugin, recorded.config(cwd, arguments)) {
    if (!recorded.allow) run.answer.verdict = ASMGR_VERDICT_DENY;
    if (!recorded.allow) run.answer.note = "not today";
    if (!recorded.cancel_after.empty()) {
      run.on_emit = [this, &recorded](const SeenEvent& event) -> std::uint32_t {
        const bool now = event.type == ASMGR_EV_MESSAGE_STREAMED && contains(event.text, recorded.cancel_after);
        if (now) run.cancel();
        return ASMGR_GO_ON;
      };
    }
    provider_.start(run);
  }

 private:
  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  ProviderUnderTest provider_;

 public:
  FakeRun run{"hello"};  // ends before its provider
};

std::string expectation_file(const Recorded& recorded) {
  return acp_data("expected/" + recorded.name + "." + std::to_string(recorded.prompt) + ".jsonl");
}

std::vector<std::string> expectation_of(const Recorded& recorded) {
  return lines_of_file(expectation_file(recorded));
}

void write_expectation(const Recorded& recorded, const std::vector<std::string>& told) {
  std::ofstream out(expectation_file(recorded), std::ios::trunc);
  for (const std::string& line : told) out << line << '\n';
}

// What the agent says when nobody breaks it off.
std::string said_in(const Recorded& recorded) {
  const TempFolder folder;
  const std::string file = (folder.path() / "said").string();
  Replay whole(PLAYED_PLUGIN, recorded, folder.path().string(), {"--said", file});
  EXPECT_TRUE(whole.run.wait_finished());
  EXPECT_EQ(told_by(whole.run), expectation_of(recorded));
  return read_whole_file(file);
}

// Where the cutting begins: all prompts of an agent have the same opening, which is cut up once.
std::size_t first_cut(const Recorded& recorded, const std::string& said) {
  if (recorded.prompt == 0) return 0;
  Recorded first = recorded;
  first.prompt = 0;
  first.allow = true;
  first.cancel_after.clear();
  const std::string other = said_in(first);
  return static_cast<std::size_t>(std::mismatch(said.begin(), said.end(), other.begin(), other.end()).first -
                                  said.begin());
}

// The answer to the prompt is the last line: only when it came whole the agent has said that it is done.
void expect_no_answer(Replay& cut, std::size_t bytes, const std::string& said) {
  ASSERT_TRUE(cut.run.wait_finished()) << "cut after " << bytes << " bytes it does not end";
  if (bytes + 1 >= said.size()) return;
  ASSERT_NE(cut.run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED})
      << "cut after " << bytes << " bytes of " << said.size();
}

class Recording : public ::testing::TestWithParam<Recorded> {};

// Expectations are read by people before they are checked in: ASMGR_UPDATE_GOLDEN=1 writes them next to the old ones.
TEST_P(Recording, IsToldAsExpected) {
  const TempFolder folder;
  const Recorded& recorded = GetParam();
  const char* slow = asmgr::test::is_long_profile() ? "1" : "0.1";
  for (const char* speed : {"0", slow}) {
    Replay replay("acp", recorded, folder.path().string(), {"--speed", speed});
    ASSERT_TRUE(replay.run.wait_finished());
    const std::vector<std::string> told = told_by(replay.run);
    if (std::getenv("ASMGR_UPDATE_GOLDEN") != nullptr) write_expectation(recorded, told);
    EXPECT_EQ(told, expectation_of(recorded)) << "speed " << speed;
  }
}

TEST_P(Recording, IsAnsweredInKeepingWithTheProtocol) {
  const TempFolder folder;
  const std::string heard = (folder.path() / "heard").string();
  EXPECT_TRUE(Replay("acp", GetParam(), folder.path().string(), {"--heard", heard}).run.wait_finished());
  const std::vector<std::string> lines = lines_of_file(heard);
  EXPECT_GE(lines.size(), 3U);
  for (const std::string& line : lines) EXPECT_EQ(broken_rule(line), "");
}

// What there is of a line when the stream ends in it is taken for a line. So every beginning of every line is said
// before the line itself: it must change nothing.
TEST_P(Recording, BeginningsOfLinesMeanNothing) {
  const TempFolder folder;
  Replay tattered(PLAYED_PLUGIN, GetParam(), folder.path().string(), {"--tattered"});
  ASSERT_TRUE(tattered.run.wait_finished());
  EXPECT_EQ(told_by(tattered.run), expectation_of(GetParam()));
}

TEST_P(Recording, CutOffAnywhereItNeverCompletes) {
  const TempFolder folder;
  const std::string said = said_in(GetParam());
  const std::size_t from = first_cut(GetParam(), said);
  const std::uint32_t seed = asmgr::test::seed_or(std::random_device{}());
  SCOPED_TRACE(asmgr::test::seed_text(seed));
  std::mt19937 random(seed);
  const auto cut_at = [&](const std::string& plugin, LineEnds line_ends) {
    for (const std::size_t bytes : places_to_cut(said, from, line_ends, 2, random)) {
      Replay cut(plugin, GetParam(), folder.path().string(), {"--cut-bytes", std::to_string(bytes)});
      ASSERT_NO_FATAL_FAILURE(expect_no_answer(cut, bytes, said));
    }
  };
  ASSERT_NO_FATAL_FAILURE(cut_at(PLAYED_PLUGIN, LineEnds::kAll));
  ASSERT_NO_FATAL_FAILURE(cut_at("acp", LineEnds::kLikeOtherPlaces));
}

INSTANTIATE_TEST_SUITE_P(Acp, Recording, ::testing::ValuesIn(all_recorded()), [](const auto& recorded) {
  return recorded.param.name + "_" + std::to_string(recorded.param.prompt);
});

}  // namespace
}  // namespace asmgr_test

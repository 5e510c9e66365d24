// Every recorded answer through the plugin, however it is cut into pieces.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/plugins/anthropic/anthropic_client.hpp"
#include "tests/plugins/support/cut_answers.hpp"
#include "tests/plugins/support/seen_by_host.hpp"
#include "tests/support/recorded_answer.hpp"

namespace asmgr_test {
namespace {

std::string replay(const RecordedAnswer& recorded, Pace pace, std::uint32_t seed) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) { play(peer, recorded, pace, seed); });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("hello");
  provider.run(run);
  const std::string port = std::to_string(server.port());
  std::string said = seen_of(run);
  for (std::size_t at = said.find(port); at != std::string::npos; at = said.find(port)) {
    said.replace(at, port.size(), "PORT");
  }
  return said;
}

class AnthropicReplay : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] std::string expected_path() const {
    return anthropic_recordings() + "/" + GetParam().substr(0, GetParam().rfind('.')) + ".jsonl";
  }
  [[nodiscard]] std::string expected() const {
    std::ifstream file(expected_path());
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  const RecordedAnswer recorded_ = read_recording(anthropic_recordings() + "/" + GetParam());
};

TEST_P(AnthropicReplay, SaysWhatIsExpectedHoweverItIsCut) {
  const std::string whole = replay(recorded_, Pace::kWhole, 0);
  if (std::getenv("ASMGR_UPDATE_GOLDEN") != nullptr && !recorded_.is_raw) std::ofstream(expected_path()) << whole;
  if (recorded_.is_raw) {  // another run of the server, with other ids
    EXPECT_EQ(replay(recorded_, Pace::kByteByByte, 0), whole);
    return;
  }
  EXPECT_EQ(whole, expected());
  EXPECT_EQ(replay(recorded_, Pace::kByteByByte, 0), expected());
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(replay(recorded_, Pace::kRandomCuts, seed), expected()) << "seed " << seed;
  }
}

// message_stop is the last event; an answer that was refused, or broken off by itself, never completes.
TEST_P(AnthropicReplay, BrokenOffAnywhereItNeverCompletes) {
  expect_no_cut_answer_completes({"anthropic", anthropic_config, "event: message_stop"}, recorded_,
                                 GetParam() == "stream-tool.http");
}

std::vector<std::string> recording_names() {
  std::vector<std::string> names;
  for (const RecordedAnswer& recorded : read_recordings(anthropic_recordings())) names.push_back(recorded.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Recordings, AnthropicReplay, ::testing::ValuesIn(recording_names()), [](const auto& test) {
  std::string name = test.param;
  for (char& c : name) {
    if (c == '-' || c == '.') c = '_';
  }
  return name;
});

}  // namespace
}  // namespace asmgr_test

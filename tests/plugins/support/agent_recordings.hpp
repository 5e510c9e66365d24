// Recordings of agent programs, replayed by the provider that runs such a program: whole, as slowly as they were made,
// and broken off anywhere.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/plugins/support/agent_replay.hpp"
#include "tests/plugins/support/cut_places.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr_test {

struct AgentRecording {
  std::string name;                    // of its files, without their extension
  std::vector<std::string> options{};  // of fake_agent; exit codes stand in the data's README
  std::string denied_because{};        // what every question is denied with; empty: all are allowed
  std::string mode{};                  // of the config; empty: none is set
  std::string cancel_after{};          // the piece of a message after which the run is cancelled; empty: it is not
};

struct RecordedAgent {
  std::string plugin;
  std::string played;   // the file of the same plugin with played_process.cpp in the place of processes
  std::string folder;   // of tests/data
  std::string closing;  // stands in the line that closes an answer, and in no later one that does not
};

inline void PrintTo(const AgentRecording& recording, std::ostream* out) {
  *out << recording.name;
}

template <typename TestInfo>
std::string recording_test_name(const TestInfo& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// One run over a recording. Destroyed, it has ended.
class RecordedRun {
 public:
  RecordedRun(const std::string& plugin, const RecordedAgent& agent, const AgentRecording& recording,
              const std::vector<std::string>& more_options = {})
      : provider_(plugin, config(agent, recording, more_options)) {
    if (!recording.denied_because.empty()) {
      run.answer.verdict = ASMGR_VERDICT_DENY;
      run.answer.note = recording.denied_because;
    }
    if (!recording.cancel_after.empty()) {
      run.on_emit = [this, after = recording.cancel_after](const SeenEvent& event) -> std::uint32_t {
        const bool now = event.type == ASMGR_EV_MESSAGE_STREAMED && event.text.find(after) != std::string::npos;
        if (!now) return ASMGR_GO_ON;
        is_cancelled = true;
        run.cancel();
        return ASMGR_GO_ON;
      };
    }
    provider_.start(run);
  }

  // 0 when it does not end.
  [[nodiscard]] std::uint32_t status() { return run.wait_finished() ? run.finish().status : 0; }

 private:
  static boost::json::object config(const RecordedAgent& agent, const AgentRecording& recording,
                                    const std::vector<std::string>& more_options) {
    const std::string base = test_data(agent.folder + "/" + recording.name);
    std::vector<std::string> options = recording.options;
    if (std::filesystem::exists(base + ".stderr")) options.insert(options.end(), {"--stderr", base + ".stderr"});
    options.insert(options.end(), more_options.begin(), more_options.end());
    boost::json::object made = playing(base + ".jsonl", options);
    if (!recording.mode.empty()) made["mode"] = recording.mode;
    return made;
  }

  ProviderUnderTest provider_;

 public:
  std::atomic<bool> is_cancelled{false};
  FakeRun run{"the prompt"};  // ends before its provider
};

inline std::string expectation_of(const RecordedAgent& agent, const AgentRecording& recording) {
  return test_data(agent.folder + "/" + recording.name + ".expected");
}

// As a program, at once and with its recorded times (outside the long profile with a tenth of them).
inline void expect_recorded_events(const RecordedAgent& agent, const AgentRecording& recording) {
  const char* slow = asmgr::test::is_long_profile() ? "1" : "0.1";
  for (const char* speed : {"0", slow}) {
    RecordedRun replay(agent.plugin, agent, recording, {"--speed", speed});
    ASSERT_NE(replay.status(), 0U) << "speed " << speed;
    expect_seen(expectation_of(agent, recording), replay.run);
    EXPECT_NE(replay.run.finish().resources(), nullptr) << "it does not say what the program used";
  }
}

// What the program says when nobody breaks it off.
inline std::string said_in(const RecordedAgent& agent, const AgentRecording& recording) {
  const TempFolder folder;
  const std::string said = (folder.path() / "said").string();
  RecordedRun whole(agent.played, agent, recording, {"--said", said});
  EXPECT_NE(whole.status(), 0U);
  expect_seen(expectation_of(agent, recording), whole.run);
  return read_whole_file(said);
}

// How many bytes hold the whole closing line, without its end; more than there are when there is none. A run that was
// told so much may complete: the program had said that its answer is complete.
inline std::size_t closed_after(const RecordedAgent& agent, const std::string& said) {
  const std::size_t closing = said.rfind(agent.closing);
  return closing == std::string::npos ? said.size() + 1 : said.find('\n', closing);
}

inline void expect_no_answer(const RecordedAgent& agent, std::size_t closed, RecordedRun& cut, std::size_t bytes) {
  const std::uint32_t status = cut.status();
  ASSERT_NE(status, 0U) << "cut after " << bytes << " bytes it does not end";
  if (bytes >= closed) return;
  const bool was_cancelled = status == ASMGR_FINISH_CANCELLED && cut.is_cancelled;
  ASSERT_TRUE(status == ASMGR_FINISH_FAILED || was_cancelled)
      << agent.plugin << " cut after " << bytes << " bytes, of " << closed << ":\n"
      << seen_of(cut.run);
}

// What there is of a line when a stream ends in it is given to the provider as a line. So every beginning of every line
// is said before the line itself: it must change nothing.
inline void expect_beginnings_of_lines_mean_nothing(const RecordedAgent& agent, const AgentRecording& recording) {
  RecordedRun tattered(agent.played, agent, recording, {"--tattered"});
  ASSERT_NE(tattered.status(), 0U);
  expect_seen(expectation_of(agent, recording), tattered.run);
}

// Many at a time where `plugin` runs programs.
inline void expect_no_cut_completes(const std::string& plugin, const RecordedAgent& agent,
                                    const AgentRecording& recording, std::size_t some) {
  const std::string said = said_in(agent, recording);
  const std::size_t closed = closed_after(agent, said);
  const std::uint32_t seed = asmgr::test::seed_or(std::random_device{}());
  SCOPED_TRACE(asmgr::test::seed_text(seed));
  std::mt19937 random(seed);
  const std::vector<std::size_t> places = places_to_cut(said, 0, LineEnds::kAll, some, random);
  constexpr std::size_t kAtOnce = 6;
  for (std::size_t from = 0; from < places.size(); from += kAtOnce) {
    std::vector<std::unique_ptr<RecordedRun>> cuts;
    const std::size_t to = std::min(places.size(), from + kAtOnce);
    for (std::size_t i = from; i < to; ++i) {
      const std::vector<std::string> cut{"--cut-bytes", std::to_string(places[i])};
      cuts.push_back(std::make_unique<RecordedRun>(plugin, agent, recording, cut));
    }
    for (std::size_t i = from; i < to; ++i) {
      ASSERT_NO_FATAL_FAILURE(expect_no_answer(agent, closed, *cuts[i - from], places[i]));
    }
  }
}

// Broken off anywhere, no answer comes of a recording: at every byte by way of its lines, at the ends of lines and a
// sample of other places (the long profile: all) with the plugin as it is played and as it is.
inline void expect_no_cut_completes(const RecordedAgent& agent, const AgentRecording& recording) {
  ASSERT_NO_FATAL_FAILURE(expect_beginnings_of_lines_mean_nothing(agent, recording));
  ASSERT_NO_FATAL_FAILURE(expect_no_cut_completes(agent.played, agent, recording, 4));
  ASSERT_NO_FATAL_FAILURE(expect_no_cut_completes(agent.plugin, agent, recording, 1));
}

}  // namespace asmgr_test

// Recordings of agent programs, played by fake_agent to the provider that runs such a program.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/plugins/support/fake_run.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"

namespace asmgr_test {

inline std::string test_data(const std::string& file) {
  return std::string(ASMGR_SOURCE_DIR) + "/tests/data/" + file;
}

// A config whose command plays `script` (a file) with the given options of fake_agent.
inline boost::json::object playing(const std::string& script, const std::vector<std::string>& options = {}) {
  boost::json::array command{FAKE_AGENT, script.c_str()};
  for (const std::string& option : options) command.emplace_back(option);
  command.emplace_back("--");
  boost::json::object config;
  config["command"] = std::move(command);
  return config;
}

inline std::string event_name(const SeenEvent& event) {
  switch (event.type) {
    case ASMGR_EV_RUN_STARTED:
      return "run_started";
    case ASMGR_EV_MESSAGE_RECEIVED:
      return "message_received";
    case ASMGR_EV_MESSAGE_STREAMED:
      return "message_streamed";
    case ASMGR_EV_TOOL_CALL_STARTED:
      return "tool_call_started";
    case ASMGR_EV_TOOL_CALL_COMPLETED:
      return "tool_call_completed";
    case ASMGR_EV_TOOL_CALL_FAILED:
      return "tool_call_failed";
    case ASMGR_EV_ERROR_OCCURRED:
      return "error_occurred";
    case ASMGR_EV_TOKEN_USAGE_UPDATED:
      return "token_usage_updated";
    case ASMGR_EV_TURN_COMPLETED:
      return "turn_completed";
    case ASMGR_EV_REASONING_STREAMED:
      return "reasoning_streamed";
    case ASMGR_EV_TOOL_INPUT_STREAMED:
      return "tool_input_streamed";
    default:
      return event.type_name.empty() ? std::to_string(event.type) : event.type_name;
  }
}

// Everything the host saw, one JSON object a line: questions, events, the end.
inline std::string seen_of(FakeRun& run) {
  std::string text;
  const auto add = [&](boost::json::object line) { text += boost::json::serialize(line) + "\n"; };
  for (const boost::json::value& question : run.asked()) {
    boost::json::object line;
    line["ask"] = question;
    add(std::move(line));
  }
  for (const SeenEvent& event : run.events()) {
    boost::json::object line;
    line["event"] = event_name(event);
    line["data"] = event.data;
    add(std::move(line));
  }
  for (const SeenFinish& finish : run.finishes()) {
    boost::json::object line;
    line["finish"] = finish.status == ASMGR_FINISH_COMPLETED   ? "completed"
                     : finish.status == ASMGR_FINISH_FAILED    ? "failed"
                     : finish.status == ASMGR_FINISH_CANCELLED ? "cancelled"
                                                               : "tool_calls";
    line["result"] = finish.result;
    add(std::move(line));
  }
  return text;
}

// Compares with the checked-in file beside the recording; ASMGR_UPDATE_GOLDEN=1 writes it (then read it).
inline void expect_seen(const std::string& expected_file, FakeRun& run) {
  const std::string seen = seen_of(run);
  if (std::getenv("ASMGR_UPDATE_GOLDEN") != nullptr) std::ofstream(expected_file, std::ios::binary) << seen;
  std::ifstream in(expected_file, std::ios::binary);
  const std::string expected{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(seen, expected) << "in " << expected_file;
}

// How many lines a recording has that the program says.
inline std::size_t said_lines(const std::string& script) {
  std::ifstream in(script, std::ios::binary);
  std::size_t count = 0;
  for (std::string line; std::getline(in, line);) {
    const bool record = line.rfind("{\"t\":", 0) == 0;
    if (!record || line.find("\"dir\": \"out\"") != std::string::npos) ++count;
  }
  return count;
}

// Plays `script` (with `keys` in the config) cut off after every number of lines, several at a time: each run must end,
// and none as completed (unless `may_complete` says that the cut is behind the end of the conversation).
template <typename MayComplete>
void expect_no_cut_completes(const std::string& plugin, const std::string& script,
                             const std::vector<std::string>& options, const boost::json::value& input,
                             MayComplete may_complete, const boost::json::object& keys = {}) {
  constexpr std::size_t kAtOnce = 6;
  const std::size_t lines = said_lines(script);
  for (std::size_t from = 0; from < lines; from += kAtOnce) {
    std::vector<std::unique_ptr<ProviderUnderTest>> providers;
    std::vector<std::unique_ptr<FakeRun>> runs;
    for (std::size_t cut = from; cut < std::min(lines, from + kAtOnce); ++cut) {
      std::vector<std::string> all = options;
      all.insert(all.end(), {"--cut", std::to_string(cut)});
      boost::json::object config = playing(script, all);
      for (const auto& key : keys) config[key.key()] = key.value();
      providers.push_back(std::make_unique<ProviderUnderTest>(plugin, config));
      runs.push_back(std::make_unique<FakeRun>(input));
      providers.back()->start(*runs.back());
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
      ASSERT_TRUE(runs[i]->wait_finished()) << script << " cut after " << from + i << " lines does not end";
      if (may_complete(from + i)) continue;
      EXPECT_EQ(runs[i]->finish().status, std::uint32_t{ASMGR_FINISH_FAILED})
          << script << " cut after " << from + i << " lines";
    }
    runs.clear();
  }
}

// Cancels runs of a recording at random moments, a few at a time: none fails, and of the program with its child in a
// session of its own nothing is left.
template <typename Random>
void expect_cancel_leaves_nothing(const std::string& plugin, const std::string& script,
                                  const std::vector<std::string>& options, const boost::json::value& input, int times,
                                  Random random_ms) {
  const auto once = [&](int moment, const std::string& marker) {
    std::vector<std::string> all = options;
    all.insert(all.end(), {"--child", "--hang"});
    boost::json::object config = playing(script, all);
    boost::json::object env;
    env[marker.substr(0, marker.find('='))] = marker.substr(marker.find('=') + 1);
    config["env"] = std::move(env);
    ProviderUnderTest provider(plugin, config);
    FakeRun run(input);
    provider.start(run);
    std::this_thread::sleep_for(std::chrono::milliseconds(moment));
    run.cancel();
    EXPECT_TRUE(run.wait_finished()) << "cancelled after " << moment << " ms";
    EXPECT_TRUE(processes_with(marker).empty()) << "cancelled after " << moment << " ms";
    if (run.finishes().empty()) return;
    EXPECT_NE(run.finish().status, std::uint32_t{ASMGR_FINISH_FAILED}) << seen_of(run);
  };
  constexpr int kAtOnce = 5;
  for (int i = 0; i < times; i += kAtOnce) {
    std::vector<std::thread> threads;
    for (int j = i; j < std::min(times, i + kAtOnce); ++j) threads.emplace_back(once, random_ms(), unique_marker());
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace asmgr_test

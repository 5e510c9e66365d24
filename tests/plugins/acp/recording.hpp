// The recorded conversations, their expected events, and what the client may write.
#ifndef ASMGR_TESTS_ACP_RECORDING_HPP_
#define ASMGR_TESTS_ACP_RECORDING_HPP_

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/plugins/support/fake_run.hpp"

namespace asmgr_test {

inline std::string acp_data(const std::string& file) {
  return std::string(ASMGR_SOURCE_DIR) + "/tests/data/acp/" + file;
}

inline std::vector<std::string> lines_of_file(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// One prompt of a recording.
struct Recorded {
  std::string name;
  int prompt = 0;
  std::string auth_method;
  bool fs = false;
  bool allow = true;         // what permission requests are answered
  std::string cancel_after;  // the message piece after which the run is cancelled; empty: it is not

  [[nodiscard]] boost::json::object config(const std::string& cwd,
                                           const std::vector<std::string>& arguments = {}) const {
    boost::json::array command;
    command.emplace_back(ASMGR_ACP_FAKE_AGENT);
    command.emplace_back(acp_data(name + ".jsonl"));
    command.emplace_back(std::to_string(prompt));
    for (const std::string& word : arguments) command.emplace_back(word);
    boost::json::object made;
    made["command"] = std::move(command);
    made["cwd"] = cwd;
    made["auth_method"] = auth_method;
    made["fs"] = fs;
    return made;
  }
};

inline void PrintTo(const Recorded& recorded, std::ostream* out) {
  *out << recorded.name << " " << recorded.prompt;
}

// In the order of the prompts of the script that recorded them.
inline std::vector<Recorded> all_recorded() {
  std::vector<Recorded> all;
  struct Agent {
    std::string name;
    std::string auth_method;
    bool fs;
  };
  const std::vector<Agent> agents{{"claude", "", false},
                                  {"codex", "codex-api-key", false},
                                  {"gemini", "gemini-api-key", false},
                                  {"gemini_write", "gemini-api-key", false},
                                  {"gemini_fs", "gemini-api-key", true}};
  for (const Agent& agent : agents) {
    for (int prompt = 0; prompt < 9; ++prompt) {
      all.push_back({agent.name, prompt, agent.auth_method, agent.fs, prompt != 2, prompt == 4 ? "one " : ""});
    }
  }
  for (int prompt = 0; prompt < 3; ++prompt) {
    all.push_back({"example", prompt, "", false, prompt != 1, prompt == 2 ? "I'll help" : ""});
  }
  return all;
}

// {"type","data"} a line, and last {"finish"}: without what differs from run to run.
inline std::vector<std::string> told_by(FakeRun& run) {
  namespace json = boost::json;
  std::vector<std::string> told;
  for (const SeenEvent& event : run.events()) {
    json::object data = event.data.as_object();
    data.erase("cwd");
    json::object line;
    line["type"] = event_name(event);
    line["data"] = std::move(data);
    told.push_back(json::serialize(line));
  }
  const SeenFinish finish = run.finish();
  json::object line = finish.result_without_resources();
  if (json::value* error = line.if_contains("error")) {
    error->as_object()["provider_error"].as_object().erase("stderr");
  }
  line["status"] = finish.status;
  json::object last;
  last["finish"] = std::move(line);
  told.push_back(json::serialize(last));
  return told;
}

}  // namespace asmgr_test

#endif  // ASMGR_TESTS_ACP_RECORDING_HPP_

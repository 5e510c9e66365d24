// The words of an agent program, put together for one test case and played by fake_agent.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tests/plugins/support/agent_replay.hpp"

namespace asmgr_test {

class ScriptedAgent {
 public:
  ScriptedAgent& said(const std::string& line) { return record("out", line); }
  // What the driver has to write next: of this kind, and an answer with this decision.
  ScriptedAgent& heard(const std::string& line) { return record("in", line); }

  // A config that plays it. The files live as long as this.
  boost::json::object config(const std::vector<std::string>& options = {}) {
    const std::string script = folder_.write("script.jsonl", records_ + kEnd).string();
    std::vector<std::string> all = options;
    all.insert(all.end(), {"--log", log()});
    return playing(script, all);
  }

  // What the program was given: its arguments as a JSON array, and the objects among the lines it read.
  [[nodiscard]] std::string arguments() const { return lines().at(0); }
  [[nodiscard]] std::vector<boost::json::object> read_by_program() const {
    std::vector<boost::json::object> objects;
    for (const std::string& line : lines()) {
      boost::system::error_code error;
      const boost::json::value value = boost::json::parse(line, error);
      if (!error && value.is_object()) objects.push_back(value.get_object());
    }
    return objects;
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::ifstream in(log());
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }

 private:
  static constexpr const char* kEnd = R"({"t": 0, "dir": "note", "line": "exit 0"})";

  [[nodiscard]] std::string log() const { return (folder_.path() / "log").string(); }
  ScriptedAgent& record(const char* direction, const std::string& line) {
    boost::json::object one;
    one["t"] = 0.0;
    one["dir"] = direction;
    one["line"] = line;
    records_ += boost::json::serialize(one) + "\n";
    return *this;
  }

  TempFolder folder_;
  std::string records_;
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace asmgr_test

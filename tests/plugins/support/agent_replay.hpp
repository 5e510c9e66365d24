// How a provider is told to run fake_agent in the place of its program.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/plugins/support/seen_by_host.hpp"
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

// The same of a program that is hard to end: its descendants are in sessions of their own and deaf to signals, and it
// does not leave by itself.
inline boost::json::object stubborn(const std::string& script, std::vector<std::string> options) {
  options.emplace_back("--hang");
  boost::json::object config = playing(script, options);
  boost::json::array& command = config["command"].get_array();
  command.insert(command.begin() + 1, "--orphans");
  return config;
}

}  // namespace asmgr_test

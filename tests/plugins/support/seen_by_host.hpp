// What a host saw of a run, as lines to read and compare.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "tests/plugins/support/fake_run.hpp"

namespace asmgr_test {

// Everything, one JSON object a line: questions {"ask"}, events {"event","data"}, the end {"finish","result"}.
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
    line["finish"] = finish_name(finish.status);
    line["result"] = finish.result_without_resources();
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

}  // namespace asmgr_test

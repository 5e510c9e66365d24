// Reading what the program prints: JSON documents, JSON lines, the log of a session.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::e2e {

// Without the last piece where no line feed ended it: a killed writer may have left half a line.
[[nodiscard]] std::vector<std::string> complete_lines(const std::string& text);
// Fails the test and gives {} for what is no JSON object.
[[nodiscard]] boost::json::object json_of(std::string_view text);
// The member behind a JSON pointer as text ("" for null or nothing, JSON for what is no string).
[[nodiscard]] std::string at(const boost::json::value& value, std::string_view pointer);

// A log as JSON lines, one event each.
class EventLog {
 public:
  explicit EventLog(std::vector<std::string> lines);
  [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }
  [[nodiscard]] const std::vector<boost::json::object>& events() const noexcept { return events_; }
  // Types in order, of one run or, without a run, of everything.
  [[nodiscard]] std::vector<std::string> types(std::string_view run_id = {}) const;
  [[nodiscard]] std::size_t count(std::string_view type) const;
  // The first event of this type; fails the test when there is none.
  [[nodiscard]] boost::json::object first(std::string_view type) const;
  // Numbers from 1 without a gap, and hashes that chain each event to the one before.
  [[nodiscard]] testing::AssertionResult is_whole(std::string_view chain_id) const;

 private:
  std::vector<std::string> lines_;
  std::vector<boost::json::object> events_;
};

// What `asmgr run --output jsonl` printed: the events, and the last line's result ({} where it has not come).
struct RunOutput {
  EventLog log;
  boost::json::object result;
  [[nodiscard]] std::string session_id() const { return at(log.events().at(0), "/session_id"); }
  [[nodiscard]] std::string run_id() const { return at(log.events().at(0), "/run_id"); }
};
[[nodiscard]] RunOutput run_output(const std::string& out);

}  // namespace asmgr::e2e

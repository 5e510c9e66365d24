#include "tests/e2e/support/event_log.hpp"

#include "core/model/event.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/json.hpp"

namespace asmgr::e2e {

std::vector<std::string> complete_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) return lines;
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

boost::json::object json_of(std::string_view text) {
  auto object = parse_json_object(text, "output of the program");
  if (object) return std::move(*object);
  ADD_FAILURE() << object.error().message() << "\n" << text;
  return {};
}

std::string at(const boost::json::value& value, std::string_view pointer) {
  boost::json::error_code missing;
  const boost::json::value* found = value.find_pointer(pointer, missing);
  if (found == nullptr || found->is_null()) return {};
  return found->is_string() ? std::string(found->get_string()) : to_text(*found);
}

EventLog::EventLog(std::vector<std::string> lines) : lines_(std::move(lines)) {
  for (const auto& line : lines_) events_.push_back(json_of(line));
}

std::vector<std::string> EventLog::types(std::string_view run_id) const {
  std::vector<std::string> types;
  for (const auto& event : events_) {
    if (run_id.empty() || at(event, "/run_id") == run_id) types.push_back(at(event, "/type"));
  }
  return types;
}

std::size_t EventLog::count(std::string_view type) const {
  std::size_t found = 0;
  for (const auto& event : events_) found += at(event, "/type") == type ? 1U : 0U;
  return found;
}

boost::json::object EventLog::first(std::string_view type) const {
  for (const auto& event : events_) {
    if (at(event, "/type") == type) return event;
  }
  ADD_FAILURE() << "no " << type << " among the events";
  return {};
}

testing::AssertionResult EventLog::is_whole(std::string_view chain_id) const {
  if (lines_.empty()) return testing::AssertionFailure() << "the log is empty";
  ChainVerifier verifier(chain_id);
  for (const auto& line : lines_) {
    const auto event = event_from_json(line);
    if (!event) return testing::AssertionFailure() << event.error().message() << "\n" << line;
    const auto good = verifier.next(view_of(*event));
    if (!good) return testing::AssertionFailure() << good.error().message() << "\n" << line;
  }
  return testing::AssertionSuccess();
}

RunOutput run_output(const std::string& out) {
  std::vector<std::string> lines = complete_lines(out);
  boost::json::object result;
  if (!lines.empty() && lines.back().starts_with("{\"result\":")) {
    const auto last = json_of(lines.back());
    if (const auto* found = find_object(last, "result")) result = *found;
    lines.pop_back();
  }
  return {EventLog(std::move(lines)), std::move(result)};
}

}  // namespace asmgr::e2e

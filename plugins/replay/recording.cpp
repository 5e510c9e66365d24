#include "recording.hpp"

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <string_view>
#include <system_error>

#include "event_names.hpp"

namespace asmgr::replay {
namespace {

namespace json = boost::json;

// 0 for a name that is none.
std::uint32_t finish_number(std::string_view status) {
  if (status == "completed") return ASMGR_FINISH_COMPLETED;
  if (status == "failed") return ASMGR_FINISH_FAILED;
  if (status == "cancelled") return ASMGR_FINISH_CANCELLED;
  if (status == "tool_calls") return ASMGR_FINISH_TOOL_CALLS;
  return 0;
}

class Reader {
 public:
  explicit Reader(const std::string& path) { recording_.path = path; }

  Recording read() {
    std::ifstream in(recording_.path, std::ios::binary);
    if (!in) {
      throw sdk::StatusError(ASMGR_E_CONFIG_INVALID, recording_.path + ": cannot read the recording: " +
                                                         std::generic_category().message(errno));
    }
    std::string text;
    while (std::getline(in, text)) {
      ++line_;
      if (!text.empty() && text.back() == '\r') text.pop_back();
      if (text.find_first_not_of(" \t") != std::string::npos) read_line(text);
    }
    if (in.bad()) fail("the file cannot be read on from here");
    if (!current_.events.empty()) fail("the recording ends without a line {\"t\", \"finish\"}");
    if (recording_.starts.empty()) {
      line_ = line_ == 0 ? 1 : line_;
      fail("the recording is empty: it needs at least a line {\"t\", \"finish\": {\"status\": \"completed\"}}");
    }
    return std::move(recording_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw sdk::StatusError(ASMGR_E_CONFIG_INVALID, recording_.path + ":" + std::to_string(line_) + ": " + what);
  }

  void read_line(const std::string& text) {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error) fail("not valid JSON: " + error.message());
    const json::object* line = value.if_object();
    if (line == nullptr) fail("a line must be a JSON object");
    if (line->contains("replay")) return read_header(*line);
    anything_read_ = true;
    const std::chrono::nanoseconds at = read_time(*line);
    if (line->contains("finish")) return read_finish(*line, at);
    if (!line->contains("type"))
      fail("a line must have 'type' (an event), 'finish' (the end) or 'replay' (the header)");
    read_event(*line, at);
  }

  void read_header(const json::object& line) {
    if (anything_read_) fail("the header {\"replay\": 1} must be the first line");
    anything_read_ = true;
    const json::value& version = line.at("replay");
    if (!version.is_int64() || version.get_int64() != 1) fail("only recordings with \"replay\": 1 can be played");
    recording_.grade = text_of(line, "grade", recording_.grade);
    const std::string& grade = recording_.grade;
    if (grade != "observe" && grade != "cancel" && grade != "intercept" && grade != "own") {
      fail("'grade' must be observe, cancel, intercept or own, not '" + grade + "'");
    }
    recording_.vendor = text_of(line, "vendor", recording_.vendor);
    recording_.usage = text_of(line, "usage", recording_.usage);
    if (recording_.usage != "delta" && recording_.usage != "total") fail("'usage' must be delta or total");
    read_capabilities(line);
    read_models(line);
    if (const json::value* most = line.if_contains("max_output_tokens")) {
      if (!most->is_int64() || most->get_int64() < 0) fail("'max_output_tokens' must be an integer of at least 0");
      recording_.max_output_tokens = most->get_int64();
    }
  }

  void read_capabilities(const json::object& line) {
    const json::value* capabilities = line.if_contains("capabilities");
    if (capabilities == nullptr) return;
    if (!capabilities->is_array()) fail("'capabilities' must be a list of {\"name\", \"type\"}");
    for (const json::value& item : capabilities->get_array()) {
      const json::object* capability = item.if_object();
      const json::value* name = capability == nullptr ? nullptr : capability->if_contains("name");
      const json::value* type = capability == nullptr ? nullptr : capability->if_contains("type");
      if (name == nullptr || !name->is_string() || type == nullptr || !type->is_string()) {
        fail("'capabilities' must be a list of {\"name\", \"type\"}");
      }
    }
    recording_.capabilities = json::serialize(*capabilities);
  }

  void read_models(const json::object& line) {
    const json::value* models = line.if_contains("models");
    if (models == nullptr) return;
    if (!models->is_array()) fail("'models' must be a list of strings");
    for (const json::value& model : models->get_array()) {
      if (!model.is_string()) fail("'models' must be a list of strings");
    }
    recording_.models = json::serialize(*models);
  }

  std::string text_of(const json::object& line, std::string_view key, const std::string& otherwise) const {
    const json::value* value = line.if_contains(sdk::as_json(key));
    if (value == nullptr) return otherwise;
    if (!value->is_string()) fail("'" + std::string(key) + "' must be a string");
    return std::string(value->get_string());
  }

  // Times rise within a start and begin anew after a finish; without `t` an event comes right after the one before.
  std::chrono::nanoseconds read_time(const json::object& line) {
    const json::value* value = line.if_contains("t");
    if (value == nullptr) return last_time_;
    boost::system::error_code error;
    const double seconds = value->is_number() ? value->to_number<double>(error) : -1.0;
    constexpr double kYear = 365.0 * 24 * 3600;
    if (error || !std::isfinite(seconds) || seconds < 0 || seconds > kYear) {
      fail("'t' must be a number of seconds since the start, at least 0");
    }
    const auto time = std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
    if (time < last_time_) fail("'t' must not be less than in the line before");
    last_time_ = time;
    return time;
  }

  void read_event(const json::object& line, std::chrono::nanoseconds at) {
    RecordedEvent event;
    event.at = at;
    event.type_name = text_of(line, "type", "");
    if (event.type_name.empty()) fail("'type' must name the event");
    event.type = event_number(event.type_name);
    event.data = object_text(line, "data", "{}");
    event.metadata = object_text(line, "metadata", "");
    if (event.type == ASMGR_EV_TOOL_CALL_STARTED) require_tool_call_id(line);
    current_.events.push_back(std::move(event));
  }

  // Without it there is nothing to ask about, and no result to tell apart.
  void require_tool_call_id(const json::object& line) const {
    const json::value* data = line.if_contains("data");
    const json::object* call = data == nullptr ? nullptr : data->if_object();
    const json::value* id = call == nullptr ? nullptr : call->if_contains("tool_call_id");
    if (id == nullptr || !id->is_string()) fail("a tool_call_started must have a 'tool_call_id' in its data");
  }

  std::string object_text(const json::object& line, std::string_view key, const std::string& otherwise) const {
    const json::value* value = line.if_contains(sdk::as_json(key));
    if (value == nullptr || value->is_null()) return otherwise;
    if (!value->is_object()) fail("'" + std::string(key) + "' must be an object");
    return json::serialize(*value);
  }

  void read_finish(const json::object& line, std::chrono::nanoseconds at) {
    const json::object* finish = line.at("finish").if_object();
    if (finish == nullptr) fail("'finish' must be an object with a 'status'");
    current_.finish_status = finish_number(text_of(*finish, "status", ""));
    if (current_.finish_status == 0) fail("the finish's 'status' must be completed, failed, cancelled or tool_calls");
    json::object result;
    for (const auto& [key, value] : *finish) {
      if (key != "status" && !value.is_null()) result[key] = value;
    }
    if (const json::value* error = result.if_contains("error"); error != nullptr && !error->is_object()) {
      fail("the finish's 'error' must be an object with 'code' and 'message', or null");
    }
    if (current_.finish_status == ASMGR_FINISH_FAILED && !result.contains("error")) {
      result["error"] = json::object{{"code", "provider_error"}, {"message", "the recorded run failed"}};
    }
    current_.finish_result = json::serialize(result);
    current_.finish_at = at;
    recording_.starts.push_back(std::move(current_));
    current_ = RecordedStart();
    last_time_ = std::chrono::nanoseconds(0);
  }

  Recording recording_;
  RecordedStart current_;
  std::size_t line_ = 0;
  bool anything_read_ = false;
  std::chrono::nanoseconds last_time_{0};
};

}  // namespace

Recording load_recording(const std::string& path) {
  return Reader(path).read();
}

}  // namespace asmgr::replay

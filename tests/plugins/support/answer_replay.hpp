// Replays recorded HTTP answers of model APIs into the reader of a dialect, and writes what came out of it as lines.
#ifndef ASMGR_TESTS_ANSWER_REPLAY_HPP_
#define ASMGR_TESTS_ANSWER_REPLAY_HPP_

#include <algorithm>
#include <asmgr/cpp/status.hpp>
#include <asmgr/toolkit/model_api/answer.hpp>
#include <asmgr/toolkit/sse.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/plugins/support/event_names.hpp"
#include "tests/support/recorded_answer.hpp"

namespace asmgr_test {

using Lines = std::vector<std::string>;

inline int status_of(const RecordedAnswer& recorded) {
  return std::stoi(recorded.head.substr(recorded.head.find(' ') + 1));
}

// By a dialect: a stream of events, or a refusal; not what is no answer at all.
inline bool is_readable(const RecordedAnswer& recorded) {
  if (recorded.head.empty()) return false;
  return status_of(recorded) != 200 || recorded.head.find("text/event-stream") != std::string::npos;
}

// Recordings of a folder, by name.
inline std::vector<std::filesystem::path> recordings_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".http") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Those of them that reach a dialect.
inline std::vector<std::filesystem::path> readable_recordings_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found = recordings_in(folder);
  found.erase(
      std::remove_if(found.begin(), found.end(),
                     [](const std::filesystem::path& file) { return !is_readable(read_recording(file.string())); }),
      found.end());
  return found;
}

inline std::string line_of(const asmgr::model_api::Output::Made& event) {
  return "{\"type\":\"" + event_name(event.type) + "\",\"data\":" + event.data + "}";
}

inline std::string line_of(const asmgr::model_api::Failure& failure) {
  boost::json::object said;
  const std::string_view name = asmgr::sdk::status_name(failure.status);
  said["status"] = boost::json::string_view(name.data(), name.size());
  said["kind"] = failure.kind;
  said["message"] = failure.message;
  said["retryable"] = failure.retryable;
  if (failure.retry_after) said["retry_after_ms"] = failure.retry_after->count();
  return "{\"failure\":" + boost::json::serialize(said) + "}";
}

inline std::string line_of(const asmgr::model_api::Answer& answer) {
  boost::json::object said;
  said["stop_reason"] = answer.stop_reason;
  said["model"] = answer.model;
  said["content"] = answer.content;
  boost::json::array calls;
  for (const asmgr::model_api::ToolCall& call : answer.calls) {
    boost::json::object made;
    made["id"] = call.id;
    made["name"] = call.name;
    made["input"] = call.input;
    calls.push_back(std::move(made));
  }
  said["calls"] = std::move(calls);
  if (answer.structured) said["structured"] = *answer.structured;
  if (!answer.verbatim.empty()) said["verbatim"] = boost::json::parse(answer.verbatim);
  return "{\"answer\":" + boost::json::serialize(said) + "}";
}

// Reads one stream: what it emitted, and last the answer or the failure.
class AnswerReplay {
 public:
  explicit AnswerReplay(asmgr::model_api::AnswerReader& reader) : reader_(reader) {}

  void feed(std::string_view bytes) {
    parser_.feed(bytes, [&](const asmgr::sse::Event& event) { on_event(event.name, event.data); });
  }
  void on_event(std::string_view name, std::string_view data) {
    if (over_) return;
    asmgr::model_api::Reading reading = reader_.on_event(name, data, out_);
    if (auto* failure = std::get_if<asmgr::model_api::Failure>(&reading)) failure_ = std::move(*failure);
    over_ = !std::holds_alternative<asmgr::model_api::More>(reading);
  }

  Lines end() {
    std::string last;
    if (failure_) {
      last = line_of(*failure_);
    } else {
      last = std::visit([](const auto& ending) { return line_of(ending); }, reader_.end(out_));
    }
    Lines lines;
    for (const asmgr::model_api::Output::Made& event : out_.take()) lines.push_back(line_of(event));
    lines.push_back(std::move(last));
    return lines;
  }

  [[nodiscard]] std::uint64_t unknown() const { return out_.unknown_count(); }

 private:
  asmgr::model_api::AnswerReader& reader_;
  asmgr::model_api::Output out_;
  asmgr::sse::Parser parser_;
  std::optional<asmgr::model_api::Failure> failure_;
  bool over_ = false;
};

inline bool is_answer(const Lines& lines) {
  return lines.back().find("{\"answer\":") == 0;
}

// A stream given as the data of its events, without names.
inline Lines read_stream(asmgr::model_api::AnswerReader& reader, const std::vector<std::string>& data) {
  AnswerReplay replay(reader);
  for (const std::string& one : data) replay.on_event("", one);
  return replay.end();
}

inline Lines read_whole(asmgr::model_api::AnswerReader& reader, std::string_view body) {
  AnswerReplay replay(reader);
  replay.feed(body);
  return replay.end();
}

inline Lines read_bytewise(asmgr::model_api::AnswerReader& reader, std::string_view body) {
  AnswerReplay replay(reader);
  for (const char byte : body) replay.feed(std::string_view(&byte, 1));
  return replay.end();
}

inline Lines read_in_pieces(asmgr::model_api::AnswerReader& reader, std::string_view body, unsigned seed) {
  std::mt19937 random(seed);
  AnswerReplay replay(reader);
  while (!body.empty()) {
    const std::size_t size = std::min<std::size_t>(body.size(), 1 + random() % 97);
    replay.feed(body.substr(0, size));
    body.remove_prefix(size);
  }
  return replay.end();
}

inline std::filesystem::path expectation_of(std::filesystem::path recording) {
  return recording.replace_extension(".expected.jsonl");
}

// The lines that were checked in beside the recording.
inline Lines expected_lines(const std::filesystem::path& recording) {
  Lines lines;
  std::ifstream in(expectation_of(recording));
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The same; with ASMGR_UPDATE_GOLDEN set `found` is written first: read every line of the difference before you keep
// it.
inline Lines expected_lines(const std::filesystem::path& recording, const Lines& found) {
  if (std::getenv("ASMGR_UPDATE_GOLDEN") != nullptr) {
    std::ofstream out(expectation_of(recording), std::ios::binary);
    for (const std::string& line : found) out << line << '\n';
  }
  return expected_lines(recording);
}

}  // namespace asmgr_test

#endif  // ASMGR_TESTS_ANSWER_REPLAY_HPP_

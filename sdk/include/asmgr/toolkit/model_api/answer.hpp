// What comes back from a model: the events of an answer while it streams, and how it ended.
#pragma once

#include <asmgr/abi/data.h>
#include <asmgr/abi/status.h>

#include <asmgr/toolkit/model_api/prompt.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace asmgr::model_api {

// Tokens of one answer so far. Disjoint: `input` without cached ones, `output` without reasoning.
struct Usage {
  std::int64_t input = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
};

// Collects the events of an answer until they are handed to the host together. Serial use.
class Output {
 public:
  // The API's name for this answer, and the model that gives it. Once per answer; later calls do nothing.
  void started(std::string_view session_id, std::string_view model);
  // Empty pieces are left out, each.
  void text(std::string_view delta);
  void reasoning(std::string_view delta);
  void tool_input(std::string_view call_id, std::string_view tool_name, std::string_view delta);
  // A finished message of the assistant; nothing when it is empty.
  void message(std::string_view content);
  // What has been used so far, in all; the host is told the difference to the call before. A number that goes down is
  // taken for one that stayed.
  void usage(const Usage& so_far);
  // Any other event: ASMGR_EV_* and its data.
  void add(std::uint32_t type, const boost::json::object& data);
  // Something that this version does not know came; it is counted and otherwise ignored.
  void unknown() noexcept { ++unknown_; }

  struct Made {
    std::uint32_t type;
    std::string data;  // JSON
  };
  [[nodiscard]] bool empty() const noexcept { return events_.empty(); }
  [[nodiscard]] std::vector<Made> take();
  [[nodiscard]] const Usage& used() const noexcept { return used_; }
  [[nodiscard]] std::uint64_t unknown_count() const noexcept { return unknown_; }

 private:
  std::vector<Made> events_;
  Usage used_;
  std::uint64_t unknown_ = 0;
  bool started_ = false;
};

// What an API said went wrong, by an HTTP status or within a stream.
struct Failure {
  asmgr_status status = ASMGR_E_PROVIDER;  // of the category provider, or VALIDATION and so on
  std::string kind;                        // the API's own name for it ("overloaded_error"); may be empty
  std::string message;                     // the API's own words; empty = the provider says it by itself
  bool retryable = false;                  // the same request may be answered a moment later
  std::optional<std::chrono::milliseconds> retry_after;
};

// What a status means to every API: 400, 404, 413, 422 invalid_input, 401 and 403 authentication, 402 quota, 408
// and 504 timeout, 429 rate limited, other 5xx unavailable; retryable are 408, 409, 429 and 5xx.
[[nodiscard]] Failure failure_of_status(int http_status);

struct Answer {
  std::string content;      // all text that it said
  std::string stop_reason;  // as the API names it
  std::string model;        // that gave it; may be empty
  std::vector<ToolCall> calls;
  std::optional<boost::json::value> structured;  // where an output_schema was given and the content is JSON
  // What the next model call of the run has to give back word for word; only looked at with calls or `goes_on`. See
  // Message::verbatim.
  std::string verbatim;
  // The API stopped in the middle and goes on when it is asked again with what it has said. Not with calls.
  bool goes_on = false;
};

// How reading stands after an event.
struct More {};  // the answer is not complete
struct Done {};  // it is; what may still come is not read
using Reading = std::variant<More, Done, Failure>;

// Makes events of the server-sent events of one answer. Serial use, on the client's I/O thread. May throw: that fails
// the run.
class AnswerReader {
 public:
  virtual ~AnswerReader() = default;
  // The next event of the stream; `name` is empty where the stream gives none.
  virtual Reading on_event(std::string_view name, std::string_view data, Output& out) = 0;
  // The stream is over: after Done, or because the server closed it in order. An answer that is complete, with the
  // events that are left to say (message, usage); or the Failure that it was cut.
  virtual std::variant<Answer, Failure> end(Output& out) = 0;
};

}  // namespace asmgr::model_api

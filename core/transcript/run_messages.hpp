// What one run adds to a transcript.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/transcript/transcript.hpp"

namespace asmgr {

struct ToolCall {
  std::string id;  // may be empty
  std::string name;
  std::optional<boost::json::object> input;
};

struct ToolResult {
  boost::json::value output;
  bool failed = false;
  std::string error_code;
};

// Fed with the events of a run in their order; each function is one kind of event, `metadata` that of its message.
//
// - Pieces of a stream are one message, ended by whatever comes next; a final message of the assistant stands in for
//   its stream.
// - There is one call per id until it has a result, and each call has exactly one result: a result without a call
// brings
//   the call along, a call without a result gets one that says that it is in doubt. A second result is ignored.
// - An approval that is asked for is the call's result until there is a better one: the decision, then the real result.
// - Text of an attempt that was superseded, or of a run that did not succeed, is dropped. Calls and their results stay:
//   what they did was done. So does what was sent to the run.
class RunMessages {
 public:
  // `parts`: of a message that is more than text, which `content` is; else empty.
  void sent(Role role, std::string content, boost::json::array parts, boost::json::object metadata);
  void received(Role role, std::string content, boost::json::object metadata);
  void streamed(std::string_view text, boost::json::object metadata);
  void call_started(ToolCall call, boost::json::object metadata);
  void call_ended(ToolCall call, ToolResult result, boost::json::object metadata);
  void approval_requested(ToolCall call, std::string approval_id, boost::json::object metadata);
  void approval_decided(std::string_view approval_id, std::string_view call_id, bool granted, std::string_view reason);
  void attempt_superseded();
  // A new attempt goes on where the one before was left.
  void attempt_continues();
  void ended_without_success();

  // Neither a stream nor a call is open.
  [[nodiscard]] bool is_settled() const noexcept;
  void append_to(std::vector<TranscriptMessage>& messages) const;

 private:
  enum class Kind : std::uint8_t { kept, said, call, result };
  struct Entry {
    TranscriptMessage message;
    Kind kind = Kind::kept;
    bool dropped = false;
    std::size_t call = 0;  // of kinds call and result: index in calls_
  };

  enum class State : std::uint8_t {
    open,       // no result
    waiting,    // for a person
    decided,    // by a person
    withdrawn,  // ended with its run, before anything came of it
    answered,
  };
  struct Call {
    std::size_t entry = 0;
    std::size_t result = 0;  // index in entries_, of every state but open
    State state = State::open;
    std::string approval_id;
  };

  void add(Role role, std::string content, boost::json::object metadata, Kind kind);
  [[nodiscard]] Call& add_call(ToolCall call, const boost::json::object& metadata);
  void set_result(Call& call, State state, std::string name, boost::json::value output, boost::json::object metadata);
  [[nodiscard]] Call* find_call(std::string_view id);
  // Of calls without an id: the oldest without a result; without a name, of any tool.
  [[nodiscard]] Call* find_nameless_open(std::string_view tool_name);
  [[nodiscard]] Call* find_waiting(const ToolCall& call);
  [[nodiscard]] static bool is_unanswered(State state) noexcept { return state < State::withdrawn; }
  void drop_what_was_said();

  std::vector<Entry> entries_;
  std::vector<Call> calls_;
  std::unordered_map<std::string, std::size_t> call_index_;  // the newest call of each id that is not empty
  std::optional<std::size_t> stream_;                        // the entry that grows
  bool failed_ = false;
};

}  // namespace asmgr

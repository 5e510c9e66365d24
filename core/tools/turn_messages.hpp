// What the model is told in the second and later calls of a run: all that was said, called and returned so far.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "core/model/error.hpp"
#include "core/tools/tool.hpp"

namespace asmgr {

// A call that a model asks for.
struct ModelCall {
  std::string id;
  std::string name;
  boost::json::object input;
};

// The messages of a run as they grow from call to call. Values; one thread at a time.
class TurnMessages {
 public:
  // `transcript`: what was said before the run, a JSON array or empty; `input`: the run's own. Errors: validation_error
  // for a transcript that is none.
  [[nodiscard]] static Result<TurnMessages> of(std::string_view transcript, const boost::json::value& input);

  void add_said(std::string_view text);  // by the model; an empty one is none
  void add_call(const ModelCall& call);
  // A call that stands there with what was said instead of its result: that goes, so that the result can be added.
  void take_up_call(const ModelCall& call);
  void add_result(const ModelCall& call, const ToolOutcome& result);
  [[nodiscard]] std::string text() const;  // as a provider gets it: a JSON array

 private:
  boost::json::array messages_;
};

// Reads `tool_calls` of a finish: [{"id","name","input"}]. Calls without an id, or with one that was there before in
// the list, get one made of `turn` and their place. Errors: plugin_misbehaved for what is no such list, or empty.
[[nodiscard]] Result<std::vector<ModelCall>> read_tool_calls(const boost::json::object& result, std::uint32_t turn);

// Calls that a run was left with: [{"tool_call_id","tool_name","tool_input"}]; none for an empty text. Errors:
// validation_error.
[[nodiscard]] Result<std::vector<ModelCall>> read_waiting_calls(std::string_view text);

// Cuts an output to `max_bytes` of text, saying so at the cut; content that is no text goes when it does not fit.
[[nodiscard]] ToolOutcome cut_to(ToolOutcome result, std::size_t max_bytes);

}  // namespace asmgr

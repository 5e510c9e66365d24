// What a model is asked, read once from a start and the same for every model API.
#pragma once

#include <asmgr/cpp/run.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace asmgr::model_api {

struct Settings;

struct Text {
  std::string text;
};

// Either `data` (base64, as it came) with its media type, or `url`.
struct Image {
  std::string media_type;  // "image/png"; empty with a url
  std::string data;
  std::string url;
};

struct ToolCall {
  std::string id;
  std::string name;
  boost::json::object input;
};

struct ToolResult {
  std::string call_id;
  std::string tool_name;  // may be empty
  boost::json::value output;
  bool is_error = false;
};

using Part = std::variant<Text, Image, ToolCall, ToolResult>;

enum class Role {
  kUser,       // Text and Image
  kAssistant,  // Text, then ToolCall: all that one model call said
  kTool,       // ToolResult: of all calls of the assistant message before it
};

// Never without parts.
struct Message {
  Role role = Role::kUser;
  std::vector<Part> parts;
  // Of an assistant message that this instance got from the API earlier in the same run: what the dialect's reader gave
  // as Answer::verbatim, to be sent instead of the parts. Empty when there is none (a run that another process began,
  // or memory that was full).
  std::string verbatim;
};

struct Tool {
  std::string name;
  std::string description;
  boost::json::object input_schema;
};

// What a model call of this run said, kept for the next one.
struct RememberedTurn {
  std::vector<std::string> call_ids;
  std::string verbatim;  // Answer::verbatim
};

struct Prompt {
  std::string run_id;
  std::uint32_t turn = 1;
  std::string resume_token;       // session of the API's own that has what was said before `messages`; empty = none
  std::string model;              // of the run's options, else of the configuration; may be empty
  std::string system;             // configured or of the options, then system messages; a blank line between
  std::vector<Message> messages;  // user and assistant in turn as far as the conversation had it so; not empty
  std::vector<Tool> tools;
  std::optional<std::int64_t> max_output_tokens;     // of the run's options, never above the configured one; else that
  std::optional<double> temperature;                 // of the run's options
  std::optional<boost::json::object> output_schema;  // of the run's options: the answer is to be JSON like this
  boost::json::object options;  // the configuration's `options`: to be merged over the request, see merge_options
};

// Reads a start: the run's input, the transcript, tools, options. On turn 1 the input comes after the transcript; later
// the transcript has it already, and its images are put back where the transcript has them as text only. Assistant
// messages that follow each other become one, and so do tool results. A call without a result gets one that says that
// there is none, since every API refuses a request without. Calls of one remembered turn stay in one message, whatever
// their results came between. Throws sdk::StatusError (VALIDATION, MISSING_FIELD, UNSUPPORTED) with what is wrong.
[[nodiscard]] Prompt read_prompt(const sdk::RunContext& context, const Settings& settings,
                                 const std::vector<RememberedTurn>& remembered);

// The output of a tool as text: a string as it is, anything else as JSON.
[[nodiscard]] std::string output_text(const boost::json::value& output);

// Puts `options` over `request`: objects member by member at any depth, null removes a member, everything else replaces
// what was there.
void merge_options(boost::json::object& request, const boost::json::object& options);

}  // namespace asmgr::model_api

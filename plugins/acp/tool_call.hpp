// A tool call as an agent tells of it, piece by piece.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::acp {

struct ToolCall {
  std::string id;
  std::string title;
  std::string kind;              // read, edit, execute, ...; empty until said
  std::string status;            // pending, in_progress, completed, failed; empty until said
  boost::json::value raw_input;  // null until said
  boost::json::value raw_output;
  boost::json::array content;
  boost::json::array locations;

  // Takes the members of a tool_call or tool_call_update over; what is absent or null stays, lists are replaced.
  void merge(const boost::json::object& said);

  // What policies know the tool by: `execute` for whatever runs a command, else its kind, else (kind `other` or none)
  // its title. Never empty.
  [[nodiscard]] std::string name() const;
  // What the tool was given, always an object: the agent's raw input; where it shows none, what it can be told of
  // otherwise: {"path"} of its locations and diffs, {"content"} of its one diff, {"command"} for commands, whose title
  // it is then.
  [[nodiscard]] boost::json::object input() const;
  // Raw output; else the text of the content; else the content as it came.
  [[nodiscard]] boost::json::value output() const;
  // The files it names: in its input, locations and diffs.
  [[nodiscard]] std::vector<std::string> paths() const;
  // True when the raw input is known.
  [[nodiscard]] bool has_input() const;
};

// The text of a content block: its own, a resource's, a link as [name](uri); empty for pictures and sound.
[[nodiscard]] std::string text_of_block(const boost::json::object& block);

}  // namespace asmgr::acp

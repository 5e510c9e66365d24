// What the data of events says, in the words and numbers that renderers show.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/event.hpp"
#include "core/model/usage.hpp"

namespace asmgr::rendering {

// The data of an event; an empty object for what is none.
[[nodiscard]] boost::json::object data_of(const EventView& event);
// Its type's name, also of a type this version does not know.
[[nodiscard]] std::string_view shown_type(const EventView& event) noexcept;

// A member as text: strings as they are, anything else as JSON, nothing when missing or null.
[[nodiscard]] std::string text_of(const boost::json::object& data, std::string_view key);
// What was streamed: `delta`, else `content`.
[[nodiscard]] std::string streamed_text(const boost::json::object& data);
// What a message says: a string, or the text parts of a list of blocks.
[[nodiscard]] std::string message_text(const boost::json::object& data);
// What a tool answered: its text where it has one, else JSON.
[[nodiscard]] std::string tool_output_text(const boost::json::object& data);
[[nodiscard]] std::optional<std::int64_t> exit_code(const boost::json::object& data);
// "CODE: message", or what there is of it.
[[nodiscard]] std::string error_text_of(const boost::json::object& data);
// What a policy objected to.
[[nodiscard]] std::string violation_text(const boost::json::object& data);
// The members of `token_usage` in run_completed, or of the event itself.
[[nodiscard]] TokenUsage usage_of(const boost::json::object& data);
[[nodiscard]] std::optional<double> cost_of(const boost::json::object& data);

struct TokenFlow {
  std::int64_t in = 0;   // also those of a cache
  std::int64_t out = 0;  // also reasoning
};
[[nodiscard]] TokenFlow flow_of(const TokenUsage& usage) noexcept;

// "$0.0123".
[[nodiscard]] std::string dollars(double usd, int decimals);
// "2.1s", "3m05s".
[[nodiscard]] std::string duration_text(std::int64_t milliseconds);
// At most `count` characters on one line, blanks for line breaks, "…" where it was cut.
[[nodiscard]] std::string preview(std::string_view text, std::size_t count);
// "claude-haiku-4-5-20251001" is "haiku-4-5".
[[nodiscard]] std::string short_model(std::string_view model);
// As people write them: "1 tool", "2 tools".
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace asmgr::rendering

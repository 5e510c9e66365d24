// What answers of both APIs have in common.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

namespace asmgr::openai {

// No arguments at all are an empty object; empty when they are no JSON object.
[[nodiscard]] std::optional<boost::json::object> tool_input_of(std::string_view arguments);

// The answer's text as JSON; empty when it is none.
[[nodiscard]] std::optional<boost::json::value> structured_of(std::string_view text);

// Whether the configured `options` have answers kept at the server (`store: true`): then they can be gone on from.
[[nodiscard]] bool keeps_answers(const boost::json::object& options);

}  // namespace asmgr::openai

// What OpenAI's APIs, and the servers that imitate them, say when something went wrong.
#pragma once

#include <asmgr/toolkit/model_api/answer.hpp>
#include <boost/json/object.hpp>
#include <string_view>

namespace asmgr::openai {

// Of an answer with another status than 2xx. Known shapes: {"error": {"message", "type", "param", "code"}}, the same in
// an array, {"error": "text"}, and {"message"} or {"detail"} at the top.
[[nodiscard]] model_api::Failure failure_of_body(int http_status, std::string_view body);

// Of an error within a stream whose HTTP status was 200: {"message", "type", "code"}.
[[nodiscard]] model_api::Failure failure_in_stream(const boost::json::object& error);

// The answer ended in the middle; `what` says where it is missing something.
[[nodiscard]] model_api::Failure failure_of_cut(std::string_view what);

// The model asked for a tool in a way that cannot be carried out.
[[nodiscard]] model_api::Failure failure_of_call(std::string_view tool_name, std::string_view what);

}  // namespace asmgr::openai

// What the API's errors mean: {"type":"error","error":{"type","message"}}, as a body or within a stream.
#pragma once

#include <asmgr/toolkit/model_api/answer.hpp>
#include <boost/json/object.hpp>
#include <string_view>

namespace asmgr::anthropic {

// An `error` event of a stream, parsed.
[[nodiscard]] model_api::Failure failure_in_stream(const boost::json::object& event);

// The body of an answer with an error status; what is not an envelope leaves what the status says.
[[nodiscard]] model_api::Failure failure_in_body(int http_status, std::string_view body);

}  // namespace asmgr::anthropic

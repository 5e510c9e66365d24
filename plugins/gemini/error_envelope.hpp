// What the Gemini API says when something went wrong.
#pragma once

#include <asmgr/toolkit/model_api/answer.hpp>
#include <boost/json/object.hpp>
#include <string_view>

namespace asmgr::gemini {

// Of an answer with another status than 2xx: {"error": {"code", "message", "status", "details": []}}, perhaps in an
// array.
[[nodiscard]] model_api::Failure failure_of_body(int http_status, std::string_view body);

// Of the member `error` of an event whose HTTP status was 200.
[[nodiscard]] model_api::Failure failure_in_stream(const boost::json::object& error);

}  // namespace asmgr::gemini

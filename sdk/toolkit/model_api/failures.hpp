// Failures of a model call: what the connection's mean, and how one is written down.
#pragma once

#include <asmgr/toolkit/http.hpp>
#include <asmgr/toolkit/model_api/answer.hpp>
#include <boost/json/object.hpp>
#include <exception>
#include <string>
#include <string_view>

namespace asmgr::model_api {

// Of an outcome that is an error.
[[nodiscard]] Failure failure_of_outcome(const http::Outcome& outcome);
// Of what a dialect threw.
[[nodiscard]] Failure failure_of_exception(const std::exception& thrown);

// {"provider","kind","message","status"?}; `http_status` 0 = there was none.
[[nodiscard]] boost::json::object provider_error(const Failure& failure, std::string_view vendor, int http_status);
// {"code","message","details":{},"provider_error":{}}.
[[nodiscard]] boost::json::object error_of(const Failure& failure, std::string_view vendor, int http_status);

}  // namespace asmgr::model_api

// The body of a request of the Messages API.
#pragma once

#include <asmgr/toolkit/model_api/prompt.hpp>
#include <boost/json/object.hpp>
#include <cstdint>

namespace asmgr::anthropic {

// The API wants a limit in every request; this is the one where nobody names another.
inline constexpr std::int64_t kDefaultMaxTokens = 8192;

// {"model","max_tokens","stream":true,"system"?,"messages","tools"?,"temperature"?,"output_config"?}, under the
// prompt's options.
[[nodiscard]] boost::json::object messages_request(const model_api::Prompt& prompt);

}  // namespace asmgr::anthropic

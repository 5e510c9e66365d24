// A prompt as the body of POST /chat/completions.
#pragma once

#include <asmgr/toolkit/model_api/prompt.hpp>
#include <boost/json/object.hpp>
#include <string_view>

namespace asmgr::openai {

// `limit_name`: what the server calls the limit of an answer. Throws sdk::StatusError (MISSING_FIELD) without a model.
[[nodiscard]] boost::json::object chat_request(const model_api::Prompt& prompt, std::string_view limit_name);

}  // namespace asmgr::openai

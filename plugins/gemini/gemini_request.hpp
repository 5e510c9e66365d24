// A prompt as the body of POST /models/MODEL:streamGenerateContent, and where it goes.
#pragma once

#include <asmgr/toolkit/model_api/prompt.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace asmgr::gemini {

// "/models/MODEL:streamGenerateContent?alt=sse"; a model that has a folder in its name ("tunedModels/x") keeps it.
[[nodiscard]] std::string gemini_path(std::string_view model);

// Throws sdk::StatusError (MISSING_FIELD) without a model.
[[nodiscard]] boost::json::object gemini_request(const model_api::Prompt& prompt);

}  // namespace asmgr::gemini

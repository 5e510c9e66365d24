// What requests of both APIs have in common.
#pragma once

#include <asmgr/toolkit/model_api/prompt.hpp>
#include <boost/json/object.hpp>
#include <string>

namespace asmgr::openai {

// Throws sdk::StatusError (MISSING_FIELD) when neither the configuration nor the run names one.
void require_model(const model_api::Prompt& prompt);

// As a URL: a data: one where the image came with its bytes.
[[nodiscard]] std::string image_url(const model_api::Image& image);

// {"name", "schema", "strict"}: what both APIs want of an answer that is JSON.
[[nodiscard]] boost::json::object answer_schema(const boost::json::object& schema);

}  // namespace asmgr::openai

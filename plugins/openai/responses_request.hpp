// A prompt as the body of POST /responses.
#pragma once

#include <asmgr/toolkit/model_api/prompt.hpp>
#include <boost/json/object.hpp>

namespace asmgr::openai {

// Nothing is to be kept at the server (`store: false`), so models that reason are asked for their reasoning in
// encrypted form, to be given back in the tool loop; `options` may say otherwise. A resume token is the answer to go on
// from. Throws sdk::StatusError (MISSING_FIELD) without a model.
[[nodiscard]] boost::json::object responses_request(const model_api::Prompt& prompt);

}  // namespace asmgr::openai

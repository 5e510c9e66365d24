// The JSON Schema of the `config:` block.
#pragma once

#include <asmgr/toolkit/model_api/settings.hpp>
#include <string_view>

namespace asmgr::openai {

inline constexpr std::string_view kDefaultBaseUrl = "https://api.openai.com/v1";

inline constexpr std::string_view kOwnKeys = R"json(
    "api": {"type": "string", "default": "responses", "enum": ["responses", "chat"],
      "description": "What the server speaks: Responses, or Chat Completions as nearly every other server does"},
    "api_key": {"type": "string", "default": "", "x-secret": true,
      "description": "Sent as a bearer token; may be empty where base_url names a server that needs none"},
    "base_url": {"type": "string", "default": "https://api.openai.com/v1",
      "description": "What comes before /responses or /chat/completions; a query at its end is kept"},
    "model": {"type": "string", "default": "",
      "description": "Model of runs whose options name none"},)json";

inline constexpr std::string_view kConfigSchemaText =
    model_api::JoinedText<model_api::kSchemaBegin, kOwnKeys, model_api::kSchemaEnd>::kValue;

}  // namespace asmgr::openai

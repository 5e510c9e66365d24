// The JSON Schema of the `config:` block.
#pragma once

#include <asmgr/toolkit/model_api/settings.hpp>
#include <string_view>

namespace asmgr::anthropic {

inline constexpr std::string_view kOwnKeys = R"json(
    "api_key": {"type": "string", "default": "", "x-secret": true,
      "description": "Key of the API, sent as x-api-key; empty = none is sent"},
    "base_url": {"type": "string", "minLength": 1, "default": "https://api.anthropic.com",
      "description": "Where the API is; /v1/messages is put behind it"},
    "model": {"type": "string", "minLength": 1, "default": "claude-haiku-4-5",
      "description": "Model of runs whose options name none"},)json";

inline constexpr std::string_view kConfigSchema =
    model_api::JoinedText<model_api::kSchemaBegin, kOwnKeys, model_api::kSchemaEnd>::kValue;

}  // namespace asmgr::anthropic

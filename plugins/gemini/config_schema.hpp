// The JSON Schema of the `config:` block.
#pragma once

#include <asmgr/toolkit/model_api/settings.hpp>
#include <string_view>

namespace asmgr::gemini {

inline constexpr std::string_view kDefaultBaseUrl = "https://generativelanguage.googleapis.com/v1beta";

inline constexpr std::string_view kOwnKeys = R"json(
    "api_key": {"type": "string", "default": "", "x-secret": true,
      "description": "Sent as the header x-goog-api-key; may be empty where base_url names a server that needs none"},
    "base_url": {"type": "string", "default": "https://generativelanguage.googleapis.com/v1beta",
      "description": "What comes before /models/MODEL:streamGenerateContent"},
    "model": {"type": "string", "default": "",
      "description": "Model of runs whose options name none"},)json";

inline constexpr std::string_view kConfigSchemaText =
    model_api::JoinedText<model_api::kSchemaBegin, kOwnKeys, model_api::kSchemaEnd>::kValue;

}  // namespace asmgr::gemini

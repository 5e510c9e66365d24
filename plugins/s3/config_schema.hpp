// The JSON Schema of the `config:` block.
#pragma once

#include <string_view>

namespace asmgr::s3_store {

inline constexpr std::string_view kConfigSchema = R"json({
  "type": "object",
  "additionalProperties": false,
  "required": ["bucket", "access_key", "secret_key"],
  "properties": {
    "endpoint": {"type": "string", "default": "",
      "description": "Where the service is, http(s)://HOST[:PORT]. Empty: Amazon's in the region"},
    "region": {"type": "string", "minLength": 1, "default": "us-east-1",
      "description": "The bucket's region, which requests are signed for"},
    "bucket": {"type": "string", "minLength": 1, "description": "The bucket; it must be there"},
    "prefix": {"type": "string", "default": "",
      "description": "What the names of all objects begin with, for example asmgr/. Letters, digits, and - _ . / = only"},
    "access_key": {"type": "string", "minLength": 1, "x-secret": true, "description": "The id of the access key"},
    "secret_key": {"type": "string", "minLength": 1, "x-secret": true, "description": "The secret access key"},
    "session_token": {"type": "string", "default": "", "x-secret": true,
      "description": "The token that belongs to temporary credentials"},
    "path_style": {"type": "boolean",
      "description": "Whether the bucket is in the path (HOST/BUCKET/NAME) and not in the name of the host (BUCKET.HOST/NAME). Default: true where endpoint is given, else false"},
    "ca_file": {"type": "string", "x-path": true, "default": "",
      "description": "Certificates (PEM) that the server's is checked with, instead of the system's"},
    "part_size": {"type": "string", "x-unit": "size", "default": "8MiB",
      "description": "What is larger is sent in parts of this size, at least 5MiB. A put keeps about two of them in memory"},
    "timeout": {"type": "string", "x-unit": "duration", "default": "30s",
      "description": "How long one request may take with all its repetitions; one try takes at most half of it"}
  }
})json";

}  // namespace asmgr::s3_store

#include "core/model/artifact.hpp"

#include "core/model/hash_chain.hpp"
#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

Result<void> read_texts(const ObjectReader& in, Artifact& artifact) {
  struct Text {
    std::string_view name;
    std::string* to;
  };
  for (const Text& text : {Text{"key", &artifact.key}, Text{"session_id", &artifact.session_id}}) {
    auto value = in.required_string(text.name);
    if (!value) return value.error();
    *text.to = *value;
  }
  for (const Text& text : {Text{"content_type", &artifact.content_type}, Text{"artifacts", &artifact.artifacts},
                           Text{"run_id", &artifact.run_id}}) {
    auto value = in.optional_string(text.name);
    if (!value) return value.error();
    *text.to = *value;
  }
  return {};
}

}  // namespace

boost::json::object to_json(const Artifact& artifact) {
  boost::json::object json;
  json.reserve(9);
  json["key"] = artifact.key;
  json["bytes"] = artifact.bytes;
  json["sha256"] = to_hex(artifact.sha256);
  json["content_type"] = artifact.content_type;
  json["artifacts"] = artifact.artifacts;
  json["session_id"] = artifact.session_id;
  json["run_id"] = text_or_null(artifact.run_id);
  json["metadata"] = artifact.metadata;
  json["created_at"] = time_or_null(artifact.created_at);
  return json;
}

Result<Artifact> artifact_from_json(const boost::json::value& json) {
  auto in = ObjectReader::open(json, "artifact", ErrorCode::invalid_format);
  if (!in) return in.error();
  Artifact artifact;
  if (auto texts = read_texts(*in, artifact); !texts) return texts.error();
  auto bytes = in->optional_int("bytes", 0, -1);
  if (!bytes) return bytes.error();
  if (*bytes < 0) return in->mismatch("bytes", "a number of bytes");
  artifact.bytes = static_cast<std::uint64_t>(*bytes);
  auto digest = in->required_string("sha256");
  if (!digest) return digest.error();
  const auto sha256 = hash_from_hex(*digest);
  if (!sha256) return in->mismatch("sha256", "64 hexadecimal digits");
  artifact.sha256 = *sha256;
  auto metadata = in->optional_object("metadata");
  if (!metadata) return metadata.error();
  artifact.metadata = std::move(*metadata);
  auto created = in->optional_time("created_at");
  if (!created) return created.error();
  artifact.created_at = *created;
  return artifact;
}

}  // namespace asmgr

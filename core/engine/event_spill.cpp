#include "core/engine/event_spill.hpp"

#include <cstring>
#include <future>

#include "core/engine/artifact_registry.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/sha256.hpp"
#include "core/pipeline/cut_event.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kEventDataType = "application/json";
constexpr std::chrono::milliseconds kLook{50};            // between looks whether the host ends
constexpr std::chrono::milliseconds kLastPatience{1000};  // once it does

// The put on a thread of its own, because nobody knows whether it comes back.
Result<ArtifactInfo> put_in_time(const Spill& spill, const std::string& key, std::shared_ptr<const std::string> data,
                                 const SpillMeans& means) {
  auto told = std::make_shared<std::promise<Result<ArtifactInfo>>>();
  auto answer = told->get_future();
  means.helpers.run([told, key, artifacts = spill.artifacts, data = std::move(data)] {
    told->set_value(artifacts->put(key, kEventDataType, source_of(*data)));
  });
  std::chrono::milliseconds left = means.deadline;
  bool stopping = false;
  while (left.count() > 0) {
    if (!stopping && means.stopping) {
      stopping = true;
      left = std::min(left, kLastPatience);
    }
    if (answer.wait_for(std::min(left, kLook)) == std::future_status::ready) return answer.get();
    left -= kLook;
  }
  return Error(ErrorCode::storage_connection_failed,
               stopping ? "the host ends and the artifact store has not answered yet"
                        : "the artifact store has not answered for " + std::to_string(means.deadline.count()) + " ms");
}

Result<Artifact> keep_whole(const Spill& spill, const LargeEvent& event, const Hash& sha256, const SpillMeans& means) {
  auto mark = means.find_mark();
  if (!mark) return mark.error();
  Artifact artifact;
  artifact.key = new_artifact_key(*mark, "event", event.now);
  auto kept = put_in_time(spill, artifact.key, event.data, means);
  if (!kept) return kept.error();
  artifact.bytes = event.data->size();
  artifact.sha256 = sha256;
  artifact.content_type = kEventDataType;
  artifact.artifacts = spill.artifacts_name;
  artifact.session_id = event.session_id;
  artifact.run_id = event.run_id;
  artifact.metadata["kind"] = "event";
  artifact.metadata["event_type"] = event.type;
  artifact.metadata["event_id"] = event.event_id;
  artifact.created_at = event.now;
  return artifact;
}

}  // namespace

ByteSource source_of(std::string_view text) {
  return [left = text](std::span<char> buffer) mutable -> Result<std::size_t> {
    const std::size_t size = std::min(buffer.size(), left.size());
    std::memcpy(buffer.data(), left.data(), size);
    left.remove_prefix(size);
    return size;
  };
}

SpilledEvent spill_event(const Spill& spill, const LargeEvent& event, const SpillMeans& means) {
  Sha256 digest;
  digest.add(*event.data);
  const Hash sha256 = digest.finish();
  SpilledEvent spilled;
  const std::string what = "event " + event.event_id + " (" + event.type + ") has " +
                           std::to_string(event.data->size()) + " bytes, more than max_event_bytes (" +
                           std::to_string(spill.max_event_bytes) + ")";
  if (spill.artifacts == nullptr) {
    spilled.problem = what + ": only the beginning is kept, because pipeline '" + spill.pipeline +
                      "' names no artifacts that could keep the whole";
  } else if (auto kept = keep_whole(spill, event, sha256, means)) {
    spilled.artifact = std::move(*kept);
  } else {
    spilled.problem = what + ": only the beginning is kept, because the whole could not be put into artifacts '" +
                      spill.artifacts_name + "': " + kept.error().message();
  }
  const std::string key = spilled.artifact ? spilled.artifact->key : std::string();
  spilled.data = cut_event_data(*event.data, spill.max_event_bytes, {event.data->size(), to_hex(sha256), key});
  return spilled;
}

}  // namespace asmgr

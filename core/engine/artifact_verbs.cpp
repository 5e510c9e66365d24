// Artifacts as their readers see them: those of a session, one by its key, the bytes.
#include <algorithm>

#include "core/engine/artifact_registry.hpp"
#include "core/engine/stored_log.hpp"
#include "core/engine/waiting.hpp"

namespace asmgr {
namespace {

Result<Artifact> find_in_stores(SessionManager::Engine& engine, const std::string& key, const std::string& tenant) {
  Error failed(ErrorCode::not_found, "no artifact has an empty key");
  if (key.empty()) return failed;
  for (StoreHost* host : engine.stores()) {
    auto found = find_artifact(host->store(), tenant, key);
    if (found || found.error().code() != ErrorCode::not_found) return found;
    failed = found.error();
  }
  return failed;
}

}  // namespace

std::vector<std::shared_ptr<ArtifactStore>> artifact_stores(const Wiring& wiring, const std::string& first) {
  std::vector<std::shared_ptr<ArtifactStore>> stores;
  for (const auto& [name, pipeline] : wiring.pipelines) {
    if (pipeline.artifacts == nullptr) continue;
    if (std::find(stores.begin(), stores.end(), pipeline.artifacts) != stores.end()) continue;
    stores.insert(pipeline.artifacts_name == first ? stores.begin() : stores.end(), pipeline.artifacts);
  }
  return stores;
}

Result<std::vector<Artifact>> SessionManager::list_artifacts(const std::string& session_id, const std::string& tenant) {
  if (EngineThread::here()) return blocking_here();
  auto log = find_recovered_log(*engine_, session_id, tenant);
  if (!log) return log.error();
  return asmgr::list_artifacts(log->host->store(), tenant, session_id);
}

Result<ArtifactStats> SessionManager::get_artifact_stats(const std::string& session_id, const std::string& tenant) {
  auto artifacts = list_artifacts(session_id, tenant);
  if (!artifacts) return artifacts.error();
  ArtifactStats stats;
  for (const Artifact& artifact : *artifacts) {
    ++stats.artifact_count;
    stats.total_bytes += artifact.bytes;
  }
  return stats;
}

Result<Artifact> SessionManager::get_artifact(const std::string& key, const std::string& tenant) {
  if (EngineThread::here()) return blocking_here();
  return find_in_stores(*engine_, key, tenant);
}

Result<Artifact> SessionManager::read_artifact(const ReadArtifactOptions& options) {
  auto artifact = get_artifact(options.key, options.tenant);
  if (!artifact) return artifact;
  Error missing(ErrorCode::not_found, "artifact '" + artifact->key + "' was put into artifacts '" +
                                          artifact->artifacts + "', and no pipeline here has artifacts to read from");
  // The instance may have another name by now.
  for (const auto& store : artifact_stores(*engine_->wiring(), artifact->artifacts)) {
    auto read = asmgr::read_artifact(*store, *artifact, options.write);
    if (read) return artifact;
    if (read.error().code() != ErrorCode::not_found) return read.error();
    missing = read.error();
  }
  return missing;
}

}  // namespace asmgr

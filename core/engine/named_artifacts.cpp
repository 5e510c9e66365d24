#include "core/engine/named_artifacts.hpp"

#include "core/engine/artifact_registry.hpp"

namespace asmgr {

void NamedArtifacts::look_at(std::string_view data) {
  for (auto at = data.find(kArtifactKeyBegin); at != std::string_view::npos; at = data.find(kArtifactKeyBegin, at)) {
    const auto end = data.find('"', at);
    if (end == std::string_view::npos) return;
    if (at > 0 && data[at - 1] == '"') keys_.emplace(data.substr(at, end - at));
    at = end;
  }
}

std::vector<Artifact> NamedArtifacts::of(std::vector<Artifact> artifacts) const {
  std::erase_if(artifacts, [this](const Artifact& artifact) { return !keys_.contains(artifact.key); });
  return artifacts;
}

}  // namespace asmgr

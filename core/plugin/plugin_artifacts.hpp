// An artifact store plugin behind the artifact port.
#pragma once

#include <asmgr/abi/artifacts.h>

#include <memory>

#include "core/plugin/instance.hpp"
#include "core/ports/artifacts.hpp"

namespace asmgr {

class PluginArtifactStore final : public ArtifactStore {
 public:
  // Errors: plugin_load_failed (a table or function is missing).
  [[nodiscard]] static Result<std::unique_ptr<ArtifactStore>> make(Instance instance);

  [[nodiscard]] Result<ArtifactInfo> put(std::string_view key, std::string_view content_type,
                                         const ByteSource& source) override;
  [[nodiscard]] Result<void> get(std::string_view key, const ByteVisitor& visitor) override;
  [[nodiscard]] Result<ArtifactInfo> stat(std::string_view key) override;
  [[nodiscard]] Result<void> remove(std::string_view key) override;
  [[nodiscard]] Result<std::vector<ArtifactInfo>> list(std::string_view prefix, std::string_view after,
                                                       std::uint32_t limit) override;

 private:
  PluginArtifactStore(Instance instance, const asmgr_artifacts& table)
      : instance_(std::move(instance)), table_(table) {}

  Instance instance_;
  const asmgr_artifacts& table_;
};

}  // namespace asmgr

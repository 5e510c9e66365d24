// Where an artifact store of the contract suite keeps its things: one place for each test, empty when it begins.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/plugins/contract/store_client.hpp"
#include "tests/plugins/s3/scripted_s3.hpp"

namespace asmgr::contract {

class ArtifactPlace {
 public:
  // `store` is one of all_artifact_stores().
  explicit ArtifactPlace(const std::string& store);

  [[nodiscard]] const std::string& plugin() const noexcept { return plugin_; }
  [[nodiscard]] const std::string& config() const noexcept { return config_; }

 private:
  TempFolder folder_;
  std::unique_ptr<s3_test::ScriptedS3> s3_;
  std::string plugin_;
  std::string config_;
};

// A new one is added here and in the constructor above. `s3_elsewhere` is among them where $ASMGR_TEST_S3 is set: the
// configuration of the plugin `s3` for a service that is not ours, as JSON without `prefix`.
[[nodiscard]] std::vector<std::string> all_artifact_stores();

}  // namespace asmgr::contract

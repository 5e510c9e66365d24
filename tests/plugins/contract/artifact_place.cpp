#include "tests/plugins/contract/artifact_place.hpp"

#include <cstdlib>
#include <random>

namespace asmgr::contract {
namespace {

constexpr char kElsewhere[] = "ASMGR_TEST_S3";

// Whatever other tests have left in the bucket is not below it. Short: the longest key needs most of a name.
std::string new_prefix() {
  std::random_device random;
  return "t" + std::to_string(random()) + "/";
}

}  // namespace

ArtifactPlace::ArtifactPlace(const std::string& store) : plugin_(store == "file" ? "file" : "s3") {
  if (store == "file") {
    config_ = R"({"root":")" + folder_.path() + R"(/artifacts"})";
  } else if (store == "s3") {
    s3_ = std::make_unique<s3_test::ScriptedS3>();
    config_ = s3_->config(R"("prefix":"some/where/")");
  } else {
    config_ = std::getenv(kElsewhere);
    config_.insert(config_.rfind('}'), R"(,"prefix":")" + new_prefix() + "\"");
  }
}

std::vector<std::string> all_artifact_stores() {
  std::vector<std::string> stores{"file", "s3"};
  if (std::getenv(kElsewhere) != nullptr) stores.emplace_back("s3_elsewhere");
  return stores;
}

}  // namespace asmgr::contract

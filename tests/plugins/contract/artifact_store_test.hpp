// The fixture of the contract suite of artifact stores: every case runs against every one of them. A new one is added
// to all_artifact_stores() and artifact_config_for().
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/plugins/contract/artifact_client.hpp"

namespace asmgr::contract {

class ArtifactStoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  void given(std::string_view key, std::string_view text) {
    const auto told = store_.put(key, text);
    ASSERT_EQ(told.status, ASMGR_OK) << told.message;
  }

  TempFolder folder_;
  ArtifactClient store_{GetParam(), artifact_config_for(GetParam(), folder_.path())};
};

inline std::vector<std::string> all_artifact_stores() {
  return {"file"};
}
inline std::string artifact_store_name(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

}  // namespace asmgr::contract

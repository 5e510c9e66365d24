// The fixture of the contract suite of artifact stores: every case runs against every one of all_artifact_stores().
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/plugins/contract/artifact_client.hpp"
#include "tests/plugins/contract/artifact_place.hpp"

namespace asmgr::contract {

class ArtifactStoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  void given(std::string_view key, std::string_view text) {
    const auto told = store_.put(key, text);
    ASSERT_EQ(told.status, ASMGR_OK) << told.message;
  }

  ArtifactPlace place_{GetParam()};
  ArtifactClient store_{place_.plugin(), place_.config()};
};

inline std::string artifact_store_name(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

}  // namespace asmgr::contract

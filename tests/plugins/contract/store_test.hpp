// The fixture of the contract suite: every case runs against every store. A program of the suite is its cases and a
// file that says what stores there are; that of the stores that need nothing but a folder is stores.cpp.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/plugins/contract/store_client.hpp"

namespace asmgr::contract {

// The names of the cases' stores.
std::vector<std::string> all_stores();
// The plugin of that store, and its configuration for a database that belongs to `folder` alone.
std::string plugin_for(const std::string& name);
std::string config_for(const std::string& name, const std::string& folder);

class StoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  TempFolder folder_;
  StoreClient store_{plugin_for(GetParam()), config_for(GetParam(), folder_.path())};

  // The session exists, is owned by "host" at epoch 1 and has this many events.
  void given_session(const std::string& id, std::size_t events = 1) {
    const UnitResult result = store_.commit(create_session(id, "host", events));
    ASSERT_EQ(result.status, ASMGR_OK) << result.message;
  }
  std::vector<std::uint64_t> numbers(const EventQuery& query) {
    std::vector<std::uint64_t> out;
    for (const Event& event : store_.get_events(query).items) out.push_back(event.seq);
    return out;
  }
};

inline std::string store_name(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

// The ids of what was read, in order.
template <typename T>
std::vector<std::string> ids(const Page<T>& page) {
  std::vector<std::string> out;
  for (const T& item : page.items) out.push_back(item.id);
  return out;
}

}  // namespace asmgr::contract

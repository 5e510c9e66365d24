// The stores that need nothing but a folder.
#include "tests/plugins/contract/store_test.hpp"

namespace asmgr::contract {

std::vector<std::string> all_stores() {
  return {"memory", "sqlite"};
}

std::string plugin_for(const std::string& name) {
  return name;
}

std::string config_for(const std::string& name, const std::string& folder) {
  if (name == "memory") return "{}";
  // Tests of behaviour need no flush per commit.
  return R"({"path":")" + folder + R"(/store.db","durability":"normal","busy_timeout":5000})";
}

}  // namespace asmgr::contract

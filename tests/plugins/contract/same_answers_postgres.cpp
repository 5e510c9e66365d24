// The stores of the race where there is a PostgreSQL server: all of them.
#include "tests/plugins/contract/store_test.hpp"
#include "tests/plugins/postgres/one_server.hpp"

namespace asmgr::contract {

std::vector<std::string> all_stores() {
  return {"memory", "sqlite", "postgres"};
}

std::string plugin_for(const std::string& name) {
  return name;
}

std::string config_for(const std::string& name, const std::string& folder) {
  if (name == "postgres") return test::store_config(test::one_server().dsn(), folder, "");
  if (name == "sqlite") return R"({"path":")" + folder + R"(/store.db","durability":"normal"})";
  return "{}";
}

}  // namespace asmgr::contract

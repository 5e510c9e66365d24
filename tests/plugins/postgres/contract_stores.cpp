// The contract suite against a PostgreSQL server: directly, and as behind a pooler.
#include "tests/plugins/contract/store_test.hpp"
#include "tests/plugins/postgres/one_server.hpp"

namespace asmgr::contract {

std::vector<std::string> all_stores() {
  return {"postgres", "postgres_behind_pooler"};
}

std::string plugin_for(const std::string&) {
  return "postgres";
}

std::string config_for(const std::string& name, const std::string& folder) {
  return test::store_config(test::one_server().dsn(), folder,
                            name == "postgres" ? R"(,"pooler":"none")" : R"(,"pooler":"transaction")");
}

}  // namespace asmgr::contract

#include "tests/plugins/postgres/one_server.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace asmgr::test {
namespace {

std::unique_ptr<PostgresServer>& server() {
  static std::unique_ptr<PostgresServer> only;
  return only;
}

class OneServer final : public ::testing::Environment {
 public:
  void SetUp() override {
    const std::string why = PostgresServer::missing();
    if (!why.empty()) GTEST_SKIP() << why;
    server() = std::make_unique<PostgresServer>();
  }
  void TearDown() override { server().reset(); }
};
const auto* const kEnvironment = ::testing::AddGlobalTestEnvironment(new OneServer);

}  // namespace

PostgresServer& one_server() {
  return *server();
}

std::string store_config(const std::string& dsn, const std::string& name, const std::string& more) {
  return R"({"dsn":")" + dsn + R"(","schema":"s)" + std::to_string(std::hash<std::string>()(name)) + "\"" + more + "}";
}

}  // namespace asmgr::test

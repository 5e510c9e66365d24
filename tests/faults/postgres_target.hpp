// The store in a PostgreSQL database: the server crashes, its disk is full, connections to it break.
#pragma once

#include <string>

#include "tests/faults/target.hpp"
#include "tests/plugins/postgres/proxy.hpp"
#include "tests/plugins/postgres/server.hpp"

namespace asmgr::faults {

enum class Pooler : std::uint8_t { none, transaction };

class PostgresTarget final : public Target {
 public:
  // `plan` is what the server's processes obey, see PreloadedServer.
  PostgresTarget(test::PostgresServer& server, FaultPlan& plan, std::string schema, Pooler pooler);

  [[nodiscard]] std::string plugin() const override { return "postgres"; }
  [[nodiscard]] std::string config_of_hosts() const override;
  [[nodiscard]] std::string config_of_test() const override;
  [[nodiscard]] std::vector<Fault> faults(std::mt19937& random, std::function<Victim()> any_host) override;
  void heal() override;
  void watch_heads() override;
  [[nodiscard]] std::vector<HeadState> heads() override;
  [[nodiscard]] simulation::Snapshot snapshot() override;
  [[nodiscard]] int unrest() override;

 private:
  bool crash_server(std::mt19937& random);
  bool cut_in_the_middle(std::mt19937& random);
  bool lose_an_answer();
  bool end_a_session();
  bool lock_heads(std::mt19937& random);
  bool fill_disk(std::mt19937& random);
  bool break_the_log(std::mt19937& random);

  test::PostgresServer& server_;
  FaultPlan& plan_;
  test::Proxy proxy_;
  std::string schema_;
  Pooler pooler_;
};

}  // namespace asmgr::faults

// A PostgreSQL server whose own system calls fail when a test orders it.
#pragma once

#include <memory>
#include <string>

#include "tests/faults/fault_plan.hpp"
#include "tests/plugins/postgres/server.hpp"

namespace asmgr::faults {

class PreloadedServer {
 public:
  // Throws as PostgresServer does.
  PreloadedServer();
  PreloadedServer(const PreloadedServer&) = delete;
  PreloadedServer& operator=(const PreloadedServer&) = delete;
  ~PreloadedServer();

  [[nodiscard]] test::PostgresServer& server() noexcept { return *server_; }
  [[nodiscard]] FaultPlan& plan() noexcept { return *plan_; }

 private:
  std::string folder_;
  FaultPlan* plan_ = nullptr;
  std::unique_ptr<test::PostgresServer> server_;
};

}  // namespace asmgr::faults

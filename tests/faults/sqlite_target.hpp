// The store in a SQLite file: its disk fails, is full, or is locked by another program.
#pragma once

#include <string>

#include "tests/faults/target.hpp"

namespace asmgr::faults {

class SqliteTarget final : public Target {
 public:
  // `folder` belongs to it alone; `durability` is the store's.
  SqliteTarget(const std::string& folder, std::string durability)
      : path_(folder + "/store.db"), durability_(std::move(durability)) {}

  [[nodiscard]] std::string plugin() const override { return "sqlite"; }
  [[nodiscard]] std::string config_of_hosts() const override;
  [[nodiscard]] std::string config_of_test() const override;
  [[nodiscard]] std::vector<Fault> faults(std::mt19937& random, std::function<Victim()> any_host) override;
  void heal() override {}
  void watch_heads() override;
  [[nodiscard]] std::vector<HeadState> heads() override;
  [[nodiscard]] simulation::Snapshot snapshot() override { return simulation::snapshot_of_sqlite(path_); }
  [[nodiscard]] int unrest() override;

 private:
  std::string path_;
  std::string durability_;
};

}  // namespace asmgr::faults

// A store under attack: how hosts reach it, what can be done to it, and how it is read without its own code.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/faults/checker/ownership.hpp"
#include "tests/faults/fault_plan.hpp"

namespace asmgr::faults {

// Something bad that can be done again and again. Returns once it has happened; false: it found nothing to happen to.
struct Fault {
  std::string name;
  std::function<bool()> inject;
};

// A host that runs, as faults find it.
struct Victim {
  FaultPlan& plan;
};

class Target {
 public:
  virtual ~Target() = default;
  [[nodiscard]] virtual std::string plugin() const = 0;
  // The store's configuration as JSON: as files have it, for the hosts; as plugins are given it, for somebody whom no
  // fault of the network reaches.
  [[nodiscard]] virtual std::string config_of_hosts() const = 0;
  [[nodiscard]] virtual std::string config_of_test() const = 0;
  // Faults of this store. `any_host` gives one that works.
  [[nodiscard]] virtual std::vector<Fault> faults(std::mt19937& random, std::function<Victim()> any_host) = 0;
  // Nothing fails any more that is not of a host.
  virtual void heal() = 0;

  // -- by SQL of the test's own; all but the last throw std::runtime_error when the database does not answer --
  // From now on every change of a head is written down, in its own transaction. The tables are there.
  virtual void watch_heads() = 0;
  [[nodiscard]] virtual std::vector<HeadState> heads() = 0;
  [[nodiscard]] virtual simulation::Snapshot snapshot() = 0;
  // How many runs, queue entries and commands are still to come to an end; -1 when nobody answers.
  [[nodiscard]] virtual int unrest() = 0;
};

}  // namespace asmgr::faults

// What callers do: each verb of a plan, and what its answer promises.
#pragma once

#include <memory>
#include <vector>

#include "tests/simulation/host.hpp"
#include "tests/simulation/witness.hpp"

namespace asmgr::simulation {

class Operations {
 public:
  Operations(const HistoryPlan& plan, std::vector<std::unique_ptr<SimulatedHost>>& hosts,
             const std::shared_ptr<Witness>& witness, Story& story)
      : plan_(plan), hosts_(hosts), witness_(witness), story_(story) {}

  // Any thread. Goes to another host where the planned one is dead; does nothing when all are.
  void perform(const Operation& operation);
  // Null when every host is dead.
  [[nodiscard]] SimulatedHost* living(std::size_t wanted);

 private:
  void carry_out(SimulatedHost& host, const Operation& operation);
  void of_session(SessionManager& manager, const Operation& operation);
  void refused(const Operation& operation, const Error& error);
  void of_run(SessionManager& manager, const Operation& operation);
  void execute(SimulatedHost& host, const Operation& operation);
  void read(SessionManager& manager, const Operation& operation);
  void run_once(SessionManager& manager, const Operation& operation);

  const HistoryPlan& plan_;
  std::vector<std::unique_ptr<SimulatedHost>>& hosts_;
  std::shared_ptr<Witness> witness_;
  Story& story_;
};

}  // namespace asmgr::simulation

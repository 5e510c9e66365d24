// One host of a history: a session manager over its own way to the shared store.
#pragma once

#include <memory>

#include "core/engine/session_manager.hpp"
#include "tests/simulation/agent.hpp"
#include "tests/simulation/faulty_store.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/story.hpp"

namespace asmgr::simulation {

class SimulatedHost {
 public:
  SimulatedHost(const HistoryPlan& plan, const HostPlan& host, std::shared_ptr<Store> store, Agent::Mood mood,
                Story& story, std::string name);
  // What a clean end does, unless the host is cut off from its store.
  ~SimulatedHost();
  SimulatedHost(const SimulatedHost&) = delete;
  SimulatedHost& operator=(const SimulatedHost&) = delete;

  [[nodiscard]] SessionManager& manager() noexcept { return *manager_; }
  [[nodiscard]] FaultyStore& store() noexcept { return *store_; }
  [[nodiscard]] Agent& agent() noexcept { return *agent_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool dead() const noexcept { return store_->is_cut_off(); }

 private:
  std::string name_;
  std::shared_ptr<FaultyStore> store_;
  std::shared_ptr<Agent> agent_;
  std::unique_ptr<SessionManager> manager_;
};

}  // namespace asmgr::simulation

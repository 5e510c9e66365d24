// Plays one history from its seed and lets the checker judge what is left.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config/deployment.hpp"
#include "tests/simulation/checker/checker.hpp"

namespace asmgr::simulation {

// Makes memory stores, each empty.
class StoreMaker {
 public:
  StoreMaker();
  [[nodiscard]] std::shared_ptr<Store> make() const;

 private:
  std::shared_ptr<PluginCatalog> catalog_;
};

struct HistoryOutcome {
  std::vector<Finding> findings;
  std::string story;  // what happened, when there are findings
  // For totals: what kinds of histories there were.
  std::size_t events = 0;
  std::size_t runs = 0;
  std::size_t deaths = 0;     // hosts that were cut off
  std::size_t recovered = 0;  // runs closed by recovery
};

[[nodiscard]] HistoryOutcome play_history(std::uint64_t seed, const StoreMaker& stores);

}  // namespace asmgr::simulation

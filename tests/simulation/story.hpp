// What happened in one history, line by line, for whoever has to understand a failed one.
#pragma once

#include <chrono>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/ports/store.hpp"

namespace asmgr::simulation {

// From any thread. The last lines are kept.
class Story {
 public:
  void tell(const std::string& who, const std::string& what);
  [[nodiscard]] std::string text() const;

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// One line for a commit: what each unit wanted and what became of it.
[[nodiscard]] std::string describe(std::span<const CommitUnit* const> units, std::span<const UnitResult> results);

}  // namespace asmgr::simulation

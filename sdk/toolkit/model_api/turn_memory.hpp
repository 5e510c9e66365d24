// What model calls said that the next call of the same run has to give back word for word. In memory only: a run that
// another process goes on with does without.
#pragma once

#include <asmgr/toolkit/model_api/prompt.hpp>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace asmgr::model_api {

// Any thread, each. When it grows beyond `limit` bytes, what has not been asked for longest goes first.
class TurnMemory {
 public:
  explicit TurnMemory(std::size_t limit) : limit_(limit) {}

  void remember(const std::string& run_id, RememberedTurn turn);
  [[nodiscard]] std::vector<RememberedTurn> of(const std::string& run_id);
  void forget(const std::string& run_id);

 private:
  struct OfRun {
    std::string run_id;
    std::vector<RememberedTurn> turns;
    std::size_t bytes = 0;
  };
  using Runs = std::list<OfRun>;
  void erase(Runs::iterator run);

  const std::size_t limit_;
  std::mutex mutex_;
  Runs runs_;  // last used first
  std::unordered_map<std::string, Runs::iterator> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace asmgr::model_api

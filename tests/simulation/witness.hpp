// Writes down what callers of a history see and are told, from any thread, for the checker.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/engine/options.hpp"
#include "core/ports/store.hpp"
#include "tests/simulation/checker/checker.hpp"

namespace asmgr::simulation {

// What one subscriber or callback saw. Any thread.
class Eyes {
 public:
  Eyes(Store& store, std::string name, std::string session_id, std::string run_id);
  void see(const EventView& event);
  // The result of the run it watched. An error: what it saw began somewhere in the middle, if the run was not its own.
  // `can_read`: its host could read the store all the time, and so show everything.
  void told(const Result<RunResult>& result, bool can_read);
  [[nodiscard]] Watcher watcher() const;

 private:
  Store& store_;  // the real one, without faults
  mutable std::mutex mutex_;
  Watcher watcher_;
};

class Witness {
 public:
  explicit Witness(Store& store) : store_(store) {}
  [[nodiscard]] std::shared_ptr<Eyes> watch(std::string name, std::string session_id, std::string run_id = {});
  void result(const std::string& who, const Result<RunResult>& told);
  void promise(Promise::Kind kind, std::string who, std::string id, std::string status = {});
  // A handler that must be called once: counted when it is asked for, and again when it is called.
  void asked() { ++asked_; }
  void answered() { ++answered_; }
  // All so far.
  [[nodiscard]] Testimony testimony() const;
  [[nodiscard]] int unanswered() const { return asked_ - answered_; }

 private:
  Store& store_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Eyes>> eyes_;
  std::vector<ToldResult> results_;
  std::vector<Promise> promises_;
  std::atomic<int> asked_{0};
  std::atomic<int> answered_{0};
};

}  // namespace asmgr::simulation

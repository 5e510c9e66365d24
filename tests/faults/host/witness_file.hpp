// What a host saw and was told, written down before it goes on: a line each, into a file that outlives the process.
#pragma once

#include <atomic>
#include <string>

#include "core/engine/options.hpp"
#include "core/model/event.hpp"
#include "core/ports/store.hpp"

namespace asmgr::faults {

// Any thread. tests/faults/testimony.cpp reads it.
class WitnessFile {
 public:
  explicit WitnessFile(const std::string& path);
  WitnessFile(const WitnessFile&) = delete;
  WitnessFile& operator=(const WitnessFile&) = delete;
  ~WitnessFile();

  // The store has said that this unit is written.
  void stored(const CommitUnit& unit, std::uint64_t epoch);
  // A number for somebody who is going to see events of a session, or of one of its runs.
  [[nodiscard]] int new_watcher() { return ++watchers_; }
  void seen(int watcher, const EventView& event, const std::string& of_run);
  void made(const std::string& run_id);
  void accepted(const std::string& run_id);
  void told(const RunResult& result);

 private:
  void say(std::string line) const;

  int file_ = -1;
  std::atomic<int> watchers_{0};
};

}  // namespace asmgr::faults

// One history of a fault run: hosts work on a store, faults happen one after another, then everything heals, a last
// host looks after what is left, and the checker is asked.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/faults/host_process.hpp"
#include "tests/faults/target.hpp"
#include "tests/plugins/contract/store_client.hpp"

namespace asmgr::faults {

// What happened in all histories of a test.
struct Tally {
  std::map<std::string, int> faults;
  std::size_t acknowledged = 0;
  std::size_t seen = 0;
  std::size_t runs = 0;

  [[nodiscard]] int injected() const;
  [[nodiscard]] std::string text() const;
};

class Attack {
 public:
  Attack(Target& target, std::uint32_t seed);
  // At least so many faults that found something to happen to.
  [[nodiscard]] std::vector<simulation::Finding> play(int faults, Tally& tally);
  // For whoever has to understand a failure: what was done when, and the last words of all hosts.
  [[nodiscard]] const std::string& story() const noexcept { return story_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Host {
    std::string name;
    std::unique_ptr<HostProcess> process;
    FaultPlan* plan = nullptr;
    std::optional<Clock::time_point> goes_on_at;  // it is stopped until then
    bool ending = false;                          // it was asked to end, or killed
  };

  void begin_host(int callers);
  [[nodiscard]] Host& any_host();
  [[nodiscard]] Host& working_host();  // one that is not stopped
  [[nodiscard]] std::vector<Fault> faults();
  bool kill_one();
  bool stop_one();
  bool turn_a_clock();
  bool write_from_an_old_epoch();
  // Wakes hosts whose time has come and replaces those that are gone.
  void tend_hosts();
  void look_at_end_of(Host& host);
  void end_hosts();
  void rest();
  void tell(const std::string& what);

  Target& target_;
  std::mt19937 random_;
  contract::TempFolder folder_;
  contract::StoreClient intruder_;
  std::vector<Host> hosts_;
  std::vector<std::string> names_;  // of all hosts there ever were
  std::vector<simulation::Finding> findings_;
  Clock::time_point began_ = Clock::now();
  std::string story_;
};

}  // namespace asmgr::faults

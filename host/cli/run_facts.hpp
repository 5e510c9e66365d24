// What is known of a run while it goes on, in a line.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/cost/usage_meter.hpp"
#include "core/engine/wiring.hpp"
#include "core/model/event.hpp"

namespace asmgr::cli {

// Serial use.
class RunFacts {
 public:
  // Takes what it needs: how providers count, and prices.
  explicit RunFacts(const Wiring& wiring);
  void observe(const EventView& event);
  // "claude-haiku-4-5, 984 tokens (903 in, 81 out), $0.0042, 12s, 1 approval waits"; what is not known is left out.
  [[nodiscard]] std::string text(std::chrono::milliseconds elapsed) const;

 private:
  struct Counting {
    std::string vendor;
    bool totals = false;
  };
  void begin(const std::string& provider);

  std::map<std::string, Counting, std::less<>> providers_;
  std::shared_ptr<const PriceTable> prices_;
  std::string provider_;
  std::string model_;
  UsageMeter meter_;
  std::set<std::string> waiting_;  // approvals
};

}  // namespace asmgr::cli

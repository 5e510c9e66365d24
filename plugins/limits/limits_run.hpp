// The bounds of one run: judged against an estimate before it starts and against its usage while it runs.
#pragma once

#include <array>
#include <asmgr/plugin.hpp>
#include <string_view>

#include "settings.hpp"

namespace asmgr::limits {

class LimitsRun final : public asmgr::sdk::PolicyRun {
 public:
  // `bounds` are the ones in effect for this run.
  LimitsRun(const Settings& settings, const Bounds& bounds) : settings_(settings), bounds_(bounds) {}

  // Refuses what cannot succeed: a bound of zero, an estimate above a bound, a cost bound where nobody knows a price.
  // Asks for no holds: every bound is of this run alone.
  void preflight(std::string_view estimate_json, asmgr::sdk::Decision& decision,
                 asmgr::sdk::ItemSink<asmgr_hold>& holds) override;
  // Violated is what is above its bound; exactly the bound is fine, and what is unknown is never violated. A bound is
  // explained once; its action is answered each time.
  void observe(const asmgr_event& event, const asmgr_usage& usage, asmgr::sdk::Decision& decision) override;

 private:
  void refuse_zero(std::size_t index, asmgr::sdk::Decision& decision) const;
  void compare_estimate(std::size_t index, std::int64_t estimate, asmgr::sdk::Decision& decision) const;
  void refuse_unknown_price(asmgr::sdk::Decision& decision) const;

  const Settings& settings_;
  Bounds bounds_;
  std::array<bool, kFigureCount> explained_{};
};

}  // namespace asmgr::limits

// The bounds of one run: judged against an estimate before it starts and against its usage while it runs.
#pragma once

#include <array>
#include <asmgr/plugin.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "settings.hpp"

namespace asmgr::limits {

// What a run needs to hold of the budgets it shares with others.
struct RunBudgets {
  asmgr::sdk::Host host;  // its clock says which window it is
  Budgets budgets;
  Bounds of_run;  // what the stack of policies allows this run alone
};

class LimitsRun final : public asmgr::sdk::PolicyRun {
 public:
  // `bounds` are the ones in effect for this run; with `shared` they are those of the budgets.
  LimitsRun(const Settings& settings, const Bounds& bounds, std::optional<RunBudgets> shared = std::nullopt)
      : settings_(settings), bounds_(bounds), shared_(std::move(shared)) {}

  // Refuses what cannot succeed: a bound of zero, an estimate above a bound, a cost bound where nobody knows a price.
  // Of a budget it asks for what the run is expected to use, at most what the run is allowed, and where neither is
  // known for all that is left.
  void preflight(std::string_view estimate_json, asmgr::sdk::Decision& decision,
                 asmgr::sdk::ItemSink<asmgr_hold>& holds) override;
  // Violated is what is above its bound; exactly the bound is fine, and what is unknown is never violated. A bound is
  // explained once; its action is answered each time.
  void observe(const asmgr_event& event, const asmgr_usage& usage, asmgr::sdk::Decision& decision) override;
  // A run that has passed a bound asks before each further tool call, where on_violation is request_approval.
  void review_tool(std::string_view tool_call_json, asmgr::sdk::Decision& decision) override;

 private:
  void refuse_zero(std::size_t index, asmgr::sdk::Decision& decision) const;
  void compare_estimate(std::size_t index, std::int64_t estimate, asmgr::sdk::Decision& decision) const;
  void violate_bound(std::size_t index, std::int64_t actual, asmgr::sdk::Decision& decision) const;
  void refuse_unknown_price(asmgr::sdk::Decision& decision) const;
  void ask_for_holds(const Bounds& expected, asmgr::sdk::ItemSink<asmgr_hold>& holds) const;

  const Settings& settings_;
  Bounds bounds_;
  std::optional<RunBudgets> shared_;
  std::array<std::optional<std::int64_t>, kFigureCount> passed_;  // what the run had used when it passed the bound
};

}  // namespace asmgr::limits

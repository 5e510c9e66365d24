// Policies asked about what happened elsewhere: nothing is started, nothing is written.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/cost/usage_meter.hpp"
#include "core/policy/recorded_line.hpp"
#include "core/policy/run_judge.hpp"

namespace asmgr {

// What one policy said about one thing; or, of a tool call that all of them allow, that they do.
struct DryRunDecision {
  std::string subject;  // "preflight" or the type of an event
  std::string tool;     // of tool calls
  std::string run_id;   // empty where the lines name no runs
  PolicyAction action = PolicyAction::allow;
  std::string policy;  // empty: nobody in particular
  std::string rule;
  std::string message;
};

struct DryRunSummary {
  std::uint64_t runs = 0;
  std::uint64_t events = 0;
  std::uint64_t tool_calls = 0;
  std::uint64_t holds = 0;                   // of budgets over many runs, which are not asked here
  std::array<std::uint64_t, 5> decisions{};  // by PolicyAction
  PolicyAction strictest = PolicyAction::allow;
};

// Serial use. The lines of a log are judged as the runs they name, in any mixture; those of a recording as one run to
// its `finish`; tool calls by themselves as one run. A run is asked preflight with the messages that stand before its
// first other line, each tool call before it counts, and every event a provider said, with the usage so far. A run goes
// on where it would have been stopped, so that one pass shows everything.
class DryRun {
 public:
  // `source` says how token_usage_updated counts, unless a recording's header does. `prices` is kept.
  DryRun(EffectivePolicy policies, UsageSource source, PriceTable prices);
  ~DryRun();

  // Errors: of the line; policy_violation when a policy cannot begin.
  [[nodiscard]] Result<std::vector<DryRunDecision>> add(std::string_view line);
  [[nodiscard]] const DryRunSummary& summary() const noexcept { return summary_; }

 private:
  struct JudgedRun;
  using Decisions = std::vector<DryRunDecision>;

  [[nodiscard]] Result<Decisions> add_to_run(const RecordedLine& line);
  [[nodiscard]] Result<void> begin(JudgedRun& run, const RecordedLine& line, Decisions& out);
  void judge_event(JudgedRun& run, const RecordedLine& line, Decisions& out);
  void judge_tool_call(JudgedRun& run, const RecordedLine& line, Decisions& out);
  PolicyAction observe(JudgedRun& run, const RecordedLine& line, Decisions& out);
  void take_header(const boost::json::object& header);
  void note(const Judgement& judgement, const DryRunDecision& about, Decisions& out);
  void keep(DryRunDecision decision, Decisions& out);

  EffectivePolicy policies_;
  UsageSource source_;
  PriceTable prices_;
  std::map<std::string, JudgedRun> runs_;
  DryRunSummary summary_;
};

}  // namespace asmgr

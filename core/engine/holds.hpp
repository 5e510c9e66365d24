// What policies hold of a budget for a run, as records: added when the run begins, settled when it ends, by whom ever.
#pragma once

#include <string>
#include <vector>

#include "core/engine/unit_writer.hpp"
#include "core/model/run.hpp"
#include "core/ports/policy.hpp"

namespace asmgr {

// Adds the hold to its counter, under its ceiling, and notes it.
void stage_hold(UnitWriter& writer, const Session& session, const std::string& run_id, const Hold& hold);
// Puts what was used in the place of what was held.
void stage_settlement(UnitWriter& writer, const Session& session, const std::string& run_id, const Hold& hold,
                      const RunUsage& used);

// The hold that a record notes, with the run it is for; its ceiling is not known any more. Empty: not one of ours.
struct NotedHold {
  std::string run_id;
  Hold hold;
};
[[nodiscard]] std::optional<NotedHold> noted_hold(const Record& record);

}  // namespace asmgr

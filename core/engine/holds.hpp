// What policies hold of a budget for a run, as records: added when the run begins, added to when it uses more, settled
// when it ends, by whom ever.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/engine/unit_writer.hpp"
#include "core/model/run.hpp"
#include "core/ports/policy.hpp"

namespace asmgr {

// What a run holds of one budget.
struct HeldBudget {
  Hold hold;                     // `amount` is all that it holds by now
  std::int64_t slice = 0;        // what it held at first
  std::uint64_t version = 1;     // of the record that notes it
  std::int64_t refused_at = -1;  // what it had used when there was nothing left to add
};

// Each counter once: two policies that are one, or one that says the same thing twice, hold it once, with the greater
// amount under the lower ceiling.
[[nodiscard]] std::vector<Hold> without_repeats(std::vector<Hold> holds);

// What is left of the hold's budget. On a reader thread. Errors: the store's.
[[nodiscard]] Result<std::int64_t> left_of_budget(Store& store, const Session& session, const Hold& hold);
// `asked` with the amount that it gets where `left` is left: all of that when it asked for the whole ceiling. Empty
// when that does not fit.
[[nodiscard]] std::optional<Hold> granted(const Hold& asked, std::int64_t left);

// What the run has used of what the hold is for, as far as that is known.
[[nodiscard]] std::optional<std::int64_t> used_of(const Hold& hold, const RunUsage& usage);

// Adds the hold to its counter, under its ceiling, and notes it.
void stage_hold(UnitWriter& writer, const Session& session, const std::string& run_id, const Hold& hold);
// Adds `more` to what is held, under its ceiling, and notes the new amount.
void stage_growth(UnitWriter& writer, const Session& session, const std::string& run_id, const HeldBudget& held,
                  std::int64_t more);
// Puts what was used in the place of what was held. Tokens whose price nobody knows cost what was held.
void stage_settlement(UnitWriter& writer, const Session& session, const std::string& run_id, const Hold& hold,
                      const RunUsage& used);

// The hold that a record notes, with the run it is for; its ceiling is not known any more. Empty: not one of ours.
struct NotedHold {
  std::string run_id;
  Hold hold;
};
[[nodiscard]] std::optional<NotedHold> noted_hold(const Record& record);

}  // namespace asmgr

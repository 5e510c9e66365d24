// The write side as the boundary sees it: groups, units tried alone, and what each is answered.
#include <algorithm>
#include <optional>

#include "postgres_store.hpp"

namespace asmgr::postgres_store {
namespace {

using sdk::items;
using sdk::view;
using store_rules::UnitPlan;

// Whether the units of a failed group are worth trying alone: not when the server cannot be written just now, and never
// when something may have been written.
bool may_work_alone(const sdk::StatusError& error) {
  return error.status() != ASMGR_E_BUSY && error.status() != ASMGR_E_STORAGE_AMBIGUOUS &&
         error.status() != ASMGR_E_STORAGE_CONNECTION;
}

}  // namespace

// Throws the first failure when nothing at all was written, and STORAGE_AMBIGUOUS whenever the outcome of one is
// unknown: then the heads tell about the others too.
GroupOutcome PostgresStore::commit_one_by_one(Units units, const Deadline& for_locks) {
  GroupOutcome all;
  std::optional<sdk::StatusError> first_failure;
  for (std::size_t i = 0; i < units.size(); ++i) {
    try {
      GroupOutcome one = writer_.commit(units, i, 1, for_locks);
      all.plans.push_back(std::move(one.plans.front()));
      all.last_change = std::max(all.last_change, one.last_change);
    } catch (const sdk::StatusError& error) {
      if (error.status() == ASMGR_E_STORAGE_AMBIGUOUS) throw;
      if (!first_failure) first_failure = error;
      UnitPlan failed;
      failed.status = error.status();
      failed.message = error.message();
      all.plans.push_back(std::move(failed));
    }
  }
  if (all.last_change == 0 && first_failure) throw *first_failure;
  return all;
}

void PostgresStore::commit(sdk::ArrayView<const asmgr_commit_unit> units, sdk::ArrayView<asmgr_commit_result> results,
                           std::uint64_t wait_us) {
  if (units.empty()) return;
  const Deadline for_locks = wait_us == UINT64_MAX
                                 ? own_deadline()
                                 : Deadline(std::chrono::microseconds(std::min<std::uint64_t>(wait_us, 3'600'000'000)));
  GroupOutcome outcome;
  {
    const WriterLock writer(writer_, for_locks);
    try {
      outcome = writer->commit(units, 0, units.size(), for_locks);
    } catch (const sdk::StatusError& error) {
      if (units.size() == 1 || !may_work_alone(error)) throw;
      outcome = commit_one_by_one(units, for_locks);
    }
  }
  if (outcome.last_change != 0) wake_ups_.committed(outcome.last_change);

  for (std::size_t i = 0; i < units.size(); ++i) {
    const UnitPlan& plan = outcome.plans[i];
    if (plan.status == ASMGR_OK) {
      sdk::accept(results[i], plan.last_seq, plan.epoch);
      continue;
    }
    sdk::refuse(host_, results[i], sdk::StatusError(plan.status, plan.message), plan.last_seq, plan.epoch);
    results[i].value = plan.value;
    const auto events = items<asmgr_event>(units[i].events);
    for (const auto& found : plan.existing)
      sdk::add_existing(results[i], found.index, found.seq, view(events[found.index].id));
  }
}

void PostgresStore::delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) {
  const Deadline for_locks = own_deadline();
  std::uint64_t change = 0;
  {
    const WriterLock writer(writer_, for_locks);
    change = writer->delete_session(tenant, id, epoch, for_locks);
  }
  if (change != 0) wake_ups_.committed(change);
}

}  // namespace asmgr::postgres_store

#include "core/engine/worn_counters.hpp"

#include <set>
#include <string>

#include "core/engine/holds.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kCountersAtATime = 200;
constexpr std::uint32_t kHoldsOfAPage = 1000;

// Of all runs. Errors: the store's.
Result<std::set<std::string>> held_counters(Store& store) {
  std::set<std::string> held;
  RecordQuery query;
  query.kind = record_kind::kHold;
  query.limit = kHoldsOfAPage;
  while (true) {
    auto records = store.list_records(query);
    if (!records) return records.error();
    for (const Record& record : *records) {
      if (auto noted = noted_hold(record)) held.insert(std::move(noted->hold.counter));
    }
    if (records->size() < kHoldsOfAPage) return held;
    query.after_id = records->back().id;
  }
}

}  // namespace

// Holds are read after the counters: one that is taken in between is of a budget of today.
void remove_worn_counters(StoreHost& host, Timestamp now) {
  RecordQuery over;
  over.kind = record_kind::kCounter;
  over.due_before = now;
  over.limit = kCountersAtATime;
  auto counters = host.store().list_records(over);
  if (!counters || counters->empty()) return;
  const auto held = held_counters(host.store());
  if (!held) return;
  CommitUnit unit;
  for (Record& counter : *counters) {
    if (held->contains(counter.id)) continue;
    unit.records.push_back(RecordWrite{std::move(counter), kVersionAny, RecordWrite::Kind::remove, 0, 0});
  }
  if (!unit.records.empty()) host.write(std::move(unit), [](const CommitStatus&, UnitResult&) {});
}

}  // namespace asmgr

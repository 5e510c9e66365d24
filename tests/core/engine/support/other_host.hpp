// What another host does to a store that a world of this process uses.
#pragma once

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {

// What another host writes.
inline void write_unit(Store& store, const CommitUnit& unit) {
  const CommitUnit* units[] = {&unit};
  UnitResult results[1];
  EXPECT_EQ(store.commit(units, results, kWaitStoreLimit).outcome, CommitOutcome::filled);
  EXPECT_EQ(results[0].answer, CommitAnswer::ok);
}

// Another host takes the session, as it may once ours is dead.
inline void overtake(World& world, const std::string& session) {
  Store& store = *world.store;
  ASSERT_TRUE(store.renew_host("host_other", std::chrono::minutes(1)));
  ASSERT_TRUE(store.remove_host(world.manager().host_id()));
  auto head = store.head(session);
  auto document = store.get_session({}, session);
  ASSERT_TRUE(head && document);
  CommitUnit unit;
  unit.session_id = session;
  unit.owner = "host_other";
  unit.epoch = head->epoch;
  unit.expected_last_sequence = head->last_sequence;
  unit.take = true;
  const std::uint64_t version = document->version;
  document->version = version + 1;
  unit.session = SessionWrite{*document, version};
  write_unit(store, unit);
}

}  // namespace asmgr::testing

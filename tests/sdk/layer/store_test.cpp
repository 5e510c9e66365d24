#include <asmgr/plugin.hpp>
#include <new>
#include <stdexcept>

#include "tests/sdk/layer/fake_host.hpp"

namespace asmgr::sdk::test {
namespace {

// Throws what its config says; otherwise answers a little.
class TestStore : public Store, public StoreChanges {
 public:
  explicit TestStore(const Create& create) : host_(create.host), mode_(create.config) {
    if (mode_ == "create")
      throw StatusError(ASMGR_E_STORAGE_CONNECTION, "no such file").with_details(R"({"path":"/x"})");
  }

  std::string describe() override {
    if (mode_ == "status")
      throw StatusError(ASMGR_E_BUSY, "locked")
          .with_details(R"({"holder":"h"})")
          .with_retryable(false)
          .with_retry_after_ms(250);
    if (mode_ == "ok_status") throw StatusError(ASMGR_OK, "failed with the status of success");
    if (mode_ == "bad_alloc") throw std::bad_alloc();
    if (mode_ == "std") throw std::runtime_error("the disk is on fire");
    if (mode_ == "int") throw 7;
    return R"({"durable":false})";
  }
  void commit(ArrayView<const asmgr_commit_unit> units, ArrayView<asmgr_commit_result> results,
              std::uint64_t wait_us) override {
    if (wait_us == 0) throw StatusError(ASMGR_E_BUSY, "locked");
    for (std::size_t i = 0; i < units.size(); ++i) {
      std::uint64_t last = 0;
      for (const asmgr_event& event : items<asmgr_event>(units[i].events)) last = event.seq;
      if (view(units[i].session_id) == "taken") {
        refuse(host_, results[i], StatusError(ASMGR_E_STALE_EPOCH, "taken by h2"), 9, 3);
      } else if (view(units[i].session_id) == "twice") {
        refuse(host_, results[i], StatusError(ASMGR_E_ALREADY_EXISTS, "stored already"), 9, 3);
        add_existing(results[i], 0, 4, "ev_4");
      } else {
        accept(results[i], last, units[i].epoch + 1);
      }
    }
  }
  void head(std::string_view session_id, asmgr_head& out) override {
    if (session_id != "s") throw StatusError(ASMGR_E_SESSION_NOT_FOUND, "no session " + std::string(session_id));
    out.last_seq = 5;
    set_owner(out, "host_1", true);
  }
  std::int64_t host_renew(std::string_view, std::uint64_t ttl_ms) override {
    return static_cast<std::int64_t>(ttl_ms) * 1000;
  }
  void hosts(ItemSink<asmgr_host_row>& rows) override {
    for (int i = 0; i < 5; ++i)
      if (!rows.push(make<asmgr_host_row>())) break;
    rows.push(make<asmgr_host_row>());  // after "enough": must not reach the host
  }
  void get_session(std::string_view, std::string_view, ItemSink<asmgr_session>&) override {}
  void list_sessions(const asmgr_session_query&, ItemSink<asmgr_session>&) override {}
  void delete_session(std::string_view, std::string_view, std::uint64_t) override {}
  void get_run(std::string_view, std::string_view, ItemSink<asmgr_run>&) override {}
  void list_runs(const asmgr_run_query&, ItemSink<asmgr_run>&) override {}
  void get_events(const asmgr_event_query& query, ItemSink<asmgr_event>& out) override {
    auto event = make<asmgr_event>();
    event.seq = query.after + 1;
    event.session_id = query.session_id;
    out.push(event);
  }
  void get_record(std::string_view, std::string_view, std::string_view, ItemSink<asmgr_record>&) override {}
  void list_records(const asmgr_record_query&, ItemSink<asmgr_record>&) override {}

  void read(std::uint64_t, std::uint32_t, ItemSink<asmgr_change>&) override {
    throw StatusError(ASMGR_E_CURSOR_EXPIRED, "forgotten");
  }
  std::uint64_t latest() override { return 12; }
  void wait(std::uint64_t, std::uint64_t, const Cancel& cancel) override { waited_cancelled = cancel.cancelled(); }

  bool waited_cancelled = false;

 private:
  Host host_;
  std::string mode_;
};

constexpr asmgr_component kStore = component<TestStore>("test", "A store for tests", "{}");

class StoreLayer : public testing::Test {
 protected:
  asmgr_status describe(const std::string& mode) {
    const Live live(host, kStore, mode);
    return live.table<asmgr_store>(ASMGR_IFACE_STORE)->describe(live.instance, texts.sink(), &error);
  }
  FakeHost host;
  Texts texts;
  asmgr_error error;
};

TEST_F(StoreLayer, WhatAFunctionReturnsIsPushedAsOneText) {
  EXPECT_EQ(describe(""), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(texts.all, std::vector<std::string>{R"({"durable":false})"});
  EXPECT_EQ(error.times, 0);
}

TEST_F(StoreLayer, AStatusErrorCrossesWholeAndOnce) {
  EXPECT_EQ(describe("status"), static_cast<asmgr_status>(ASMGR_E_BUSY));
  EXPECT_EQ(error.status, static_cast<asmgr_status>(ASMGR_E_BUSY));
  EXPECT_EQ(error.message, "locked");
  EXPECT_EQ(error.details, R"({"holder":"h"})");
  EXPECT_EQ(error.flags, static_cast<std::uint32_t>(ASMGR_ERR_PERMANENT));
  EXPECT_EQ(error.retry_after_ms, 250);
  EXPECT_EQ(error.times, 1);
  EXPECT_TRUE(texts.all.empty());
}

TEST_F(StoreLayer, AFailureThatSaysOkIsInternal) {
  EXPECT_EQ(describe("ok_status"), static_cast<asmgr_status>(ASMGR_E_INTERNAL));
}

TEST_F(StoreLayer, OutOfMemoryIsInternal) {
  EXPECT_EQ(describe("bad_alloc"), static_cast<asmgr_status>(ASMGR_E_INTERNAL));
  EXPECT_EQ(error.message, "out of memory");
}

TEST_F(StoreLayer, AnotherExceptionKeepsItsWords) {
  EXPECT_EQ(describe("std"), static_cast<asmgr_status>(ASMGR_E_EXCEPTION));
  EXPECT_NE(error.message.find("the disk is on fire"), std::string::npos) << error.message;
}

TEST_F(StoreLayer, WhatIsNoExceptionIsCaughtToo) {
  EXPECT_EQ(describe("int"), static_cast<asmgr_status>(ASMGR_E_EXCEPTION));
  EXPECT_FALSE(error.message.empty());
}

TEST_F(StoreLayer, AHostThatWantsNoDetailsGetsTheStatus) {
  const Live live(host, kStore, "std");
  EXPECT_EQ(live.table<asmgr_store>(ASMGR_IFACE_STORE)->describe(live.instance, texts.sink(), nullptr),
            static_cast<asmgr_status>(ASMGR_E_EXCEPTION));
}

TEST_F(StoreLayer, AFactoryThatThrowsMakesNoInstance) {
  const Live live(host, kStore, "create");
  EXPECT_EQ(live.instance, nullptr);
  EXPECT_EQ(live.status, static_cast<asmgr_status>(ASMGR_E_STORAGE_CONNECTION));
  EXPECT_EQ(live.error.message, "no such file");
  EXPECT_EQ(live.error.details, R"({"path":"/x"})");
}

// Units and results as a host of a later minor hands them over.
struct LaterUnit {
  asmgr_commit_unit unit;
  char newer[16];
};
struct LaterResult {
  asmgr_commit_result result;
  char newer[40];
};

class StoreCommit : public StoreLayer {
 protected:
  StoreCommit() {
    for (std::size_t i = 0; i < 3; ++i) {
      units[i].unit.size = sizeof(LaterUnit);
      units[i].unit.epoch = 1;
      results[i].result.size = sizeof(LaterResult);
      results[i].result.status = 0xFFFF;
      results[i].result.error = &errors[i];
    }
  }
  asmgr_status commit(std::uint32_t unit_count, std::uint32_t result_count, std::uint64_t wait_us = 1000) {
    const Live live(host, kStore);
    const asmgr_array in{units, unit_count, sizeof(LaterUnit)};
    const asmgr_array out{results, result_count, sizeof(LaterResult)};
    return live.table<asmgr_store>(ASMGR_IFACE_STORE)->commit(live.instance, &in, &out, wait_us, &error);
  }
  LaterUnit units[3]{};
  LaterResult results[3]{};
  asmgr_error errors[3];
};

TEST_F(StoreCommit, LongerUnitsResultsAndEventsAreReadAtTheirStride) {
  struct {
    asmgr_event event;
    char newer[8];
  } events[2]{};
  events[0].event.size = events[1].event.size = sizeof(events[0]);
  events[1].event.seq = 8;
  units[2].unit.events = asmgr_array{events, 2, sizeof(events[0])};
  ASSERT_EQ(commit(3, 3), static_cast<asmgr_status>(ASMGR_OK)) << error.message;
  EXPECT_EQ(results[2].result.status, static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(results[2].result.last_seq, 8u);
  EXPECT_EQ(results[2].result.epoch, 2u);
}

TEST_F(StoreCommit, ARefusedUnitHasItsOwnErrorAndTheOthersPass) {
  units[1].unit.session_id = text("taken");
  ASSERT_EQ(commit(3, 3), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(results[0].result.status, static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(results[1].result.status, static_cast<asmgr_status>(ASMGR_E_STALE_EPOCH));
  EXPECT_EQ(results[1].result.last_seq, 9u);
  EXPECT_EQ(results[1].result.epoch, 3u);
  EXPECT_EQ(errors[1].message, "taken by h2");
  EXPECT_EQ(errors[0].times, 0);
}

TEST_F(StoreCommit, AnExistingEventIsNamed) {
  std::string id;
  std::uint64_t seq = 0;
  const Collect<asmgr_existing_event> existing([&](const asmgr_existing_event& event) {
    id = text_of(event.id);
    seq = event.seq;
  });
  units[0].unit.session_id = text("twice");
  results[0].result.existing = existing.sink();
  ASSERT_EQ(commit(1, 1), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(results[0].result.status, static_cast<asmgr_status>(ASMGR_E_ALREADY_EXISTS));
  EXPECT_EQ(id, "ev_4");
  EXPECT_EQ(seq, 4u);
}

TEST_F(StoreCommit, AHostThatWantsNoExistingEventsIsFine) {
  units[0].unit.session_id = text("twice");
  EXPECT_EQ(commit(1, 1), static_cast<asmgr_status>(ASMGR_OK));
}

TEST_F(StoreCommit, BusyLeavesTheResultsUntouched) {
  EXPECT_EQ(commit(3, 3, 0), static_cast<asmgr_status>(ASMGR_E_BUSY));
  EXPECT_EQ(results[0].result.status, 0xFFFFu);
}

TEST_F(StoreCommit, AnotherNumberOfResultsThanOfUnitsIsRefused) {
  EXPECT_EQ(commit(3, 2), static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
  EXPECT_EQ(results[0].result.status, 0xFFFFu);
}

TEST_F(StoreCommit, AUnitThatSaysASizeTooSmallIsRefused) {
  units[1].unit.size = 16;
  EXPECT_EQ(commit(3, 3), static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
  EXPECT_NE(error.message.find("commit unit of 16 bytes"), std::string::npos) << error.message;
}

TEST_F(StoreLayer, AHeadSaysItsOwner) {
  const Live live(host, kStore);
  auto head = make<asmgr_head>();
  head.owner = texts.sink();
  const asmgr_store& table = *live.table<asmgr_store>(ASMGR_IFACE_STORE);
  ASSERT_EQ(table.head(live.instance, text("s"), &head, &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(head.last_seq, 5u);
  EXPECT_EQ(head.owner_alive, 1u);
  EXPECT_EQ(texts.all, std::vector<std::string>{"host_1"});
  head.size = 8;
  EXPECT_EQ(table.head(live.instance, text("s"), &head, &error), static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
}

TEST_F(StoreLayer, AQueryThatSaysASizeTooSmallIsRefused) {
  const Live live(host, kStore);
  auto query = make<asmgr_event_query>();
  query.after = 6;
  std::uint64_t seq = 0;
  const Collect<asmgr_event> events([&](const asmgr_event& event) { seq = event.seq; });
  const asmgr_store& table = *live.table<asmgr_store>(ASMGR_IFACE_STORE);
  EXPECT_EQ(table.get_events(live.instance, &query, events.sink(), &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(seq, 7u);
  query.size -= 1;
  EXPECT_EQ(table.get_events(live.instance, &query, events.sink(), &error),
            static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
  EXPECT_EQ(table.get_events(live.instance, nullptr, events.sink(), &error),
            static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
}

TEST_F(StoreLayer, ASinkThatHasEnoughGetsNoMoreAndTheCallSucceeds) {
  const Live live(host, kStore);
  const Collect<asmgr_host_row> rows([](const asmgr_host_row&) {}, 2);
  EXPECT_EQ(live.table<asmgr_store>(ASMGR_IFACE_STORE)->hosts(live.instance, rows.sink(), &error),
            static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(rows.pushes, 2);
}

TEST_F(StoreLayer, OnlyTheFacetsTheClassHasAreOffered) {
  EXPECT_NE(kStore.get_interface(ASMGR_IFACE_STORE), nullptr);
  EXPECT_NE(kStore.get_interface(ASMGR_IFACE_STORE_CHANGES), nullptr);
  EXPECT_EQ(kStore.get_interface(ASMGR_IFACE_STORE_QUERY), nullptr);
  EXPECT_EQ(kStore.get_interface(ASMGR_IFACE_STORE_MAINTENANCE), nullptr);
  EXPECT_EQ(kStore.get_interface(ASMGR_IFACE_PROVIDER), nullptr);
  EXPECT_EQ(kStore.get_interface(nullptr), nullptr);
  EXPECT_EQ(kStore.get_interface(ASMGR_IFACE_STORE), kStore.get_interface(ASMGR_IFACE_STORE));
}

TEST_F(StoreLayer, ChangesCrossLikeTheRest) {
  const Live live(host, kStore);
  const auto& table = *live.table<asmgr_store_changes>(ASMGR_IFACE_STORE_CHANGES);
  std::uint64_t latest = 0;
  EXPECT_EQ(table.latest(live.instance, &latest, &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(latest, 12u);
  EXPECT_EQ(table.read(live.instance, 0, 10, nullptr, &error), static_cast<asmgr_status>(ASMGR_E_CURSOR_EXPIRED));
  EXPECT_EQ(table.wait(live.instance, 0, 0, nullptr, &error), static_cast<asmgr_status>(ASMGR_OK));
}

// The same store with maintenance, which says what it was asked.
class MaintainedStore final : public TestStore, public StoreMaintenance {
 public:
  using TestStore::TestStore;
  std::string retain(std::string_view order_json, const Cancel& cancel) override {
    if (order_json.empty()) throw StatusError(ASMGR_E_VALIDATION, "no order");
    return std::string(order_json) + (cancel.cancelled() ? " cancelled" : "");
  }
  void check(const Cancel&, TextSink& problems) override {
    while (problems.push("a problem")) {
    }
  }
  void sizes(std::string_view after_id, std::uint32_t limit, ItemSink<asmgr_session_size>& out) override {
    auto size = make<asmgr_session_size>();
    size.id = to_abi(after_id);
    size.events = limit;
    out.push(size);
  }
  std::string measure() override { return "{}"; }
};

constexpr asmgr_component kMaintained = component<MaintainedStore>("maintained", "A store for tests", "{}");

TEST_F(StoreLayer, MaintenanceCrossesLikeTheRest) {
  const Live live(host, kMaintained);
  const auto& table = *live.table<asmgr_store_maintenance>(ASMGR_IFACE_STORE_MAINTENANCE);
  asmgr_cancel cancel;
  cancel.cancelled = true;
  EXPECT_EQ(table.retain(live.instance, text("order"), &cancel, texts.sink(), &error),
            static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(table.retain(live.instance, text(""), nullptr, texts.sink(), &error),
            static_cast<asmgr_status>(ASMGR_E_VALIDATION));
  EXPECT_EQ(table.measure(live.instance, texts.sink(), &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(texts.all, (std::vector<std::string>{"order cancelled", "{}"}));

  std::vector<std::uint64_t> limits;
  const Collect<asmgr_session_size> sizes([&](const asmgr_session_size& size) { limits.push_back(size.events); });
  EXPECT_EQ(table.sizes(live.instance, text("a"), 0, sizes.sink(), &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(table.sizes(live.instance, text("a"), 7, sizes.sink(), &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(limits, (std::vector<std::uint64_t>{1000, 7})) << "a store is never asked for no row";

  const Collect<asmgr_str> problems([](const asmgr_str&) {}, 2);
  EXPECT_EQ(table.check(live.instance, nullptr, problems.sink(), &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(problems.pushes, 2);
}

}  // namespace
}  // namespace asmgr::sdk::test

#include "core/plugin/plugin_store_maintenance.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/core/plugin/fake_component.hpp"

namespace asmgr {
namespace {

// A store that can only be maintained; a test sets what it pushes.
struct FakeMaintenance {
  static const void* table(std::string_view id);
  std::vector<std::string> pushed;        // by retain, check and measure
  std::vector<asmgr_session_size> sized;  // by sizes
  asmgr_status status = ASMGR_OK;         // of every function
  std::string asked;                      // the order, or "after|limit"
  bool was_cancelled = false;
  int accepted = 0;  // texts the host did not answer with "enough"
  bool destroyed = false;

  asmgr_status answer(const asmgr_sink* sink, asmgr_error* error) {
    for (const std::string& text : pushed)
      if (test::push_text(sink, text) == 0) ++accepted;
    return status == ASMGR_OK ? status : test::fail(error, status, "so it is");
  }
};

const void* FakeMaintenance::table(std::string_view id) {
  static const asmgr_store_maintenance functions = [] {
    asmgr_store_maintenance made{};
    made.size = sizeof made;
    made.retain = [](asmgr_instance* self, asmgr_str order, const asmgr_cancel* cancel, const asmgr_sink* report,
                     asmgr_error* error) noexcept -> asmgr_status {
      auto& fake = test::fake_of<FakeMaintenance>(self);
      fake.asked = test::text(order);
      const HostServices host("1.0", system_clock(), nullptr);
      fake.was_cancelled = host.table()->cancelled(host.table()->ctx, cancel) != 0;
      return fake.answer(report, error);
    };
    made.check = [](asmgr_instance* self, const asmgr_cancel*, const asmgr_sink* problems,
                    asmgr_error* error) noexcept -> asmgr_status {
      return test::fake_of<FakeMaintenance>(self).answer(problems, error);
    };
    made.sizes = [](asmgr_instance* self, asmgr_str after, std::uint32_t limit, const asmgr_sink* rows,
                    asmgr_error*) noexcept -> asmgr_status {
      auto& fake = test::fake_of<FakeMaintenance>(self);
      fake.asked = test::text(after) + "|" + std::to_string(limit);
      test::push<asmgr_session_size>(rows, fake.sized);
      return ASMGR_OK;
    };
    made.measure = [](asmgr_instance* self, const asmgr_sink* json, asmgr_error* error) noexcept -> asmgr_status {
      return test::fake_of<FakeMaintenance>(self).answer(json, error);
    };
    return made;
  }();
  return id == ASMGR_IFACE_STORE_MAINTENANCE ? &functions : nullptr;
}

asmgr_session_size size_row(std::string_view id, std::uint64_t count, std::uint64_t bytes) {
  return {sizeof(asmgr_session_size), 0, test::text(id), count, bytes};
}

class PluginStoreMaintenanceTest : public testing::Test {
 protected:
  PluginStoreMaintenance maintenance() {
    if (!instance_) instance_.emplace(*Instance::create(component_.ref(), "local", component_.config()));
    return {*instance_, *instance_->find_table<asmgr_store_maintenance>(ASMGR_IFACE_STORE_MAINTENANCE)};
  }
  template <typename T>
  std::string refusal(const Result<T>& result) {
    if (result) return "believed";
    EXPECT_EQ(result.error().code(), ErrorCode::plugin_misbehaved);
    return result.error().message();
  }
  // What is said of this problem.
  std::string lie(const std::string& problem) {
    fake_.pushed = {problem};
    return refusal(maintenance().check(cancel_, [](const StoreProblem&) { return true; }));
  }

  FakeMaintenance fake_;
  test::FakeComponent<FakeMaintenance> component_{ComponentKind::store, fake_};
  std::optional<Instance> instance_;
  CancelToken cancel_;
  const std::string broke_ = "local.maintenance.retain broke the plugin contract: ";
};

TEST_F(PluginStoreMaintenanceTest, OrdersAreJsonAndReportsAreNumbers) {
  const std::array<SequenceRange, 2> ranges = {SequenceRange{1, 3}, SequenceRange{7, 7}};
  fake_.pushed = {R"({"events_pruned":4})"};
  auto done = maintenance().prune("s", ranges, 500, cancel_);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(*done, 4U);
  EXPECT_EQ(fake_.asked, R"({"prune":{"session_id":"s","sequences":[[1,3],[7,7]]},"batch_size":500})");

  fake_.pushed = {R"({"rows_removed":12})"};
  done = maintenance().remove("s", 3, 10, cancel_);
  EXPECT_EQ(done.value(), 12U);
  EXPECT_EQ(fake_.asked, R"({"remove":{"session_id":"s","epoch":3},"batch_size":10})");
  EXPECT_FALSE(fake_.was_cancelled);

  fake_.pushed = {R"({"bytes_freed":4096})"};
  cancel_.cancel();
  EXPECT_EQ(maintenance().compact(cancel_).value(), 4096U);
  EXPECT_EQ(fake_.asked, R"({"compact":{}})");
  EXPECT_TRUE(fake_.was_cancelled);
}

TEST_F(PluginStoreMaintenanceTest, ReportsThatCannotBeAreLies) {
  const std::array<SequenceRange, 1> ranges = {SequenceRange{1, 3}};
  const auto prune = [&] { return refusal(maintenance().prune("s", ranges, 500, cancel_)); };
  EXPECT_EQ(prune(), broke_ + "it did not push one answer");
  fake_.pushed = {R"({"events_pruned":1})", R"({"events_pruned":1})"};
  EXPECT_EQ(prune(), broke_ + "it did not push one answer");
  fake_.pushed = {"[]"};
  EXPECT_TRUE(prune().starts_with(broke_));
  fake_.pushed = {R"({"rows_removed":1})"};
  EXPECT_EQ(prune(), broke_ + "its answer's \"events_pruned\" is not a whole number of at least 0");
  fake_.pushed = {R"({"events_pruned":-1})"};
  EXPECT_EQ(prune(), broke_ + "its answer's \"events_pruned\" is not a whole number of at least 0");
  fake_.pushed = {R"({"events_pruned":4})"};
  EXPECT_EQ(prune(), broke_ + "it says that it pruned 4 events of the 3 it was told");
}

TEST_F(PluginStoreMaintenanceTest, WhatTheStoreRefusesIsItsOwnSentence) {
  fake_.status = ASMGR_E_STALE_EPOCH;
  const auto done = maintenance().remove("s", 3, 10, cancel_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::stale_epoch);
  EXPECT_EQ(done.error().message(), "local.maintenance.retain: so it is");
}

TEST_F(PluginStoreMaintenanceTest, SizesComeInOrderOfIdAndNoMoreThanAskedFor) {
  fake_.sized = {size_row("b", 2, 40), size_row("c", 0, 0)};
  const auto sizes = maintenance().sizes("a", 2);
  ASSERT_TRUE(sizes) << sizes.error().message();
  ASSERT_EQ(sizes->size(), 2U);
  EXPECT_EQ((*sizes)[0].session_id, "b");
  EXPECT_EQ((*sizes)[0].events, 2U);
  EXPECT_EQ((*sizes)[0].text_bytes, 40U);
  EXPECT_EQ(fake_.asked, "a|2");

  const std::string broke = "local.maintenance.sizes broke the plugin contract: ";
  EXPECT_EQ(refusal(maintenance().sizes("a", 1)), broke + "it pushed more than the 1 rows asked for");
  EXPECT_EQ(refusal(maintenance().sizes("b", 2)), broke + "session 'b' came after 'b'");
  fake_.sized = {size_row("c", 0, 0), size_row("b", 0, 0)};
  EXPECT_EQ(refusal(maintenance().sizes("", 0)), broke + "session 'b' came after 'c'");
}

TEST_F(PluginStoreMaintenanceTest, MeasuresAreReadAndBelievedOnlyWhereTheyCanBe) {
  const std::string counts = R"("sessions":2,"runs":3,"events":9,"records":4)";
  fake_.pushed = {R"({"schema_version":3,"bytes":100,"free_bytes":10,"pruned_events":5,)" + counts + "}"};
  const auto size = maintenance().measure();
  ASSERT_TRUE(size) << size.error().message();
  EXPECT_EQ(size->schema_version, 3U);
  EXPECT_EQ(size->free_bytes, 10U);
  EXPECT_EQ(size->events, 9U);
  EXPECT_EQ(size->pruned_events, 5U);
  EXPECT_EQ(size->records, 4U);

  const std::string broke = "local.maintenance.measure broke the plugin contract: ";
  fake_.pushed = {R"({"schema_version":3,"bytes":10,"free_bytes":11,"pruned_events":5,)" + counts + "}"};
  EXPECT_EQ(refusal(maintenance().measure()), broke + "it has more free bytes than bytes");
  fake_.pushed = {R"({"schema_version":3,"bytes":10,"free_bytes":1,"pruned_events":10,)" + counts + "}"};
  EXPECT_EQ(refusal(maintenance().measure()), broke + "it has more pruned events than events");
  fake_.pushed = {"{" + counts + "}"};
  EXPECT_EQ(refusal(maintenance().measure()),
            broke + "its answer's \"schema_version\" is not a whole number of at least 0");
}

TEST_F(PluginStoreMaintenanceTest, ProblemsReachTheVisitorUntilItHasEnough) {
  fake_.pushed = {R"({"kind":"gap","session_id":"s","message":"Event 2 is missing."})",
                  R"({"kind":"damaged","session_id":"","message":"A page."})", "never looked at"};
  std::vector<StoreProblem> seen;
  const auto checked = maintenance().check(cancel_, [&](const StoreProblem& problem) {
    seen.push_back(problem);
    return seen.size() < 2;
  });
  ASSERT_TRUE(checked) << checked.error().message();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].kind, "gap");
  EXPECT_EQ(seen[0].session_id, "s");
  EXPECT_EQ(seen[0].message, "Event 2 is missing.");
  EXPECT_EQ(fake_.accepted, 1) << "the second was told to be enough";
}

TEST_F(PluginStoreMaintenanceTest, ACheckThatEndsEarlyIsNoCleanOne) {
  fake_.status = ASMGR_E_CANCELLED;
  const auto checked = maintenance().check(cancel_, [](const StoreProblem&) { return true; });
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::cancelled);
}

TEST_F(PluginStoreMaintenanceTest, ProblemsThatAreNoneAreLies) {
  const std::string broke = "local.maintenance.check broke the plugin contract: ";
  EXPECT_TRUE(lie("no json").starts_with(broke));
  EXPECT_EQ(lie(R"({"session_id":"","message":"m"})"), broke + "a problem has no \"kind\"");
  EXPECT_EQ(lie(R"({"kind":"","session_id":"","message":"m"})"), broke + "a problem has no \"kind\"");
  EXPECT_EQ(lie(R"({"kind":"gap","message":"m"})"), broke + "a problem has no \"session_id\"");
  EXPECT_EQ(lie(R"({"kind":"gap","session_id":""})"), broke + "a problem has no \"message\"");
  EXPECT_EQ(lie(R"({"kind":"of tomorrow","session_id":"","message":"m"})"), "believed");
}

TEST_F(PluginStoreMaintenanceTest, WhatAVisitorThrowsPassesAroundThePlugin) {
  fake_.pushed = {R"({"kind":"gap","session_id":"s","message":"m"})"};
  EXPECT_THROW(static_cast<void>(
                   maintenance().check(cancel_, [](const StoreProblem&) -> bool { throw std::runtime_error("mine"); })),
               std::runtime_error);
}

TEST_F(PluginStoreMaintenanceTest, MissingFunctionsAreNamed) {
  asmgr_store_maintenance table{};
  table.size = sizeof table;
  EXPECT_EQ(PluginStoreMaintenance::missing_functions(&table), "retain, check, sizes, measure");
}

}  // namespace
}  // namespace asmgr

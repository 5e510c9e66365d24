#include "core/ports/store.hpp"

#include <gtest/gtest.h>

namespace asmgr {
namespace {

// Shows some events from one buffer that it reuses, as a store over the plugin boundary does, then ends as told.
class ScriptedStore final : public Store {
 public:
  std::vector<std::string> ids;
  Result<void> end;

  [[nodiscard]] Result<void> visit_events(const EventQuery& query, const EventVisitor& visitor) override {
    std::string buffer;
    for (const auto& id : ids) {
      buffer = id;
      EventView view;
      view.id = buffer;
      view.session_id = query.session_id;
      if (!visitor(view)) break;
    }
    return end;
  }

  [[nodiscard]] const StoreInfo& info() const noexcept override { return info_; }
  [[nodiscard]] CommitStatus commit(std::span<const CommitUnit* const>, std::span<UnitResult>, std::uint64_t) override {
    return {};
  }
  [[nodiscard]] Result<Head> head(std::string_view) override { return none(); }
  [[nodiscard]] Result<Timestamp> renew_host(std::string_view, std::chrono::milliseconds) override { return none(); }
  [[nodiscard]] Result<void> remove_host(std::string_view) override { return none(); }
  [[nodiscard]] Result<std::vector<HostRow>> hosts() override { return none(); }
  [[nodiscard]] Result<Session> get_session(std::string_view, std::string_view) override { return none(); }
  [[nodiscard]] Result<std::vector<Session>> list_sessions(const SessionQuery&) override { return none(); }
  [[nodiscard]] Result<void> delete_session(std::string_view, std::string_view, std::uint64_t) override {
    return none();
  }
  [[nodiscard]] Result<Run> get_run(std::string_view, std::string_view) override { return none(); }
  [[nodiscard]] Result<std::vector<Run>> list_runs(const RunQuery&) override { return none(); }
  [[nodiscard]] Result<Record> get_record(std::string_view, std::string_view, std::string_view) override {
    return none();
  }
  [[nodiscard]] Result<std::vector<Record>> list_records(const RecordQuery&) override { return none(); }
  [[nodiscard]] ChangeFeed* changes() noexcept override { return nullptr; }

 private:
  static Error none() { return Error(ErrorCode::not_found); }
  StoreInfo info_;
};

TEST(StoreGetEvents, OwnsWhatWasOnlyLent) {
  ScriptedStore store;
  store.ids = {"evt_1", "evt_2", "evt_3"};
  EventQuery query;
  query.session_id = "ses_1";
  const auto events = store.get_events(query);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ((*events)[0].id, "evt_1");
  EXPECT_EQ((*events)[2].id, "evt_3");
  EXPECT_EQ((*events)[2].session_id, "ses_1");
}

TEST(StoreGetEvents, AnErrorAfterSomeEventsIsAnError) {
  ScriptedStore store;
  store.ids = {"evt_1"};
  store.end = Error(ErrorCode::storage_read_failed, "disk");
  const auto events = store.get_events({});
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().code(), ErrorCode::storage_read_failed);
}

}  // namespace
}  // namespace asmgr

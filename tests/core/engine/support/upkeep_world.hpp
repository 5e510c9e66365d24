// A world whose days the test counts, and a session with a long log.
#pragma once

#include <atomic>
#include <chrono>

#include "core/model/json.hpp"
#include "tests/core/engine/support/conversation.hpp"

namespace asmgr::testing {

// Days can be let pass; what a stopwatch says goes on.
class Calendar final : public Clock {
 public:
  static constexpr std::int64_t kDayUs = 86'400'000'000;
  void pass(std::int64_t days) { ahead_us_ += days * kDayUs; }
  void turn_back(std::chrono::minutes by) { ahead_us_ -= std::chrono::microseconds(by).count(); }
  [[nodiscard]] Timestamp now() const noexcept override { return {system_clock().now().us + ahead_us_}; }
  [[nodiscard]] std::int64_t monotonic_ns() const noexcept override { return system_clock().monotonic_ns(); }

 private:
  std::atomic<std::int64_t> ahead_us_{0};
};

// 20 deltas, the message they are of, two events of usage.
inline void say_much(ScriptedRun& run) {
  for (int i = 0; i < 20; ++i) run.emit(EventType::message_streamed, R"({"delta":"a piece of a long text"})");
  run.emit(EventType::message_received, R"({"role":"assistant","content":"said"})");
  for (int i = 0; i < 2; ++i) run.emit(EventType::token_usage_updated, R"({"input_tokens":1,"output_tokens":1})");
  run.finish(FinishStatus::completed, R"({"output":{"content":"said"},"token_usage":{"input_tokens":2}})");
}

// 20 deltas and the message they are of; the run goes on until it may end.
inline ScriptedProvider::Script speaks_and_waits(Latch& spoken, Latch& go_on) {
  return [&spoken, &go_on](ScriptedRun& run) {
    for (int i = 0; i < 20; ++i) run.emit(EventType::message_streamed, R"({"delta":"a piece of a long text"})");
    run.emit(EventType::message_received, R"({"role":"assistant","content":"said"})");
    spoken.open();
    go_on.wait();
    run.finish(FinishStatus::completed, "{}");
  };
}

class UpkeepWorld : public World {
 public:
  explicit UpkeepWorld(const std::string& store_plugin, ScriptedProvider::Script script = say_much)
      : World(std::move(script), store_plugin) {
    manager_clock = &calendar;
  }
  ~UpkeepWorld() { end_manager(); }

  Calendar calendar;

  Result<PruneReport> prune(const RetentionPolicy& policy, PruneMode mode = PruneMode::carry_out,
                            const CancelToken* cancel = nullptr) {
    PruneStoreOptions options;
    options.policy = policy;
    options.mode = mode;
    options.caller = {"ann", "req-1"};
    options.cancel = cancel;
    return manager().prune_store(options);
  }
  // Without errors.
  PruneReport pruned(const RetentionPolicy& policy, PruneMode mode = PruneMode::carry_out) {
    auto report = prune(policy, mode);
    EXPECT_TRUE(report) << report.error().message();
    if (!report) return {};
    for (const std::string& error : report->errors) ADD_FAILURE() << error;
    return *report;
  }

  std::string completed_session(std::vector<std::string> tags = {}) {
    StartSessionOptions start;
    start.agent_id = "tester";
    start.tags = std::move(tags);
    auto session = manager().start_session(start);
    EXPECT_TRUE(session) << session.error().message();
    EXPECT_TRUE(manager().activate_session({session->id, "", {}, {}}));
    EXPECT_TRUE(execute(pending_run(session->id)));
    EXPECT_TRUE(manager().complete_session({session->id, "", {}, {}}));
    return session->id;
  }
  // A new process: nothing is owned by the one before.
  void restart() { end_manager(); }

  // -1 when it is not there at all.
  int texts(const std::string& session) {
    auto head = store->head(session);
    if (!head) return -1;
    EventQuery query;
    query.session_id = session;
    auto events = store->get_events(query);
    EXPECT_TRUE(events) << events.error().message();
    int count = 0;
    for (const Event& event : events ? *events : std::vector<Event>{}) count += event.pruned ? 0 : 1;
    return count;
  }
  bool hidden(const std::string& session) {
    auto found = store->get_session({}, session);
    return found && found->deleted_at.is_set();
  }
  std::vector<boost::json::object> acts(const std::string& type) {
    auto audit = manager().get_audit({});
    EXPECT_TRUE(audit) << audit.error().message();
    std::vector<boost::json::object> found;
    for (const Event& event : audit ? *audit : std::vector<Event>{}) {
      if (event.type_name == type) found.push_back(*parse_json_object(event.data, "an act"));
    }
    return found;
  }
};

// Nothing goes by itself.
inline RetentionPolicy keeps_all() {
  RetentionPolicy policy;
  policy.max_completed_session_age_days = std::nullopt;
  policy.hard_delete_after_days = std::nullopt;
  policy.drop_superseded_deltas = false;
  return policy;
}

inline RetentionPolicy at_most(std::uint64_t events) {
  RetentionPolicy policy = keeps_all();
  policy.max_events_per_session = events;
  return policy;
}

}  // namespace asmgr::testing

// A world whose runs share budgets: real instances of the plugin `limits`, and a manager, whose clock the test moves.
#pragma once

#include <atomic>

#include "core/plugin/catalog.hpp"
#include "core/plugin/host_services.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {

// What the calendar says is the test's; what a stopwatch says is not.
class ManualClock final : public Clock {
 public:
  std::atomic<std::int64_t> now_us{1};  // 0 is no time
  [[nodiscard]] Timestamp now() const noexcept override { return {now_us}; }
  [[nodiscard]] std::int64_t monotonic_ns() const noexcept override { return system_clock().monotonic_ns(); }
};

class BudgetWorld : public World {
 public:
  static constexpr std::int64_t kHourUs = 3'600'000'000;

  // `policies` is the `policies:` section, of which every instance is in the pipeline's stack.
  BudgetWorld(ScriptedProvider::Script script, const std::string& policies, const std::string& store_plugin = "memory")
      : World(std::move(script), store_plugin) {
    manager_clock = &clock;
    const std::string file = path("budgets.yaml");
    std::ofstream(file) << "version: 1\nplugins: {search_path: [\"" ASMGR_PLUGIN_DIR
                           "\"]}\nstores:\n  local: {plugin: memory}\nproviders:\n  shell: {plugin: shell}\n"
                           "policies:\n"
                        << policies << "pipelines:\n  default: {store: local, provider: shell}\n";
    LoadOptions options;
    options.catalog = std::make_shared<PluginCatalog>(
        PluginSearchPath({}, "", {}), TrustRules{},
        std::make_unique<HostServices>("0.1.0", static_cast<const Clock&>(clock), nullptr));
    auto deployment = Deployment::load(file, options);
    if (!deployment) {
      ADD_FAILURE() << deployment.error().message();
      std::abort();
    }
    for (const auto& [name, binding] : deployment->wiring().policies) {
      wiring.policies[name] = binding;
      wiring.pipelines["default"].policies.push_back(name);
    }
  }
  // The clock is asked by the instances, which the wiring and the manager keep.
  ~BudgetWorld() {
    end_manager();
    wiring = {};
  }

  ManualClock clock;

  std::string new_run(const std::string& agent = "tester", const std::string& tenant = "") {
    StartSessionOptions start;
    start.agent_id = agent;
    start.tenant = tenant;
    auto session = manager().start_session(start);
    EXPECT_TRUE(session) << session.error().message();
    EXPECT_TRUE(manager().activate_session({session->id, tenant, {}, {}}));
    return pending_run(session->id);
  }
  Result<RunResult> run_once(const std::string& agent = "tester", const std::string& tenant = "") {
    return execute(new_run(agent, tenant));
  }
  std::string counter_id(const std::string& policy, const std::string& key, std::int64_t window = 0,
                         const std::string& subject = "/tester") {
    return "limits/" + policy + "/" + key + "/agent/3600000ms/" + std::to_string(window) + "/" + subject;
  }
  // -1 = there is none.
  std::int64_t counted(const std::string& counter) {
    auto record = store->get_record({}, record_kind::kCounter, counter);
    return record ? record->value : -1;
  }
  // As another host does.
  void count(const std::string& counter, std::int64_t more) {
    CommitUnit unit;
    Record record;
    record.kind = record_kind::kCounter;
    record.id = counter;
    record.status = "open";
    unit.records.push_back(RecordWrite{record, kVersionAny, RecordWrite::Kind::add, more});
    const CommitUnit* units[] = {&unit};
    UnitResult result[1];
    EXPECT_EQ(store->commit(units, result, kWaitStoreLimit).outcome, CommitOutcome::filled);
    EXPECT_EQ(result[0].answer, CommitAnswer::ok);
  }
  std::vector<Record> noted_holds() {
    RecordQuery query;
    query.kind = record_kind::kHold;
    auto holds = store->list_records(query);
    EXPECT_TRUE(holds);
    return holds ? *holds : std::vector<Record>{};
  }
};

inline void report_tokens(ScriptedRun& run, std::int64_t input, std::int64_t output) {
  run.emit(EventType::token_usage_updated,
           R"({"input_tokens":)" + std::to_string(input) + R"(,"output_tokens":)" + std::to_string(output) + "}");
}

inline bool is_over_budget(const Result<RunResult>& result) {
  if (!result || result->status != RunStatus::failed || !result->error) return false;
  const boost::json::value* kind = result->error->details().if_contains("kind");
  return result->error->code() == ErrorCode::policy_violation && kind != nullptr && *kind == "budget_exceeded";
}

}  // namespace asmgr::testing

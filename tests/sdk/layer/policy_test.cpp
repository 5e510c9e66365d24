#include <asmgr/plugin.hpp>

#include "tests/sdk/layer/fake_host.hpp"

namespace asmgr::sdk::test {
namespace {

int live_states = 0;

class CountingRun final : public PolicyRun {
 public:
  CountingRun() { ++live_states; }
  ~CountingRun() override { --live_states; }
  void preflight(std::string_view, Decision& decision, ItemSink<asmgr_hold>& holds) override {
    auto hold = make<asmgr_hold>();
    hold.amount = 10;
    hold.counter = to_abi("tokens");
    holds.push(hold);
    decision.raise(ASMGR_WARN);
  }
  void review_tool(std::string_view call, Decision& decision) override {
    if (call == "throw") throw StatusError(ASMGR_E_TOOL_DENIED, "cannot judge");
    decision.violate(ASMGR_DENY, "no_shell", "shell is not allowed", R"({"kind":"tool_denied"})");
    decision.violate(ASMGR_WARN, "second", "milder");
  }
  void observe(const asmgr_event& event, const asmgr_usage& usage, Decision& decision) override {
    if (event.seq == 1 && usage.turns > 3) decision.violate(ASMGR_CANCEL, "turns", "too many");
  }
};

class TestPolicy final : public Policy {
 public:
  explicit TestPolicy(const Create&) {}
  std::string declare() override { return R"({"limits":{}})"; }
  std::unique_ptr<PolicyRun> begin(std::string_view effective, const asmgr_session&, const asmgr_run&) override {
    if (effective == "null") return nullptr;
    return std::make_unique<CountingRun>();
  }
};

constexpr asmgr_component kPolicy = component<TestPolicy>("test", "A policy for tests", "{}");

class PolicyLayer : public testing::Test {
 protected:
  PolicyLayer() {
    decision.size = sizeof(decision);
    decision.ctx = this;
    decision.explain = [](void* ctx, asmgr_str rule, asmgr_str message, asmgr_str) noexcept {
      static_cast<PolicyLayer*>(ctx)->rules.push_back(text_of(rule) + ": " + text_of(message));
    };
  }
  asmgr_status begin(std::string_view effective) {
    return table.begin(live.instance, text(effective), &session, &run, &state, &error);
  }
  FakeHost host;
  Live live{host, kPolicy};
  const asmgr_policy& table = *live.table<asmgr_policy>(ASMGR_IFACE_POLICY);
  asmgr_session session = make<asmgr_session>();
  asmgr_run run = make<asmgr_run>();
  asmgr_policy_run* state = nullptr;
  asmgr_decision decision{};
  asmgr_error error;
  std::vector<std::string> rules;
};

TEST_F(PolicyLayer, TheStateOfARunLivesFromBeginToEnd) {
  ASSERT_EQ(begin("{}"), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(live_states, 1);
  table.end(live.instance, state);
  EXPECT_EQ(live_states, 0);
}

TEST_F(PolicyLayer, ABeginWithoutStateIsAnError) {
  EXPECT_EQ(begin("null"), static_cast<asmgr_status>(ASMGR_E_INTERNAL));
  EXPECT_EQ(state, nullptr);
}

TEST_F(PolicyLayer, TheStrictestActionStandsAndEveryRuleIsExplained) {
  ASSERT_EQ(begin("{}"), static_cast<asmgr_status>(ASMGR_OK));
  ASSERT_EQ(table.review_tool(live.instance, state, text("{}"), &decision, &error),
            static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(decision.action, static_cast<std::uint32_t>(ASMGR_DENY));
  EXPECT_EQ(rules, (std::vector<std::string>{"no_shell: shell is not allowed", "second: milder"}));
  table.end(live.instance, state);
}

TEST_F(PolicyLayer, APolicyThatFailsSaysSo) {
  ASSERT_EQ(begin("{}"), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(table.review_tool(live.instance, state, text("throw"), &decision, &error),
            static_cast<asmgr_status>(ASMGR_E_TOOL_DENIED));
  EXPECT_EQ(decision.action, static_cast<std::uint32_t>(ASMGR_ALLOW));
  table.end(live.instance, state);
}

TEST_F(PolicyLayer, HoldsAndObservationsCross) {
  ASSERT_EQ(begin("{}"), static_cast<asmgr_status>(ASMGR_OK));
  std::int64_t amount = 0;
  const Collect<asmgr_hold> holds([&](const asmgr_hold& hold) { amount += hold.amount; });
  ASSERT_EQ(table.preflight(live.instance, state, text("{}"), &decision, holds.sink(), &error),
            static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(amount, 10);
  EXPECT_EQ(decision.action, static_cast<std::uint32_t>(ASMGR_WARN));
  auto event = make<asmgr_event>();
  event.seq = 1;
  auto usage = make<asmgr_usage>();
  usage.turns = 4;
  ASSERT_EQ(table.observe(live.instance, state, &event, &usage, &decision, &error),
            static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(decision.action, static_cast<std::uint32_t>(ASMGR_CANCEL));
  table.end(live.instance, state);
}

TEST_F(PolicyLayer, AMissingEventOrAShortDecisionIsRefused) {
  ASSERT_EQ(begin("{}"), static_cast<asmgr_status>(ASMGR_OK));
  const auto usage = make<asmgr_usage>();
  EXPECT_EQ(table.observe(live.instance, state, nullptr, &usage, &decision, &error),
            static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
  decision.size = 8;
  EXPECT_EQ(table.review_tool(live.instance, state, text("{}"), &decision, &error),
            static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
  table.end(live.instance, state);
}

}  // namespace
}  // namespace asmgr::sdk::test

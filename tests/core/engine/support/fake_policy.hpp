// A policy that does what a test says.
#pragma once

#include <functional>
#include <memory>

#include "core/policy/binding.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {

class FakePolicy final : public Policy {
 public:
  std::function<Result<Decision>(std::string_view)> review;
  std::function<Result<Decision>()> check;
  std::function<void()> on_observe;
  std::function<void(const EventView&, Decision&)> judge_event;
  void want(std::vector<EventType> events) { info_.events = std::move(events); }
  std::vector<Hold> holds;  // that every run asks for
  // Called when the time is told, which this then wants.
  void on_time(std::int64_t max_duration_ms, std::function<void(const RunUsage&)> told) {
    info_.limits["max_duration_ms"] = max_duration_ms;
    info_.wants_time = true;
    told_ = std::move(told);
  }
  FakePolicy() {
    info_.name = "fake";
    info_.events = {EventType::message_streamed};
  }
  [[nodiscard]] const PolicyInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<std::unique_ptr<PolicyRun>> begin(std::string_view, const Session&, const asmgr::Run&) override {
    class FakeRun final : public PolicyRun {
     public:
      explicit FakeRun(FakePolicy& policy) : policy_(policy) {}
      [[nodiscard]] Result<Decision> preflight(std::string_view, std::vector<Hold>& wanted) override {
        wanted = policy_.holds;
        return policy_.check ? policy_.check() : Decision{};
      }
      [[nodiscard]] Result<Decision> review_tool(std::string_view call) override {
        return policy_.review ? policy_.review(call) : Decision{};
      }
      [[nodiscard]] Result<void> observe(const EventView& event, const RunUsage& usage, Decision& decision) override {
        if (event.type_name == kTimePassed) {
          policy_.told_(usage);
          return {};
        }
        if (policy_.on_observe) policy_.on_observe();
        if (policy_.judge_event) policy_.judge_event(event, decision);
        if (policy_.cancel_on_text) {
          decision.action = PolicyAction::cancel;
          decision.violations.push_back({"text", "no text please", R"({"kind":"budget_exceeded"})"});
        }
        return {};
      }

     private:
      FakePolicy& policy_;
    };
    return std::unique_ptr<PolicyRun>(std::make_unique<FakeRun>(*this));
  }
  [[nodiscard]] Result<boost::json::object> compile(std::string_view, const ProviderInfo&) override {
    if (on_compile) on_compile();
    return compiled;
  }
  std::function<void()> on_compile;
  boost::json::object compiled;  // {"options","enforces"}
  bool cancel_on_text = false;
  PolicyInfo& declared() noexcept { return info_; }  // to be changed before it is used

 private:
  PolicyInfo info_;
  std::function<void(const RunUsage&)> told_;
};

inline void use(World& world, const std::shared_ptr<FakePolicy>& policy) {
  world.wiring.policies["fake"] = PolicyBinding{policy, OnPolicyError::cancel, OnUnenforceable::refuse};
  world.wiring.pipelines["default"].policies = {"fake"};
}

}  // namespace asmgr::testing

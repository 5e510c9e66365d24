// A policy that says what a test tells it to.
#pragma once

#include <boost/json/parse.hpp>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/policy/binding.hpp"

namespace asmgr::testing {

struct Script {
  std::function<Result<Decision>(std::vector<Hold>&)> preflight = [](std::vector<Hold>&) { return Decision{}; };
  std::function<Result<Decision>(std::string_view)> review_tool = [](std::string_view) { return Decision{}; };
  std::function<Result<void>(const EventView&, const RunUsage&, Decision&)> observe =
      [](const EventView&, const RunUsage&, Decision&) { return Result<void>(); };
  std::function<Result<void>()> begin = [] { return Result<void>(); };
};

class ScriptedPolicyRun final : public PolicyRun {
 public:
  explicit ScriptedPolicyRun(const Script& script) : script_(script) {}
  Result<Decision> preflight(std::string_view, std::vector<Hold>& holds) override { return script_.preflight(holds); }
  Result<Decision> review_tool(std::string_view call) override { return script_.review_tool(call); }
  Result<void> observe(const EventView& event, const RunUsage& usage, Decision& decision) override {
    return script_.observe(event, usage, decision);
  }

 private:
  const Script& script_;
};

class ScriptedPolicy final : public Policy {
 public:
  ScriptedPolicy(PolicyInfo info, Script script) : info_(std::move(info)), script_(std::move(script)) {}
  const PolicyInfo& info() const noexcept override { return info_; }
  Result<std::unique_ptr<PolicyRun>> begin(std::string_view effective, const Session&, const Run&) override {
    seen_effective_ = effective;
    if (Result<void> outcome = script_.begin(); outcome.has_error()) return outcome.error();
    return std::make_unique<ScriptedPolicyRun>(script_);
  }
  Result<boost::json::object> compile(std::string_view, const ProviderInfo&) override { return compiles_to(); }
  std::function<Result<boost::json::object>()> compiles_to = [] { return boost::json::object(); };

  [[nodiscard]] const std::string& seen_effective() const noexcept { return seen_effective_; }

 private:
  PolicyInfo info_;
  Script script_;
  std::string seen_effective_;
};

inline PolicyInfo named(std::string name) {
  PolicyInfo info;
  info.name = std::move(name);
  info.observes_all = true;
  return info;
}

inline PolicyBinding bind(PolicyInfo info, Script script = {}, OnPolicyError on_error = OnPolicyError::cancel) {
  return PolicyBinding{std::make_shared<ScriptedPolicy>(std::move(info), std::move(script)), on_error,
                       OnUnenforceable::refuse};
}

// A decision with one violation.
inline Decision broken(PolicyAction action, std::string rule, std::string details = "{}") {
  return Decision{action, {Violation{std::move(rule), "because", std::move(details)}}};
}

}  // namespace asmgr::testing

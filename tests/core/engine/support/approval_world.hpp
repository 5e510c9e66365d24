// A world whose policy asks a person about every call of a tool whose name begins with "ask", and denies those whose
// input has the word "forbidden".
#pragma once

#include <gmock/gmock.h>

#include "core/model/json.hpp"
#include "tests/core/engine/support/fake_policy.hpp"

namespace asmgr::testing {

inline Result<Decision> ask_about_tools(std::string_view call) {
  Decision decision;
  const auto parsed = parse_json_object(call, "call");
  const std::string tool(parsed ? find_string(*parsed, "tool_name").value_or("") : "");
  if (call.find("forbidden") != std::string_view::npos) {
    decision.action = PolicyAction::deny;
    decision.violations.push_back({"deny", "this is forbidden", R"({"kind":"tool_denied","tool_name":"x"})"});
  } else if (tool.starts_with("ask")) {
    decision.action = PolicyAction::request_approval;
    decision.violations.push_back({"ask", "somebody has to look at this", R"({"kind":"approval_required"})"});
  }
  return decision;
}

class ApprovalWorld : public World {
 public:
  explicit ApprovalWorld(ScriptedProvider::Script script, const std::string& store_plugin = "memory",
                         EnforcementGrade grade = EnforcementGrade::intercept)
      : World(std::move(script), store_plugin, grade) {
    auto policy = std::make_shared<FakePolicy>();
    policy->review = ask_about_tools;
    use(*this, policy);
  }

  std::vector<Approval> approvals(std::optional<ApprovalStatus> status = std::nullopt) {
    ListApprovalsOptions options;
    options.status = status;
    auto listed = manager().list_approvals(options);
    EXPECT_TRUE(listed) << listed.error().message();
    return listed ? *listed : std::vector<Approval>{};
  }
  // The one that waits, once it does.
  Approval pending() {
    EXPECT_TRUE(eventually([&] { return !approvals(ApprovalStatus::pending).empty(); }));
    const std::vector<Approval> listed = approvals(ApprovalStatus::pending);
    return listed.empty() ? Approval{} : listed.front();
  }
  Result<Approval> decide(const std::string& id, bool grant, const std::string& reason = "") {
    DecideApprovalOptions options;
    options.approval_id = id;
    options.grant = grant;
    options.reason = reason;
    options.caller.actor = "ana";
    return manager().decide_approval(options);
  }
  Run run(const std::string& id) {
    auto found = manager().get_run(id);
    EXPECT_TRUE(found) << found.error().message();
    return found ? *found : Run{};
  }
  // The data of the session's only event of a type.
  boost::json::object data_of(const std::string& session, std::string_view type) {
    boost::json::object data;
    int found = 0;
    for (const Event& event : events(session)) {
      if (event.type_name != type) continue;
      ++found;
      data = *parse_json_object(event.data, "data");
    }
    EXPECT_EQ(found, 1) << type;
    return data;
  }
  std::size_t count(const std::string& session, std::string_view type) {
    const std::vector<std::string> types = checked_types(session);
    return static_cast<std::size_t>(std::count(types.begin(), types.end(), type));
  }
};

// One call of a tool that is asked about, then the end; what the provider was told is kept.
inline ScriptedProvider::Script one_call(ScriptedRun::Answered* told, const std::string& tool = "ask_me",
                                         const std::string& input = R"({"path":"a"})") {
  return [told, tool, input](ScriptedRun& run) {
    const ScriptedRun::Answered answer = run.call_tool("c1", tool, input);
    if (told != nullptr && !run.context().cancel->cancelled()) *told = answer;
    run.finish(run.context().cancel->cancelled() ? FinishStatus::cancelled : FinishStatus::completed,
               R"({"output":{"content":"done"},"token_usage":{"input_tokens":3,"output_tokens":1}})");
  };
}

}  // namespace asmgr::testing

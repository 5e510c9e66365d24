// One question to the tool_rules plugin.
#pragma once

#include <string>
#include <string_view>

#include "tests/plugins/support/policy_client.hpp"

namespace asmgr::testing {

inline const PolicyPlugin& tool_rules() {
  static const PolicyPlugin plugin("tool_rules");
  return plugin;
}

inline std::string tool_call(std::string_view name, std::string_view input = "{}", std::string_view id = "c1") {
  const boost::json::object call{
      {"tool_call_id", boost::json::string_view(id.data(), id.size())},
      {"tool_name", boost::json::string_view(name.data(), name.size())},
      {"tool_input", boost::json::parse(boost::json::string_view(input.data(), input.size()))}};
  return boost::json::serialize(call);
}

inline Answer review(std::string_view config, std::string_view name, std::string_view input = "{}") {
  const PolicyInstance policy(tool_rules(), config);
  return policy.begin()->review_tool(tool_call(name, input));
}

}  // namespace asmgr::testing

// The tool calls of one run, judged by the rules.
#pragma once

#include <asmgr/plugin.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <unordered_set>

#include "settings.hpp"

namespace asmgr::tool_rules {

class ToolRulesRun final : public asmgr::sdk::PolicyRun {
 public:
  // `effective_rules` are the tool rules of the whole stack of policies.
  ToolRulesRun(const Settings& settings, boost::json::array effective_rules)
      : settings_(settings), effective_rules_(std::move(effective_rules)) {}

  // Refuses a stack that cannot be kept to: an empty allow list, or an entry that one policy allows and another denies.
  void preflight(std::string_view estimate_json, asmgr::sdk::Decision& decision,
                 asmgr::sdk::ItemSink<asmgr_hold>& holds) override;
  // deny beats ask beats allow. Follows links in the file system, which may take its time. Throws StatusError for a
  // call without a tool's name.
  void review_tool(std::string_view tool_call_json, asmgr::sdk::Decision& decision) override;
  // The same for calls that were not reviewed, of providers that cannot be intercepted; paths by their text alone,
  // since this must not wait.
  void observe(const asmgr_event& event, const asmgr_usage& usage, asmgr::sdk::Decision& decision) override;

 private:
  void judge(const boost::json::object& call, Links links, asmgr::sdk::Decision& decision) const;
  void deny_by(const Rule& rule, const ToolCall& call, asmgr::sdk::Decision& decision) const;
  void deny_unlisted(const ToolCall& call, asmgr::sdk::Decision& decision) const;
  void ask_by(const Rule& rule, const ToolCall& call, asmgr::sdk::Decision& decision) const;

  const Settings& settings_;
  boost::json::array effective_rules_;
  std::unordered_set<std::string> reviewed_;  // ids of calls that may start and have not
};

}  // namespace asmgr::tool_rules

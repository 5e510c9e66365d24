// What `codex app-server` says of a turn, as events.
#pragma once

#include <asmgr/toolkit/agent_report.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "codex_errors.hpp"
#include "codex_items.hpp"
#include "codex_usage.hpp"

namespace asmgr::codex {

// The run's thread.
class AppServerOutput {
 public:
  explicit AppServerOutput(agent::AgentEvents& events) : events_(events) {}

  void take_delta(std::string_view method, const boost::json::object& params);
  void take_item_started(const boost::json::object& item);
  void take_item_completed(const boost::json::object& item);
  void take_usage(const boost::json::object& params);
  void take_error(const boost::json::object& params);

  // A tool was allowed and may begin.
  void tool_allowed(const std::string& item_id);
  // The tool of an item that has started and not ended; null when there is none.
  [[nodiscard]] const ToolItem* open_tool(const std::string& item_id) const;

  [[nodiscard]] const std::string& last_text() const noexcept { return last_text_; }
  [[nodiscard]] const std::optional<CodexError>& last_error() const noexcept { return last_error_; }
  [[nodiscard]] const CodexUsage& usage() const noexcept { return usage_; }
  [[nodiscard]] bool tools_open() const noexcept { return !running_.empty(); }

 private:
  void begin(const ToolItem& tool);

  agent::AgentEvents& events_;
  CodexUsage usage_;
  std::set<std::string> streamed_;         // items of which deltas have come
  std::map<std::string, ToolItem> tools_;  // that have started
  std::set<std::string> running_;          // of these, those that have been reported as started
  std::string last_text_;
  std::optional<CodexError> last_error_;
};

}  // namespace asmgr::codex

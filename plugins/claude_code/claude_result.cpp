#include "claude_result.hpp"

#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <utility>

#include "claude_output.hpp"

namespace asmgr::claude_code {
namespace {

namespace json = boost::json;
using agent::array_at;
using agent::integer_at;
using agent::text_at;

std::string joined_errors(const json::object& line) {
  std::string text;
  const json::array* errors = array_at(line, "errors");
  for (std::size_t i = 0; errors != nullptr && i < errors->size(); ++i) {
    if (!(*errors)[i].is_string()) continue;
    if (!text.empty()) text += "; ";
    text += (*errors)[i].get_string();
  }
  return text;
}

json::object result_error(const json::object& line) {
  const std::string_view subtype = text_at(line, "subtype");
  const std::int64_t http_status = integer_at(line, "api_error_status");
  std::string why = joined_errors(line);
  if (why.empty()) why = text_at(line, "result");
  if (why.empty()) why = "no reason was given";
  std::string message = "Claude Code failed: " + why;
  if (subtype == "error_max_turns") message = "Claude Code stopped: " + why + "; raise `max_turns`";
  json::object nested = agent::provider_error(kClaudeCode, http_status == 429 ? "rate_limit" : "unknown", why);
  if (http_status != 0) nested["status"] = http_status;
  json::object error = agent::error_object(agent::status_of_http(http_status), message, std::move(nested));
  if (subtype != "success") error["details"].get_object()["subtype"] = sdk::as_json(subtype);
  return error;
}

json::array denials(const json::object& line) {
  json::array out;
  const json::array* listed = array_at(line, "permission_denials");
  for (std::size_t i = 0; listed != nullptr && i < listed->size(); ++i) {
    const json::object* denial = (*listed)[i].if_object();
    if (denial == nullptr) continue;
    json::object one;
    one["tool_call_id"] = sdk::as_json(text_at(*denial, "tool_use_id"));
    one["tool_name"] = sdk::as_json(text_at(*denial, "tool_name"));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

ClaudeResult read_result(const json::object& line) {
  ClaudeResult result;
  const bool failed = agent::true_at(line, "is_error") || text_at(line, "subtype") != "success";
  result.stop_reason = text_at(line, "stop_reason");
  if (text_at(line, "subtype") == "error_max_turns") result.stop_reason = "max_turns";
  result.output["content"] = failed ? json::string() : json::string(sdk::as_json(text_at(line, "result")));
  result.output["stop_reason"] = result.stop_reason;
  result.output["num_turns"] = integer_at(line, "num_turns");
  if (const json::value* structured = line.if_contains("structured_output"); structured && !structured->is_null()) {
    result.output["structured"] = *structured;
  }
  if (json::array denied = denials(line); !denied.empty()) result.output["permission_denials"] = std::move(denied);
  const json::value* cost = line.if_contains("total_cost_usd");
  if (cost != nullptr && cost->is_number() && cost->to_number<double>() > 0) {
    result.cost_usd = cost->to_number<double>();
  }
  if (failed) result.error = result_error(line);
  return result;
}

}  // namespace asmgr::claude_code

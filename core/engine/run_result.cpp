#include "core/engine/options.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

template <typename T>
boost::json::value or_null(const std::optional<T>& value) {
  return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

}  // namespace

boost::json::object to_json(const RunResult& result) {
  boost::json::object json;
  json["status"] = status_name(result.status);
  json["error"] = result.error ? boost::json::value(result.error->to_json()) : boost::json::value(nullptr);
  json["output"] = or_null(result.output);
  json["token_usage"] = to_json(result.token_usage);
  boost::json::array events;
  for (const Event& event : result.events) {
    auto parsed = parse_json(event_json(view_of(event)), "event");
    if (parsed) events.push_back(std::move(*parsed));
  }
  json["events"] = std::move(events);
  json["session_id"] = result.session_id;
  json["run_id"] = result.run_id;
  json["cost_usd"] = or_null(result.cost_usd);
  json["waiting_on"] = nullptr;
  if (!result.waiting_on.empty()) {
    json["waiting_on"].emplace_object()["approvals"] = to_json_array(result.waiting_on);
  }
  json["workspace"] = or_null(result.workspace);
  json["policy"] = or_null(result.policy);
  json["routing"] = or_null(result.routing);
  json["provider"] = result.provider.empty() ? boost::json::value(nullptr) : boost::json::value(result.provider);
  json["model"] = result.model.empty() ? boost::json::value(nullptr) : boost::json::value(result.model);
  boost::json::array warnings;
  for (const std::string& warning : result.warnings) warnings.emplace_back(warning);
  json["warnings"] = std::move(warnings);
  json["persistence_failures"] = result.persistence_failures;
  json["callback_failures"] = result.callback_failures;
  json["last_sequence"] = result.last_sequence;
  json["last_hash"] = to_hex(result.last_hash);
  return json;
}

}  // namespace asmgr

#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace asmgr::agent {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLineDepth = 256;

}  // namespace

std::string needs_json(const std::vector<std::string>& command, std::string_view install) {
  json::object program;
  program["program"] = command.front();
  program["todo"] = "install it with `" + std::string(install) + "`, or name it in the provider's `command`";
  json::array needs;
  needs.push_back(std::move(program));
  return json::serialize(needs);
}

std::optional<json::object> parse_object(std::string_view line) {
  json::parse_options parsing;
  parsing.max_depth = kMaxLineDepth;
  boost::system::error_code error;
  json::value value = json::parse(sdk::as_json(line), error, {}, parsing);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

const json::object* object_at(const json::object& from, std::string_view key) {
  const json::value* value = from.if_contains(sdk::as_json(key));
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_at(const json::object& from, std::string_view key) {
  const json::value* value = from.if_contains(sdk::as_json(key));
  return value == nullptr ? nullptr : value->if_array();
}

std::string_view text_at(const json::object& from, std::string_view key) {
  const json::value* value = from.if_contains(sdk::as_json(key));
  return value == nullptr || !value->is_string() ? std::string_view() : sdk::as_view(value->get_string());
}

std::int64_t integer_at(const json::object& from, std::string_view key) {
  const json::value* value = from.if_contains(sdk::as_json(key));
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code not_an_integer;
  const auto number = value->to_number<std::int64_t>(not_an_integer);
  return not_an_integer ? 0 : number;
}

bool true_at(const json::object& from, std::string_view key) {
  const json::value* value = from.if_contains(sdk::as_json(key));
  return value != nullptr && value->is_bool() && value->get_bool();
}

void AgentEvents::emit(std::uint32_t type, const json::object& data) {
  if (stopped_) return;
  const std::string text = json::serialize(data);
  stopped_ = !run_.emit(sdk::event(type, text));
}

void AgentEvents::message_delta(std::string_view text) {
  if (text.empty()) return;
  json::object data;
  data["content"] = sdk::as_json(text);
  data["delta"] = sdk::as_json(text);
  emit(ASMGR_EV_MESSAGE_STREAMED, data);
}

void AgentEvents::reasoning_delta(std::string_view text) {
  if (text.empty()) return;
  json::object data;
  data["delta"] = sdk::as_json(text);
  emit(ASMGR_EV_REASONING_STREAMED, data);
}

void AgentEvents::message(std::string_view text) {
  json::object data;
  data["content"] = sdk::as_json(text);
  data["role"] = "assistant";
  emit(ASMGR_EV_MESSAGE_RECEIVED, data);
}

void AgentEvents::tool_started(std::string_view id, std::string_view name, const json::value& input) {
  json::object data;
  data["tool_call_id"] = sdk::as_json(id);
  data["tool_name"] = sdk::as_json(name);
  data["tool_input"] = input;
  emit(ASMGR_EV_TOOL_CALL_STARTED, data);
}

void AgentEvents::tool_ended(std::string_view id, std::string_view name, const json::value& output, bool is_error) {
  json::object data;
  data["tool_call_id"] = sdk::as_json(id);
  data["tool_name"] = sdk::as_json(name);
  data["tool_output"] = output;
  if (is_error) data["is_error"] = true;
  emit(is_error ? ASMGR_EV_TOOL_CALL_FAILED : ASMGR_EV_TOOL_CALL_COMPLETED, data);
}

void AgentEvents::retrying(asmgr_status status, std::string_view message, json::object details,
                           json::object provider_error) {
  details["will_retry"] = true;
  json::object data;
  data["error_code"] = sdk::as_json(sdk::status_name(status));
  data["error_message"] = sdk::as_json(message);
  data["details"] = std::move(details);
  data["provider_error"] = std::move(provider_error);
  emit(ASMGR_EV_ERROR_OCCURRED, data);
}

void AgentEvents::ignored(std::string_view what) {
  constexpr std::size_t kNamedApart = 32;  // names come from outside
  const bool full = ignored_.size() >= kNamedApart && ignored_.count(std::string(what)) == 0;
  ++ignored_[full ? "others" : std::string(what.substr(0, 64))];
}

void AgentEvents::log_ignored(std::string_view component) const {
  if (ignored_.empty()) return;
  json::object counts;
  for (const auto& [what, count] : ignored_) counts[what] = count;
  const std::string fields = json::serialize(counts);
  sdk::Logger(run_.context().host(), component).debug("parts of the program's output were not understood", fields);
}

}  // namespace asmgr::agent

#include "core/pipeline/event_reader.hpp"

#include <array>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

enum class Kind : std::uint8_t { text, integer };
struct Rule {
  EventType type;
  std::string_view field;
  Kind kind;
};
constexpr std::array kRules{
    Rule{EventType::message_received, "content", Kind::text},
    Rule{EventType::message_received, "role", Kind::text},
    Rule{EventType::message_streamed, "content", Kind::text},
    Rule{EventType::reasoning_streamed, "delta", Kind::text},
    Rule{EventType::tool_input_streamed, "tool_call_id", Kind::text},
    Rule{EventType::tool_call_started, "tool_name", Kind::text},
    Rule{EventType::tool_call_completed, "tool_name", Kind::text},
    Rule{EventType::tool_call_failed, "tool_name", Kind::text},
    Rule{EventType::token_usage_updated, "input_tokens", Kind::integer},
    Rule{EventType::token_usage_updated, "output_tokens", Kind::integer},
    Rule{EventType::error_occurred, "error_message", Kind::text},
};

bool fits(const boost::json::value& value, Kind kind) {
  return kind == Kind::text ? value.is_string() : value.is_int64() || value.is_uint64();
}

}  // namespace

std::vector<std::string> shape_warnings(EventType type, const boost::json::object& data) {
  std::vector<std::string> warnings;
  for (const Rule& rule : kRules) {
    if (rule.type != type) continue;
    const boost::json::value* value = find(data, rule.field);
    const std::string_view kind = rule.kind == Kind::text ? "a string" : "an integer";
    if (value == nullptr) {
      warnings.push_back(std::string(rule.field) + " is missing; it should be " + std::string(kind));
    } else if (!fits(*value, rule.kind)) {
      warnings.push_back(std::string(rule.field) + " should be " + std::string(kind));
    }
  }
  return warnings;
}

bool needs_parsing(const EventView& event) noexcept {
  switch (event.type) {
    case EventType::message_streamed:
      return !event.data.starts_with(R"({"content":")");
    case EventType::reasoning_streamed:
      return !event.data.starts_with(R"({"delta":")");
    case EventType::tool_input_streamed:
      return !event.data.starts_with(R"({"tool_call_id":")");
    case EventType::unknown:
      return false;
    default:
      return true;
  }
}

std::string with_warnings(std::string_view metadata, const std::vector<std::string>& warnings) {
  auto parsed = parse_json_object(metadata, "metadata");
  boost::json::object object = parsed ? std::move(*parsed) : boost::json::object{};
  boost::json::array list;
  for (const std::string& warning : warnings) list.emplace_back(warning);
  object["_validation_warnings"] = std::move(list);
  return to_text(object);
}

bool is_reserved_for_engine(EventType type) noexcept {
  switch (category_of(type)) {
    case EventCategory::session:
    case EventCategory::policy:
    case EventCategory::approval:
    case EventCategory::workspace:
      return true;
    default:
      return type == EventType::provider_started || type == EventType::step_reset || type == EventType::message_sent;
  }
}

}  // namespace asmgr

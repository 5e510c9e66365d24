#include <array>

#include "core/model/json.hpp"
#include "core/render/event_facts.hpp"
#include "core/render/output_file.hpp"
#include "core/render/sink.hpp"

namespace asmgr {
namespace {

namespace json = boost::json;
using namespace rendering;

constexpr std::size_t kMaxErrorText = 120;

// In the order of EventType, `unknown` first.
// clang-format off
constexpr std::array<std::string_view, 34> kCodes{
    "??",
    "sc", "ss", "sp", "su", "sd", "sf", "sx",  // session_*
    "rs", "rc", "rf", "rx", "rt",              // run_*
    "mt", "mr", "ms",                          // message_*
    "ts", "tc", "tf",                          // tool_call_*
    "er", "ek",                                // error_*
    "tu", "tn",                                // token_usage_updated, turn_completed
    "ws", "wd",                                // workspace_*
    "pv",
    "aq", "ag", "ad",                          // tool_approval_*
    "ps", "st", "rz", "ti", "sr"};             // provider_started to step_reset
// clang-format on
static_assert(kCodes.size() == static_cast<std::size_t>(EventType::step_reset) + 1, "a type has no code");

std::string_view code_of(EventType type) noexcept {
  const auto number = static_cast<std::size_t>(type);
  return number < kCodes.size() ? kCodes[number] : kCodes[0];
}

void add_text(json::object& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

void add_usage(json::object& short_event, const json::object& data) {
  const TokenUsage usage = usage_of(data);
  if (!usage.empty()) {
    const TokenFlow tokens = flow_of(usage);
    short_event["i"] = tokens.in;
    short_event["o"] = tokens.out;
  }
  if (const auto cost = cost_of(data)) short_event["$"] = *cost;
}

json::object short_event(const EventView& event) {
  const json::object data = data_of(event);
  json::object out;
  out["t"] = code_of(event.type);
  switch (category_of(event.type)) {
    case EventCategory::message:
      out["l"] = event.type == EventType::message_sent || event.type == EventType::message_received
                     ? message_text(data).size()
                     : streamed_text(data).size();
      break;
    case EventCategory::tool:
      add_text(out, "n", text_of(data, "tool_name"));
      if (event.type == EventType::tool_input_streamed) out["l"] = streamed_text(data).size();
      break;
    case EventCategory::approval:
      add_text(out, "n", text_of(data, "tool_name"));
      break;
    case EventCategory::policy:
      add_text(out, "n", text_of(data, "policy"));
      add_text(out, "x", preview(violation_text(data), kMaxErrorText));
      break;
    case EventCategory::unknown:
      add_text(out, "n", std::string(event.type_name));
      break;
    default:
      add_text(out, "m", short_model(text_of(data, "model")));
      add_text(out, "sr", text_of(data, "stop_reason"));
      add_text(out, "x", preview(error_text_of(data), kMaxErrorText));
      if (event.type == EventType::run_completed || event.type == EventType::token_usage_updated) add_usage(out, data);
  }
  return out;
}

std::string compact_line(const EventView& event) {
  json::object line;
  line["t"] = event.timestamp.us / 1000;
  line["e"] = short_event(event);
  return to_text(line) + "\n";
}

// As it is stored, on one line.
std::string data_on_one_line(std::string_view data) {
  if (!check_json_object(data, "event data").has_value()) return {};
  if (data.find_first_of("\n\r") == std::string_view::npos) return std::string(data);
  const auto parsed = parse_json_object(data, "event data");
  return parsed.has_value() ? to_text(*parsed) : std::string();
}

void add_member(std::string& line, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  line.append(line.empty() ? "{\"" : ",\"").append(key).append("\":");
  append_json_string(line, text);
}

std::string full_line(const EventView& event) {
  std::string line;
  if (event.timestamp.is_set()) add_member(line, "ts", format_timestamp(event.timestamp));
  add_member(line, "type", shown_type(event));
  const std::string data = event.pruned ? std::string() : data_on_one_line(event.data);
  if (!data.empty() && data != "{}") line.append(line.empty() ? "{" : ",").append("\"data\":").append(data);
  add_member(line, "session_id", event.session_id);
  add_member(line, "run_id", event.run_id);
  return (line.empty() ? std::string("{") : std::move(line)) + "}\n";
}

class JsonlSink final : public RenderSink {
 public:
  JsonlSink(OutputFile file, JsonlForm form) : file_(std::move(file)), form_(form) {}
  Result<void> write(const EventView* event, std::string_view) override {
    if (event == nullptr) return {};
    return file_.write(form_ == JsonlForm::full ? full_line(*event) : compact_line(*event));
  }
  Result<void> flush() override { return {}; }
  Result<void> close() override { return file_.close(); }

 private:
  OutputFile file_;
  JsonlForm form_;
};

}  // namespace

NewSink jsonl_sink(const std::string& path, JsonlForm form) {
  auto file = OutputFile::open(path);
  if (file.has_error()) return file.error();
  return std::unique_ptr<RenderSink>(std::make_unique<JsonlSink>(std::move(*file), form));
}

}  // namespace asmgr

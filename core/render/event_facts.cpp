#include "core/render/event_facts.hpp"

#include <array>
#include <cstdio>

#include "core/model/json.hpp"
#include "core/render/text_width.hpp"

namespace asmgr::rendering {
namespace {

namespace json = boost::json;

// The texts of a list of blocks, one after the other.
std::string text_of_blocks(const json::array& blocks) {
  std::string text;
  for (const auto& block : blocks) {
    if (block.is_string()) text += std::string_view(block.get_string());
    if (const auto* object = block.if_object()) text += find_string(*object, "text").value_or("");
  }
  return text;
}

// Text of a value that is a string, a list of blocks, or an object that has one of those.
std::string text_within(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (const auto* blocks = value.if_array()) return text_of_blocks(*blocks);
  const auto* object = value.if_object();
  if (object == nullptr) return {};
  for (const std::string_view key : {"content", "stdout", "output", "text", "error", "stderr"}) {
    const auto* member = find(*object, key);
    if (member == nullptr) continue;
    if (member->is_string() && !member->get_string().empty()) return std::string(member->get_string());
    if (const auto* blocks = member->if_array()) return text_of_blocks(*blocks);
  }
  return {};
}

}  // namespace

json::object data_of(const EventView& event) {
  auto parsed = parse_json_object(event.data, "event data");
  return parsed.has_value() ? std::move(*parsed) : json::object();
}

std::string_view shown_type(const EventView& event) noexcept {
  return event.type == EventType::unknown ? event.type_name : type_name(event.type);
}

std::string text_of(const json::object& data, std::string_view key) {
  const auto* value = find(data, key);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return std::string(value->get_string());
  return to_text(*value);
}

std::string streamed_text(const json::object& data) {
  const auto delta = find_string(data, "delta");
  return delta && !delta->empty() ? std::string(*delta) : message_text(data);
}

std::string message_text(const json::object& data) {
  const auto* content = find(data, "content");
  return content == nullptr ? std::string() : text_within(*content);
}

std::string tool_output_text(const json::object& data) {
  const auto* output = find(data, "tool_output");
  if (output == nullptr || output->is_null()) return {};
  std::string text = text_within(*output);
  if (text.empty() && !output->is_string() && exit_code(data) == std::nullopt) text = to_text(*output);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::optional<std::int64_t> exit_code(const json::object& data) {
  if (const auto code = find_int(data, "exit_code")) return code;
  const auto* output = find_object(data, "tool_output");
  return output == nullptr ? std::nullopt : find_int(*output, "exit_code");
}

std::string error_text_of(const json::object& data) {
  const std::string code = text_of(data, "error_code");
  const std::string message = text_of(data, "error_message");
  if (code.empty()) return message;
  return message.empty() ? code : code + ": " + message;
}

std::string violation_text(const json::object& data) {
  for (const std::string_view key : {"message", "kind", "rule"}) {
    if (std::string text = text_of(data, key); !text.empty()) return text;
  }
  return {};
}

TokenUsage usage_of(const json::object& data) {
  const auto* usage = find_object(data, "token_usage");
  return usage_from_json(usage == nullptr ? data : *usage);
}

std::optional<double> cost_of(const json::object& data) {
  if (const auto cost = find_number(data, "total_cost_usd")) return cost;
  return find_number(data, "cost_usd");
}

TokenFlow flow_of(const TokenUsage& usage) noexcept {
  return {usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens,
          usage.output_tokens + usage.reasoning_tokens};
}

std::string dollars(double usd, int decimals) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "$%.*f", decimals, usd);
  return buffer.data();
}

std::string duration_text(std::int64_t milliseconds) {
  std::array<char, 64> buffer{};
  const auto ms = static_cast<long long>(milliseconds < 0 ? 0 : milliseconds);
  if (ms < 60'000) {
    std::snprintf(buffer.data(), buffer.size(), "%lld.%llds", ms / 1000, ms % 1000 / 100);
  } else if (ms < 3'600'000) {
    std::snprintf(buffer.data(), buffer.size(), "%lldm%02llds", ms / 60'000, ms / 1000 % 60);
  } else {
    std::snprintf(buffer.data(), buffer.size(), "%lldh%02lldm", ms / 3'600'000, ms / 60'000 % 60);
  }
  return buffer.data();
}

std::string preview(std::string_view text, std::size_t count) {
  std::string out;
  bool blank = false;
  while (!text.empty()) {
    const Grapheme grapheme = first_grapheme(text);
    const std::string_view piece = text.substr(0, grapheme.bytes);
    text.remove_prefix(grapheme.bytes);
    if (piece[0] == '\n' || piece[0] == ' ' || piece[0] == '\t' || piece[0] == '\r') {
      blank = !out.empty();
      continue;
    }
    if (count == 0) return out + "\xe2\x80\xa6";
    --count;
    if (blank && count > 0) {
      out += ' ';
      --count;
    }
    blank = false;
    out += piece;
  }
  return out;
}

std::string short_model(std::string_view model) {
  for (const std::string_view prefix : {"us.", "eu.", "anthropic.", "claude-"}) {
    if (model.starts_with(prefix)) model.remove_prefix(prefix.size());
  }
  std::size_t end = 0;
  for (int parts = 0; parts < 3 && end != std::string_view::npos; ++parts) end = model.find('-', end + 1);
  return std::string(model.substr(0, end));
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace asmgr::rendering

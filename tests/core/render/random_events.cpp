#include "tests/core/render/random_events.hpp"

#include <array>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

std::size_t below(std::mt19937& random, std::size_t end) {
  return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
}

boost::json::value random_value(std::mt19937& random) {
  switch (below(random, 8)) {
    case 0:
      return nullptr;
    case 1:
      return static_cast<std::int64_t>(below(random, 5'000'000)) - 5;
    case 2:
      return below(random, 2) == 0;
    case 3:
      return boost::json::object{{"content", random_text(random, 30)}, {"exit_code", below(random, 3)}};
    case 4:
      return boost::json::array{random_text(random, 8), boost::json::object{{"text", random_text(random, 20)}}};
    case 5:
      return boost::json::object{{"command", random_text(random, 20)}, {"path", random_text(random, 40)}};
    default:
      return boost::json::value(random_text(random, below(random, 60)));
  }
}

}  // namespace

std::string random_text(std::mt19937& random, std::size_t pieces) {
  static constexpr std::array<std::string_view, 24> kPieces{
      "a",
      "word",
      " ",
      "  ",
      "\n",
      "\t",
      "\r",
      "\x1b[31m",
      "\x1b",
      "\x1b]0;x\a",
      "\xc2\x9b",
      "\xe6\x97\xa5",
      "\xcc\x81",
      "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",
      "\xef\xb8\x8f",
      "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa",
      "\xe2\x80\xae",
      "/",
      "averyveryverylongwordthatnoterminalofusualwidthcanholdinoneline",
      "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab",
      "\xef\xbf\xbd",
      "\x7f",
      "\xe2\x9d\xa4",
      "."};
  std::string text;
  for (std::size_t i = 0; i < pieces; ++i) text += kPieces[below(random, kPieces.size())];
  return text;
}

Event random_event(std::mt19937& random) {
  const auto types = all_event_types();
  Event event;
  event.type = below(random, 20) == 0 ? EventType::unknown : types[below(random, types.size())];
  event.type_name = event.type == EventType::unknown ? random_text(random, 5) : std::string(type_name(event.type));
  event.timestamp = Timestamp{1767323045000000 + static_cast<std::int64_t>(below(random, 10'000'000))};
  event.session_id = "ses_" + random_text(random, 2);
  event.pruned = below(random, 40) == 0;
  boost::json::object data;
  for (const std::string_view key :
       {"delta",      "content",       "role",        "tool_name",   "tool_call_id", "tool_input", "tool_output",
        "error_code", "error_message", "policy",      "message",     "action",       "reason",     "attempt",
        "model",      "provider",      "stop_reason", "token_usage", "input_tokens", "cost_usd",   "decided_by",
        "label",      "files_changed", "turn",        "duration_ms"}) {
    if (below(random, 3) != 0) data[key] = random_value(random);
  }
  if (below(random, 3) == 0) data["tool_call_id"] = "tc_" + std::to_string(below(random, 3));
  event.data = below(random, 30) == 0 ? random_text(random, 10) : to_text(data);
  return event;
}

Event event_of(EventType type, std::string data) {
  Event event;
  event.type = type;
  event.type_name = type_name(type);
  event.timestamp = Timestamp{1767323045000000};
  event.session_id = "ses_1";
  event.run_id = "run_1";
  event.data = std::move(data);
  return event;
}

}  // namespace asmgr

// The plugin under test, loaded once, and the events that it is shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/plugins/support/policy_client.hpp"

namespace asmgr::testing {

inline const PolicyPlugin& content() {
  static const PolicyPlugin plugin("content");
  return plugin;
}

// A JSON string whose bytes are those of the text, whether it is UTF-8 or not.
inline std::string json_text(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20U) {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4U];
      out += kHex[static_cast<unsigned char>(c) & 0xFU];
    } else {
      out += c;
    }
  }
  return out += '"';
}

inline std::string rule(std::string_view on, std::string_view matches, std::string_view more = {}) {
  std::string out = R"({"on":")" + std::string(on) + R"(","matches":)" + json_text(matches);
  if (!more.empty()) out.append(",").append(more);
  return out += '}';
}

// A config with these rules.
inline std::string rules(const std::vector<std::string>& written) {
  std::string list;
  for (const std::string& one : written) list.append(list.empty() ? "" : ",").append(one);
  return R"({"rules":[)" + list + "]}";
}

// A run with this input, and what is said in it.
class Conversation {
 public:
  explicit Conversation(const PolicyInstance& policy, std::string_view input = "null")
      : run_(policy.begin({}, R"({"input":)" + std::string(input) + R"(,"output":{"text":"forbidden"}})")) {}

  Answer preflight() { return run_->preflight("{}"); }
  Answer event(std::uint32_t type, std::string_view data = "{}") { return run_->observe(type, data, no_usage()); }
  Answer piece(std::string_view text) {
    return event(ASMGR_EV_MESSAGE_STREAMED,
                 R"({"content":)" + json_text(text) + R"(,"delta":)" + json_text(text) + "}");
  }
  Answer message(std::string_view text) {
    return event(ASMGR_EV_MESSAGE_RECEIVED, R"({"content":)" + json_text(text) + R"(,"role":"assistant"})");
  }
  Answer end_of_turn() { return event(ASMGR_EV_TURN_COMPLETED); }

 private:
  std::unique_ptr<PolicyState> run_;
};

inline std::vector<std::string> names_in(const Answer& answer) {
  std::vector<std::string> names;
  for (const Said& said : answer.violations) names.push_back(said.rule);
  return names;
}

}  // namespace asmgr::testing

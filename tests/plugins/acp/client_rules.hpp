// The protocol's rules for what a client writes, version 1.
#ifndef ASMGR_TESTS_ACP_CLIENT_RULES_HPP_
#define ASMGR_TESTS_ACP_CLIENT_RULES_HPP_

#include <boost/json.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace asmgr_test {

// Members that a method's parameters must have, and those they may have besides.
struct ParameterRule {
  std::map<std::string, boost::json::kind> required;
  std::set<std::string> optional;
};

inline const std::map<std::string, ParameterRule>& client_methods() {
  using boost::json::kind;
  static const std::map<std::string, ParameterRule> rules{
      {"initialize", {{{"protocolVersion", kind::int64}}, {"clientCapabilities", "clientInfo", "_meta"}}},
      {"authenticate", {{{"methodId", kind::string}}, {"_meta"}}},
      {"session/new", {{{"cwd", kind::string}, {"mcpServers", kind::array}}, {"additionalDirectories", "_meta"}}},
      {"session/load", {{{"cwd", kind::string}, {"mcpServers", kind::array}, {"sessionId", kind::string}}, {"_meta"}}},
      {"session/resume",
       {{{"cwd", kind::string}, {"mcpServers", kind::array}, {"sessionId", kind::string}}, {"_meta"}}},
      {"session/set_mode", {{{"sessionId", kind::string}, {"modeId", kind::string}}, {"_meta"}}},
      {"session/set_model", {{{"sessionId", kind::string}, {"modelId", kind::string}}, {"_meta"}}},
      {"session/set_config_option",
       {{{"sessionId", kind::string}, {"configId", kind::string}, {"value", kind::string}}, {"_meta"}}},
      {"session/prompt", {{{"sessionId", kind::string}, {"prompt", kind::array}}, {"_meta"}}},
      {"session/cancel", {{{"sessionId", kind::string}}, {"_meta"}}},
      {"$/cancel_request", {{{"requestId", kind::int64}}, {"_meta"}}}};
  return rules;
}

inline bool is_notification(const std::string& method) {
  return method == "session/cancel" || method == "$/cancel_request";
}

// Empty: the line keeps the rules.
inline std::string broken_rule(const std::string& line) {
  namespace json = boost::json;
  boost::system::error_code error;
  const json::value parsed = json::parse(line, error);
  if (error || !parsed.is_object()) return "no JSON object: " + line;
  const json::object& message = parsed.get_object();
  const json::value* version = message.if_contains("jsonrpc");
  if (version == nullptr || *version != "2.0") return "no jsonrpc 2.0: " + line;
  const json::value* method = message.if_contains("method");
  for (const auto& member : message) {
    static const std::set<std::string> kKnown{"jsonrpc", "id", "method", "params", "result", "error"};
    if (kKnown.count(std::string(member.key())) == 0) return "a member that is none of JSON-RPC's: " + line;
  }
  if (method == nullptr) {
    const bool answers = message.contains("id") && message.contains("result") != message.contains("error");
    return answers ? std::string() : "neither request nor answer: " + line;
  }
  const std::string name(method->as_string());
  const auto rule = client_methods().find(name);
  if (rule == client_methods().end()) return "an unknown method: " + line;
  if (message.contains("id") == is_notification(name)) return "an id too many or too few: " + line;
  const json::object& params = message.at("params").as_object();
  for (const auto& [key, kind] : rule->second.required) {
    const json::value* value = params.if_contains(key);
    if (value == nullptr || value->kind() != kind) return "no proper " + key + ": " + line;
  }
  for (const auto& member : params) {
    const std::string key(member.key());
    if (rule->second.required.count(key) == 0 && rule->second.optional.count(key) == 0)
      return "a parameter too many, " + key + ": " + line;
  }
  return {};
}

}  // namespace asmgr_test

#endif  // ASMGR_TESTS_ACP_CLIENT_RULES_HPP_

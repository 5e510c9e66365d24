#include "core/routing/routed_token.hpp"

#include "core/model/json.hpp"

namespace asmgr {

std::string to_text(const RoutedToken& token) {
  if (token.token.empty()) return {};
  boost::json::object json;
  json["target"] = token.target;
  json["token"] = token.token;
  return to_text(json);
}

RoutedToken read_routed_token(std::string_view text) {
  if (text.empty()) return {};
  const auto json = parse_json_object(text, "resume token");
  if (!json) return {};
  return {std::string(find_string(*json, "target").value_or("")),
          std::string(find_string(*json, "token").value_or(""))};
}

}  // namespace asmgr

// What a session lets its client choose: modes and models, in the three shapes agents offer them in.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::acp {

// How a choice is made: the request, with the parameters beside sessionId and the value.
struct Choice {
  std::string method;     // session/set_mode, session/set_config_option or session/set_model
  std::string value_key;  // modeId, value, modelId
  std::string config_id;  // of set_config_option
  std::string current;
  std::vector<std::string> offered;

  [[nodiscard]] bool offers(std::string_view value) const;
  [[nodiscard]] boost::json::object parameters(std::string_view session_id, std::string_view value) const;
};

// From what session/new answered; nullopt when there is nothing to choose.
[[nodiscard]] std::optional<Choice> mode_choice(const boost::json::object& session);
[[nodiscard]] std::optional<Choice> model_choice(const boost::json::object& session);

// The mode for a permission mode: the configured one, else the first of the names in common use that is offered;
// nullopt when there is none or none is meant.
[[nodiscard]] std::optional<std::string> mode_for(std::string_view permission_mode,
                                                  const std::map<std::string, std::string>& configured,
                                                  const std::optional<Choice>& choice);

// "a, b, c" for messages.
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

}  // namespace asmgr::acp

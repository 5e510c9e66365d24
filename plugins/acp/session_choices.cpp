#include "session_choices.hpp"

#include <algorithm>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <iterator>

namespace asmgr::acp {
namespace {

namespace json = boost::json;
using agent::array_at;
using agent::object_at;
using agent::text_at;

struct CommonName {
  std::string_view permission_mode;
  std::string_view id;
};
constexpr CommonName kCommonNames[] = {
    {"accept_edits", "acceptEdits"},
    {"accept_edits", "autoEdit"},
    {"plan", "plan"},
    {"plan", "read-only"},
    {"full_auto", "bypassPermissions"},
    {"full_auto", "yolo"},
    {"full_auto", "full-access"},
    {"dangerously_skip_permissions", "bypassPermissions"},
    {"dangerously_skip_permissions", "yolo"},
    {"dangerously_skip_permissions", "full-access"},
};

void add_ids(const json::array* list, std::string_view key, std::vector<std::string>& ids) {
  if (list == nullptr) return;
  for (const json::value& item : *list) {
    const json::object* object = item.if_object();
    if (object == nullptr) continue;
    if (const std::string_view id = text_at(*object, key); !id.empty()) ids.emplace_back(id);
    add_ids(array_at(*object, "options"), key, ids);  // options may stand in groups
  }
}

std::optional<Choice> config_option(const json::object& session, std::string_view category) {
  const json::array* options = array_at(session, "configOptions");
  if (options == nullptr) return std::nullopt;
  for (const json::value& item : *options) {
    const json::object* option = item.if_object();
    if (option == nullptr || text_at(*option, "type") != "select") continue;
    const std::string_view id = text_at(*option, "id");
    if (text_at(*option, "category") != category && id != category) continue;
    Choice choice{"session/set_config_option", "value", std::string(id), {}, {}};
    choice.current = text_at(*option, "currentValue");
    add_ids(array_at(*option, "options"), "value", choice.offered);
    return choice;
  }
  return std::nullopt;
}

std::optional<Choice> listed_choice(const json::object& session, Choice choice, std::string_view group,
                                    std::string_view list, std::string_view id, std::string_view current) {
  const json::object* offered = object_at(session, group);
  if (offered == nullptr) return std::nullopt;
  choice.current = text_at(*offered, current);
  add_ids(array_at(*offered, list), id, choice.offered);
  return choice;
}

}  // namespace

bool Choice::offers(std::string_view value) const {
  return std::find(offered.begin(), offered.end(), value) != offered.end();
}

json::object Choice::parameters(std::string_view session_id, std::string_view value) const {
  json::object made;
  made["sessionId"] = sdk::as_json(session_id);
  if (!config_id.empty()) made["configId"] = config_id;
  made[value_key] = sdk::as_json(value);
  return made;
}

std::optional<Choice> mode_choice(const json::object& session) {
  const Choice set_mode{"session/set_mode", "modeId", {}, {}, {}};
  if (auto modes = listed_choice(session, set_mode, "modes", "availableModes", "id", "currentModeId")) return modes;
  return config_option(session, "mode");
}

std::optional<Choice> model_choice(const json::object& session) {
  if (auto option = config_option(session, "model")) return option;
  const Choice set_model{"session/set_model", "modelId", {}, {}, {}};
  return listed_choice(session, set_model, "models", "availableModels", "modelId", "currentModelId");
}

std::optional<std::string> mode_for(std::string_view permission_mode,
                                    const std::map<std::string, std::string>& configured,
                                    const std::optional<Choice>& choice) {
  const auto own = configured.find(std::string(permission_mode));
  if (own != configured.end()) return own->second;
  if (!choice) return std::nullopt;
  const auto fits = [&](const CommonName& name) {
    return name.permission_mode == permission_mode && choice->offers(name.id);
  };
  const auto found = std::find_if(std::begin(kCommonNames), std::end(kCommonNames), fits);
  if (found == std::end(kCommonNames)) return std::nullopt;
  return std::string(found->id);
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

}  // namespace asmgr::acp

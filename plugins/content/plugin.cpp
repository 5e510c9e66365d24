#include <asmgr/plugin.hpp>

#include "content_policy.hpp"
#include "settings.hpp"

namespace {

constexpr std::string_view kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["rules"],
  "properties": {
    "rules": {"type": "array", "minItems": 1, "description": "What may not be said, each by a regular expression",
      "items": {"type": "object", "additionalProperties": false, "required": ["on", "matches"], "properties": {
        "on": {"type": "string", "enum": ["prompt", "output"],
          "description": "What is looked at: what a run is asked, or what it says"},
        "matches": {"type": "string", "minLength": 1, "description": "RE2 expression that is looked for anywhere in it"},
        "action": {"type": "string", "enum": ["cancel", "request_approval", "warn"], "default": "cancel",
          "description": "What a match does: the run ends, a person is asked, or it is only noted"},
        "name": {"type": "string", "minLength": 1,
          "description": "Of the rule in violations; without it, its place: rules[0]"},
        "ignore_case": {"type": "boolean", "default": false, "description": "Whether a and A are the same letter"}}}}
  }
})";

constexpr asmgr_component kComponents[] = {
    asmgr::sdk::component<asmgr::content::ContentPolicy, &asmgr::sdk::make_instance<asmgr::content::ContentPolicy>,
                          &asmgr::content::check_config>(
        "content", "Looks for regular expressions in what a run is asked and in what it says", kSchema)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.content", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}

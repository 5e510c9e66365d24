#include <asmgr/plugin.hpp>

#include "settings.hpp"
#include "tool_rules_policy.hpp"

namespace {

// 'allow' has no default: without it every tool that is not denied may be called, with an empty one none could.
constexpr std::string_view kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "allow": {"type": "array", "description": "The only tools that may be called; without it, all that are not denied",
      "items": {"oneOf": [
        {"type": "string", "minLength": 1, "description": "A tool's name, or a glob with * ? [a-z]"},
        {"type": "object", "additionalProperties": false, "required": ["tool"], "properties": {
          "tool": {"type": "string", "minLength": 1, "description": "A tool's name, or a glob"},
          "path_under": {"type": "string", "minLength": 1, "description": "Calls whose paths lie under this folder"},
          "command_prefix": {"type": "string", "minLength": 1, "description": "Calls whose command starts so"},
          "field": {"type": "string", "minLength": 1, "description": "Key or JSON pointer of the input to look at"},
          "matches": {"type": "string", "minLength": 1, "description": "Calls whose field matches this RE2"}}}]}},
    "deny": {"type": "array", "default": [], "description": "Tools that may not be called; beats allow and ask",
      "items": {"oneOf": [
        {"type": "string", "minLength": 1, "description": "A tool's name, or a glob with * ? [a-z]"},
        {"type": "object", "additionalProperties": false, "required": ["tool"], "properties": {
          "tool": {"type": "string", "minLength": 1, "description": "A tool's name, or a glob"},
          "path_under": {"type": "string", "minLength": 1, "description": "Calls whose paths lie under this folder"},
          "command_prefix": {"type": "string", "minLength": 1, "description": "Calls whose command starts so"},
          "field": {"type": "string", "minLength": 1, "description": "Key or JSON pointer of the input to look at"},
          "matches": {"type": "string", "minLength": 1, "description": "Calls whose field matches this RE2"}}}]}},
    "ask": {"type": "array", "default": [], "description": "Tools that a person decides about, call by call; beats allow",
      "items": {"oneOf": [
        {"type": "string", "minLength": 1, "description": "A tool's name, or a glob with * ? [a-z]"},
        {"type": "object", "additionalProperties": false, "required": ["tool"], "properties": {
          "tool": {"type": "string", "minLength": 1, "description": "A tool's name, or a glob"},
          "path_under": {"type": "string", "minLength": 1, "description": "Calls whose paths lie under this folder"},
          "command_prefix": {"type": "string", "minLength": 1, "description": "Calls whose command starts so"},
          "field": {"type": "string", "minLength": 1, "description": "Key or JSON pointer of the input to look at"},
          "matches": {"type": "string", "minLength": 1, "description": "Calls whose field matches this RE2"}}}]}},
    "names": {"type": "string", "enum": ["exact", "ignore_case"], "default": "exact",
      "description": "Whether Bash and bash are two tools or one"},
    "cwd": {"type": "string", "default": "",
      "description": "Absolute folder that relative paths of tool inputs start from; empty = not known"},
    "on_violation": {"type": "string", "enum": ["cancel", "deny", "request_approval", "warn"], "default": "deny",
      "description": "What happens at a denied call: the run ends, the call fails, a person is asked, or it is only noted"}
  }
})";

constexpr asmgr_component kComponents[] = {
    asmgr::sdk::component<asmgr::tool_rules::ToolRulesPolicy,
                          &asmgr::sdk::make_instance<asmgr::tool_rules::ToolRulesPolicy>,
                          &asmgr::tool_rules::check_config>(
        "tool_rules", "Says which tools a run may call, and which a person decides about", kSchema)};

constexpr asmgr_plugin kPlugin =
    asmgr::sdk::plugin({"com.asmgr.tool_rules", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}

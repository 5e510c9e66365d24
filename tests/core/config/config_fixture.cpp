#include "tests/core/config/config_fixture.hpp"

#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "core/config/schema.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kStoreSchema = R"({
  "type": "object",
  "properties": {
    "path": {"type": "string", "description": "The file.", "x-path": true, "minLength": 1},
    "journal_mode": {"type": "string", "description": "How.", "enum": ["wal", "delete"], "default": "wal"},
    "durability": {"type": "string", "description": "How safe.", "enum": ["full", "normal"], "default": "full"},
    "busy_timeout": {"type": "string", "description": "Wait.", "x-unit": "duration", "default": "5s", "minimum": 1},
    "cache": {"type": "string", "description": "Memory.", "x-unit": "size", "default": "8MiB", "maximum": 1073741824}
  },
  "required": ["path"],
  "additionalProperties": false
})";

constexpr std::string_view kProviderSchema = R"({
  "type": "object",
  "properties": {
    "model": {"type": "string", "description": "Which.", "default": "small", "maxLength": 20},
    "api_key": {"type": "string", "description": "Key.", "x-secret": true, "minLength": 8},
    "max_turns": {"type": "integer", "description": "Bound.", "minimum": 1, "maximum": 100, "default": 20},
    "temperature": {"type": "number", "description": "Heat.", "minimum": 0, "maximum": 2},
    "verbose": {"type": "boolean", "description": "Talk.", "default": false},
    "allowed_commands": {"type": "array", "description": "Names.", "items": {"type": "string", "minLength": 1},
                         "minItems": 1},
    "stop": {"description": "One or several.", "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "region": {"type": "string", "description": "Where.", "pattern": "^[a-z]+-[0-9]$"},
    "headers": {"type": "object", "description": "Sent.", "additionalProperties": {"type": "string"}},
    "options": {"type": "object", "description": "Passed through."}
  },
  "additionalProperties": false
})";

constexpr std::string_view kPolicySchema = R"({
  "type": "object",
  "properties": {
    "max_total_tokens": {"type": "integer", "description": "Bound.", "minimum": 1},
    "max_duration": {"type": "string", "description": "Bound.", "x-unit": "duration"},
    "allow": {"type": "array", "description": "Names.", "items": {"type": "string"}},
    "ask": {"type": "array", "description": "Names.", "items": {"type": "string"}},
    "rules": {"type": "array", "description": "Rules.", "items": {"type": "object"}},
    "on_violation": {"type": "string", "description": "What.", "enum": ["cancel", "request_approval", "deny", "warn"],
                     "default": "cancel"}
  },
  "additionalProperties": false
})";

template <typename Entries>
void diagnose_blocks(const Entries& entries, const std::vector<std::string>& reached, const ConfigTree& tree,
                     Diagnostics& diagnostics) {
  for (const std::string& name : reached) {
    const ComponentSpec& spec = entries.at(name);
    if (spec.place.config == nullptr) continue;
    (void)apply_schema(*spec.place.config, test_schema(spec.plugin), spec.place.path + ".config", tree.sources, {},
                       diagnostics);
  }
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "asmgr-config-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, std::string_view text) const {
  const std::filesystem::path file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

EnvironmentLookup environment_of(std::map<std::string, std::string> variables) {
  return [held = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = held.find(std::string(name));
    if (found == held.end()) return std::nullopt;
    return found->second;
  };
}

boost::json::object test_schema(std::string_view plugin) {
  std::string_view text = R"({"type": "object"})";
  if (plugin == "sqlite") text = kStoreSchema;
  if (plugin == "model" || plugin == "shell") text = kProviderSchema;
  if (plugin == "limits" || plugin == "tool_rules") text = kPolicySchema;
  return *parse_json_object(text, plugin);
}

ReadOptions test_options() {
  ReadOptions options;
  options.environment =
      environment_of({{"GREETING", "hello"}, {"PORT", "7421"}, {"TOKEN", "s3cr3t-value"}, {"EMPTY", ""}});
  return options;
}

std::string diagnose(const std::string& path, const ReadOptions& options, const Selection& selection) {
  Diagnostics diagnostics;
  const ConfigTree tree = read_config(path, options, diagnostics);
  if (has_errors(diagnostics)) return render(diagnostics, tree.sources);
  const DeploymentSpec spec = parse_deployment(tree, selection, diagnostics);
  const Reach reach = reach_of(spec, selection);
  diagnose_blocks(spec.stores, reach.stores, tree, diagnostics);
  diagnose_blocks(spec.providers, reach.providers, tree, diagnostics);
  diagnose_blocks(spec.policies, reach.policies, tree, diagnostics);
  return render(diagnostics, tree.sources);
}

std::string diagnose(const std::string& path) {
  return diagnose(path, test_options(), {});
}

std::string_view small_deployment() noexcept {
  return R"(version: 1
stores:
  local: {plugin: sqlite, config: {path: ./asmgr.db}}
providers:
  shell: {plugin: shell, config: {allowed_commands: [ls]}}
policies:
  budget: {plugin: limits, config: {max_total_tokens: 100}}
pipelines:
  default: {store: local, provider: shell, policies: [budget]}
)";
}

}  // namespace asmgr

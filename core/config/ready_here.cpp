#include "core/config/ready_here.hpp"

#include <boost/json/parse.hpp>

#include "core/config/find_program.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

struct Agent {
  const char* plugin;
  const char* program;
  bool asks;
};
constexpr Agent kAgents[] = {{"claude_code", "claude", true},
                             {"codex", "codex", true},
                             {"gemini_cli", "gemini", false},
                             {"opencode", "opencode", false},
                             {"amp", "amp", false}};

struct Api {
  const char* plugin;
  const char* key;
};
constexpr Api kApis[] = {
    {"anthropic", "ANTHROPIC_API_KEY"}, {"openai", "OPENAI_API_KEY"}, {"gemini", "GEMINI_API_KEY"}};

// Ollama, llama.cpp, vLLM, LM Studio, each at its own default.
constexpr const char* kServers[] = {"http://127.0.0.1:11434/v1", "http://127.0.0.1:8080/v1", "http://127.0.0.1:8000/v1",
                                    "http://127.0.0.1:1234/v1"};

constexpr const char* kAskFirst = "tool_rules";

// A value of the built-in text: quoted, and safe from substitution.
std::string quoted(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  for (std::size_t at = out.find('$'); at != std::string::npos; at = out.find('$', at + 2)) out.insert(at, 1, '$');
  return out;
}

void add_agents(const Surroundings& here, std::vector<ReadyProvider>& ready) {
  if (here.environment("PATH").value_or("").empty()) return;
  for (const Agent& agent : kAgents) {
    if (!here.has_plugin(agent.plugin) || (agent.asks && !here.has_plugin(kAskFirst))) continue;
    if (find_program(agent.program, here.environment).empty()) continue;
    ready.push_back({agent.plugin, "{plugin: " + std::string(agent.plugin) + "}", agent.asks});
  }
}

void add_apis(const Surroundings& here, std::vector<ReadyProvider>& ready) {
  for (const Api& api : kApis) {
    if (!here.has_plugin(api.plugin) || here.environment(api.key).value_or("").empty()) continue;
    const std::string config = "{api_key: \"${env:" + std::string(api.key) + "}\"}";
    ready.push_back({api.plugin, "{plugin: " + std::string(api.plugin) + ", config: " + config + "}", false});
  }
}

// The first model that the server has; empty when it is none of that kind.
std::string model_of(const HttpAnswer& answer) {
  boost::json::error_code failed;
  const boost::json::value listed = boost::json::parse(answer.body, failed);
  if (failed || answer.status != 200 || !listed.is_object()) return {};
  const boost::json::array* models = find_array(listed.get_object(), "data");
  if (models == nullptr || models->empty() || !models->front().is_object()) return {};
  return std::string(find_string(models->front().get_object(), "id").value_or(""));
}

void add_server(const Surroundings& here, std::vector<ReadyProvider>& ready) {
  if (!here.get || !here.has_plugin("openai")) return;
  for (const std::string url : kServers) {
    const auto answer = here.get(url + "/models");
    const std::string model = answer ? model_of(*answer) : std::string();
    if (model.empty()) continue;
    const std::string config = "{api: chat, base_url: " + quoted(url) + ", model: " + quoted(model) + "}";
    return ready.push_back({"local_server", "{plugin: openai, config: " + config + "}", false});
  }
}

std::string pipeline(const std::string& name, const std::string& provider, bool asks) {
  return "  " + name + ": {store: local, provider: " + provider + (asks ? ", policies: [ask_first]" : "") + "}\n";
}

}  // namespace

std::vector<ReadyProvider> ready_here(const Surroundings& surroundings) {
  std::vector<ReadyProvider> ready;
  add_agents(surroundings, ready);
  add_apis(surroundings, ready);
  if (ready.empty()) add_server(surroundings, ready);
  return ready;
}

std::string built_in_deployment(const std::string& state_folder, const std::vector<ReadyProvider>& ready) {
  std::vector<ReadyProvider> all = ready;
  all.push_back({"shell", "{plugin: shell}", false});
  bool anyone_asks = false;
  std::string providers;
  std::string pipelines = pipeline("default", all.front().name, all.front().asks);
  for (const ReadyProvider& one : all) {
    providers += "  " + one.name + ": " + one.entry + "\n";
    pipelines += pipeline(one.name, one.name, one.asks);
    anyone_asks = anyone_asks || one.asks;
  }
  std::string text =
      "version: 1\nstores:\n  local: {plugin: sqlite, config: {path: " + quoted(state_folder + "/asmgr.db") +
      "}}\nproviders:\n" + providers;
  if (anyone_asks) {
    text +=
        "policies:\n  ask_first: {plugin: tool_rules, config: {allow: [Read, Glob, Grep, TodoWrite], "
        "on_violation: request_approval}}\n";
  }
  return text + "pipelines:\n" + pipelines;
}

}  // namespace asmgr

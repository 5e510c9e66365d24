#include "core/config/tool_wiring.hpp"

#include "core/model/json.hpp"
#include "core/tools/mcp_http.hpp"
#include "core/tools/mcp_stdio.hpp"

namespace asmgr {
namespace {

// More than a program is given to end by itself, or a server to answer.
constexpr std::chrono::milliseconds kLimitOfEnds{3'000};

std::vector<std::string> texts(const boost::json::object& object, std::string_view key) {
  std::vector<std::string> out;
  const boost::json::array* list = find_array(object, key);
  if (list == nullptr) return out;
  for (const boost::json::value& item : *list) {
    if (item.is_string()) out.emplace_back(item.get_string());
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> pairs(const boost::json::object& object, std::string_view key) {
  std::vector<std::pair<std::string, std::string>> out;
  const boost::json::object* given = find_object(object, key);
  if (given == nullptr) return out;
  for (const auto& [name, value] : *given) {
    if (value.is_string()) out.emplace_back(name, value.get_string());
  }
  return out;
}

McpAddress address_of(const boost::json::object& entry) {
  McpAddress address;
  address.command = texts(entry, "command");
  address.env = pairs(entry, "env");
  address.cwd = find_string(entry, "cwd").value_or("");
  address.url = find_string(entry, "url").value_or("");
  address.headers = pairs(entry, "headers");
  return address;
}

McpConnect connect_to(McpAddress address) {
  if (address.url.empty()) {
    return [address = std::move(address), timers = std::make_shared<CallTimers>()](McpEvents events) {
      return connect_by_program(address, std::move(events), timers);
    };
  }
  return [address = std::move(address)](McpEvents events) { return connect_by_url(address, std::move(events)); };
}

const boost::json::object* tools_of(const PipelineSpec& pipeline) {
  return find_object(pipeline.settings, "tools");
}

ToolLoopOptions loop_options(const PipelineSpec& pipeline) {
  ToolLoopOptions options;
  const boost::json::object* tools = tools_of(pipeline);
  if (tools == nullptr) return options;
  if (const auto most = find_int(*tools, "parallel")) options.parallel = static_cast<std::size_t>(*most);
  if (const auto time = find_int(*tools, "timeout")) options.timeout = std::chrono::milliseconds(*time);
  if (const auto most = find_int(*tools, "max_result")) options.max_result_bytes = static_cast<std::size_t>(*most);
  return options;
}

}  // namespace

ToolServers::~ToolServers() {
  servers_.clear();
  if (endings_ != nullptr) endings_->wait_for(kLimitOfEnds);
}

std::shared_ptr<McpServer> ToolServers::make(const std::string& name, const boost::json::object& entry,
                                             const std::string& program_version, const ToolServers* before) {
  if (const auto at = servers_.find(name); at != servers_.end()) return at->second.server;
  const std::string text = to_text(entry);
  if (before != nullptr) {
    const auto at = before->servers_.find(name);
    if (at != before->servers_.end() && at->second.entry == text) {
      return servers_.emplace(name, at->second).first->second.server;
    }
  }
  auto server = std::make_shared<McpServer>(name, program_version, connect_to(address_of(entry)), endings_);
  servers_.emplace(name, Known{text, server});
  return server;
}

std::vector<std::string> servers_of(const PipelineSpec& pipeline) {
  const boost::json::object* tools = tools_of(pipeline);
  return tools == nullptr ? std::vector<std::string>() : texts(*tools, "servers");
}

std::function<std::shared_ptr<Provider>(std::shared_ptr<Provider>)> tool_loops(
    const PipelineSpec& pipeline, std::vector<std::shared_ptr<ToolServer>> servers) {
  const boost::json::object* tools = tools_of(pipeline);
  const bool has_servers = !servers.empty();
  auto set = std::make_shared<const ToolSet>(std::move(servers),
                                             tools == nullptr ? std::vector<std::string>() : texts(*tools, "allow"));
  return [set = std::move(set), has_servers, options = loop_options(pipeline)](std::shared_ptr<Provider> provider) {
    if (!has_servers && provider->info().grade != EnforcementGrade::own) return provider;
    return std::shared_ptr<Provider>(std::make_shared<ToolLoop>(std::move(provider), set, options));
  };
}

std::vector<std::string> secrets_of_servers(const boost::json::object& servers) {
  std::vector<std::string> secrets;
  for (const auto& [name, entry] : servers) {
    if (!entry.is_object()) continue;
    for (const std::string_view key : {"headers", "env"}) {
      for (auto& [what, value] : pairs(entry.get_object(), key)) {
        // Who repeats the token may leave its kind out.
        for (const std::string_view kind : {"Bearer ", "Basic "}) {
          if (value.starts_with(kind)) secrets.push_back(value.substr(kind.size()));
        }
        secrets.push_back(std::move(value));
      }
    }
  }
  return secrets;
}

void check_tools(const PipelineSpec& pipeline, const ProviderInfo& provider, Diagnostics& diagnostics) {
  if (servers_of(pipeline).empty() || provider.grade == EnforcementGrade::own) return;
  Diagnostic diagnostic;
  diagnostic.severity = Severity::warning;
  diagnostic.position = pipeline.provider_position;
  diagnostic.path = pipeline.path + ".tools";
  diagnostic.message = "provider '" + provider.name + "' runs its own tools (grade " +
                       std::string(grade_name(provider.grade)) +
                       "): those of this pipeline's servers are not offered to it";
  diagnostic.suggestion = "remove 'tools.servers', or take a provider of grade own";
  diagnostics.push_back(std::move(diagnostic));
}

}  // namespace asmgr

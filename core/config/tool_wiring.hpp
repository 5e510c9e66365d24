// From the file's tool servers and the tools of its pipelines to what runs use.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/config/diagnostic.hpp"
#include "core/config/spec.hpp"
#include "core/tools/mcp_server.hpp"
#include "core/tools/tool_loop.hpp"

namespace asmgr {

// Tool servers by name, each with the entry it was made from. A reload keeps those whose entry is the same, with what
// runs of them.
class ToolServers {
 public:
  ToolServers() = default;
  // Waits a few seconds for those that nobody needs any more to end.
  ~ToolServers();
  ToolServers(ToolServers&&) = default;
  ToolServers& operator=(ToolServers&&) = default;

  // Makes the server of an entry {"command" | "url", ...}, or takes that of `before`. Nothing is begun yet.
  std::shared_ptr<McpServer> make(const std::string& name, const boost::json::object& entry,
                                  const std::string& program_version, const ToolServers* before);

 private:
  struct Known {
    std::string entry;
    std::shared_ptr<McpServer> server;
  };
  std::map<std::string, Known> servers_;
  std::shared_ptr<Endings> endings_ = std::make_shared<Endings>();  // empty once moved from
};

// What a pipeline's runs are started with: providers of grade `own` in a loop with the pipeline's tools, others too
// where it names servers.
[[nodiscard]] std::function<std::shared_ptr<Provider>(std::shared_ptr<Provider>)> tool_loops(
    const PipelineSpec& pipeline, std::vector<std::shared_ptr<ToolServer>> servers);

// The servers a pipeline names.
[[nodiscard]] std::vector<std::string> servers_of(const PipelineSpec& pipeline);

// What the entries of servers keep secret: values of headers and of environment variables.
[[nodiscard]] std::vector<std::string> secrets_of_servers(const boost::json::object& servers);

// Warns where a pipeline gives tools to a provider that runs its own.
void check_tools(const PipelineSpec& pipeline, const ProviderInfo& provider, Diagnostics& diagnostics);

}  // namespace asmgr

#include "core/tools/tool_set.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

// Waits for the answers of several servers, which stand in the order of the servers.
struct PendingOffer {
  std::mutex mutex;
  std::size_t missing = 0;
  std::vector<std::optional<Result<ToolServer::Tools>>> came;
  std::function<void(Result<OfferedTools>)> then;
};

std::string whose(const OfferedTools::Offer& offer) {
  return "'" + offer.tool.own_name + "' of mcp." + offer.server->name();
}

Error two_of_one_name(const OfferedTools::Offer& one, const OfferedTools::Offer& other) {
  return Error(ErrorCode::provider_error, "the tools " + whose(one) + " and " + whose(other) + " would both be '" +
                                              one.tool.name +
                                              "' for the model; give one of the servers another name under 'mcp', or "
                                              "allow the pipeline only others ('tools.allow')");
}

}  // namespace

const OfferedTools::Offer* OfferedTools::add(Offer offer) {
  const auto [at, added] = offers_.try_emplace(offer.tool.name, offer);
  const bool same = at->second.server == offer.server && at->second.tool.own_name == offer.tool.own_name;
  return added || same ? nullptr : &at->second;
}

const OfferedTools::Offer* OfferedTools::find(const std::string& name) const {
  const auto at = offers_.find(name);
  return at == offers_.end() ? nullptr : &at->second;
}

std::string OfferedTools::describe() const {
  if (offers_.empty()) return {};
  boost::json::array described;
  for (const auto& [name, offer] : offers_) {
    boost::json::object tool;
    tool["name"] = name;
    tool["description"] = offer.tool.description;
    tool["input_schema"] = offer.tool.input_schema;
    described.push_back(std::move(tool));
  }
  return to_text(boost::json::value(std::move(described)));
}

std::string OfferedTools::names() const {
  std::string names;
  for (const auto& [name, offer] : offers_) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "none" : names;
}

ToolSet::ToolSet(std::vector<std::shared_ptr<ToolServer>> servers, std::vector<std::string> allow)
    : servers_(std::move(servers)), allow_(std::move(allow)) {}

bool ToolSet::allowed(const std::string& name) const {
  return std::any_of(allow_.begin(), allow_.end(),
                     [&](const std::string& glob) { return fnmatch(glob.c_str(), name.c_str(), 0) == 0; });
}

Result<OfferedTools> ToolSet::allowed_of(const std::vector<std::optional<Result<ToolServer::Tools>>>& came) const {
  OfferedTools offered;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const Result<ToolServer::Tools>& tools = *came[i];
    if (!tools) return tools.error();
    for (const Tool& tool : *tools) {
      if (!allowed(tool.name)) continue;
      const OfferedTools::Offer offer{tool, servers_[i]};
      if (const auto* other = offered.add(offer)) return two_of_one_name(*other, offer);
    }
  }
  return offered;
}

void ToolSet::offer(std::function<void(Result<OfferedTools>)> then) const {
  if (servers_.empty()) return then(OfferedTools());
  auto pending = std::make_shared<PendingOffer>();
  pending->missing = servers_.size();
  pending->came.resize(servers_.size());
  pending->then = std::move(then);
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    servers_[i]->list([self = shared_from_this(), pending, i](const Result<ToolServer::Tools>& tools) {
      {
        const std::lock_guard lock(pending->mutex);
        pending->came[i] = tools;
        if (--pending->missing != 0) return;
      }
      pending->then(self->allowed_of(pending->came));
    });
  }
}

}  // namespace asmgr

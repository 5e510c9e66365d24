#include "core/tools/tool_set.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

// Waits for the answers of several servers.
struct PendingOffer {
  std::mutex mutex;
  std::size_t missing = 0;
  OfferedTools offered;
  std::optional<Error> error;
  std::function<void(Result<OfferedTools>)> then;
};

void finish_offer(PendingOffer& pending) {
  if (pending.error) return pending.then(std::move(*pending.error));
  pending.then(std::move(pending.offered));
}

}  // namespace

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

void ToolSet::offer(std::function<void(Result<OfferedTools>)> then) const {
  if (servers_.empty()) return then(OfferedTools());
  auto pending = std::make_shared<PendingOffer>();
  pending->missing = servers_.size();
  pending->then = std::move(then);
  for (const std::shared_ptr<ToolServer>& server : servers_) {
    server->list([this, pending, server](const Result<ToolServer::Tools>& tools) {
      std::unique_lock lock(pending->mutex);
      if (!tools && !pending->error) pending->error = tools.error();
      if (tools) {
        for (const Tool& tool : *tools) {
          if (allowed(tool.name)) pending->offered.add({tool, server});
        }
      }
      if (--pending->missing != 0) return;
      lock.unlock();
      finish_offer(*pending);
    });
  }
}

}  // namespace asmgr

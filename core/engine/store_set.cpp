#include "core/engine/store_set.hpp"

#include <algorithm>
#include <mutex>

namespace asmgr {

std::vector<StoreHost*> StoreSet::exchange(const Stores& stores, const Make& make) {
  std::vector<StoreHost*> added;
  const std::unique_lock lock(mutex_);
  std::map<std::string, Named> next;
  for (const auto& [name, instance] : stores) {
    const auto known = named_.find(name);
    if (known != named_.end() && known->second.instance == instance) {
      next[name] = std::move(known->second);
      named_.erase(known);
      continue;
    }
    next[name] = Named{instance, make(name, instance)};
    added.push_back(next[name].host.get());
  }
  for (auto& [name, old] : named_) leaving_.push_back(std::move(old.host));
  named_ = std::move(next);
  return added;
}

void StoreSet::clear() {
  std::map<std::string, Named> named;
  std::vector<std::unique_ptr<StoreHost>> leaving;
  const std::unique_lock lock(mutex_);
  named.swap(named_);
  leaving.swap(leaving_);
}

StoreHost* StoreSet::find(const std::string& name) const {
  const std::shared_lock lock(mutex_);
  const auto at = named_.find(name);
  if (at != named_.end()) return at->second.host.get();
  const auto left =
      std::find_if(leaving_.rbegin(), leaving_.rend(), [&](const auto& host) { return host->name() == name; });
  return left == leaving_.rend() ? nullptr : left->get();
}

std::vector<StoreHost*> StoreSet::named(const std::string& first) const {
  const std::shared_lock lock(mutex_);
  std::vector<StoreHost*> list;
  for (const auto& [name, one] : named_) list.push_back(one.host.get());
  const auto leads =
      std::find_if(list.begin(), list.end(), [&](const StoreHost* host) { return host->name() == first; });
  if (leads != list.end()) std::rotate(list.begin(), leads, leads + 1);
  return list;
}

std::vector<StoreHost*> StoreSet::leaving() const {
  const std::shared_lock lock(mutex_);
  std::vector<StoreHost*> list;
  for (const auto& host : leaving_) list.push_back(host.get());
  return list;
}

}  // namespace asmgr

// The stores of one manager, by name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "core/engine/store_host.hpp"

namespace asmgr {

// Thread-safe. What it returns lives until clear().
class StoreSet {
 public:
  using Stores = std::map<std::string, std::shared_ptr<Store>>;
  using Make = std::function<std::unique_ptr<StoreHost>(const std::string& name, std::shared_ptr<Store> store)>;

  // From now on these are the named ones. An instance that was there before goes on as it is; one that is not named any
  // more stays for the sessions that live in it. Returns those that are new.
  std::vector<StoreHost*> exchange(const Stores& stores, const Make& make);
  void clear();

  // The one that is named so now, else the one that was so last; null.
  [[nodiscard]] StoreHost* find(const std::string& name) const;
  // `first` leads when it is named.
  [[nodiscard]] std::vector<StoreHost*> named(const std::string& first) const;
  [[nodiscard]] std::vector<StoreHost*> leaving() const;

 private:
  struct Named {
    std::shared_ptr<Store> instance;
    std::unique_ptr<StoreHost> host;
  };
  mutable std::shared_mutex mutex_;
  std::map<std::string, Named> named_;
  std::vector<std::unique_ptr<StoreHost>> leaving_;
};

}  // namespace asmgr

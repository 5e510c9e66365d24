// What stands behind an asmgr_instance pointer in a plugin written on this layer.
#pragma once

#include <asmgr/abi/plugin.h>

#include <asmgr/cpp/cancel.hpp>
#include <asmgr/cpp/guard.hpp>
#include <asmgr/cpp/host.hpp>
#include <asmgr/cpp/sink.hpp>
#include <asmgr/cpp/string.hpp>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace asmgr::sdk {

// What a component's factory gets. The views are borrowed for the call; the host is for ever.
struct Create {
  Host host;
  std::string_view instance_name;  // the key in the YAML file: for logs, metrics, messages
  std::string_view config;         // a JSON object, valid against the schema, defaults filled in
};

namespace detail {

// T is the author's class; the table functions are instantiated per T, so that an interface costs no cast.
template <typename T>
struct Instance {
  Host host;
  std::unique_ptr<T> object;
};

template <typename T>
Instance<T>& instance_of(asmgr_instance* instance) noexcept {
  return *static_cast<Instance<T>*>(static_cast<void*>(instance));
}

// Calls body(T&) behind the guard.
template <typename T, typename Body>
asmgr_status call(asmgr_instance* instance, asmgr_error* error, Body&& body) noexcept {
  Instance<T>& self = instance_of<T>(instance);
  return guarded(self.host, error, [&] { body(*self.object); });
}

}  // namespace detail
}  // namespace asmgr::sdk

// From classes to the descriptor a plugin file returns. Everything here is a constant expression: the entry does
// nothing but hand out an address.
//
//   namespace {
//   constexpr asmgr_component kComponents[] = {
//       asmgr::sdk::component<MemoryStore>("memory", "Keeps everything in this process", kSchema)};
//   constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"org.example.memory", "Example", "1.0.0", "MIT"},
//   kComponents); }  // namespace extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept { return
//   &kPlugin; }
#pragma once

#include <asmgr/plugin.h>

#include <asmgr/cpp/artifacts.hpp>
#include <asmgr/cpp/blocking_provider.hpp>
#include <asmgr/cpp/event_sink.hpp>
#include <asmgr/cpp/instance.hpp>
#include <asmgr/cpp/policy.hpp>
#include <asmgr/cpp/provider.hpp>
#include <asmgr/cpp/store.hpp>
#include <asmgr/cpp/store_maintenance.hpp>
#include <asmgr/cpp/store_query.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace asmgr::sdk {

// Collects what is wrong with a configuration.
class Problems {
 public:
  explicit Problems(const asmgr_sink* sink) : sink_(sink) {}
  // `path` is a JSON pointer into the config ("/limits/max_total_tokens").
  void add(std::string_view path, std::string_view message) {
    sink_.push("{\"path\":" + json_quote(path) + ",\"message\":" + json_quote(message) + "}");
  }

 private:
  TextSink sink_;
};

// Who made the plugin file. `id` is reverse DNS, `version` semantic, `license` SPDX.
struct PluginInfo {
  std::string_view id;
  std::string_view vendor;
  std::string_view version;
  std::string_view license;
  std::string_view url = {};
  std::string_view build_id = {};
};

// The usual factory: T's constructor from Create.
template <typename T>
std::unique_ptr<T> make_instance(const Create& create) {
  return std::make_unique<T>(create);
}

// For components whose schema says everything.
inline void accept_config(const Host& host, std::string_view config, Problems& problems) {
  static_cast<void>(host), static_cast<void>(config), static_cast<void>(problems);
}

namespace detail {

template <typename T, typename Interface>
inline constexpr bool kOffers = std::is_base_of_v<Interface, T>;

template <typename T>
constexpr std::uint32_t kind_of() noexcept {
  constexpr int kPorts =
      kOffers<T, Store> + kOffers<T, Provider> + kOffers<T, Policy> + kOffers<T, Artifacts> + kOffers<T, EventSink>;
  static_assert(kPorts == 1,
                "a component derives from exactly one of Store, AsyncProvider, BlockingProvider, Policy, Artifacts, "
                "EventSink");
  if constexpr (kOffers<T, Store>) return ASMGR_KIND_STORE;
  if constexpr (kOffers<T, Provider>) return ASMGR_KIND_PROVIDER;
  if constexpr (kOffers<T, Policy>) return ASMGR_KIND_POLICY;
  if constexpr (kOffers<T, Artifacts>) return ASMGR_KIND_ARTIFACTS;
  return ASMGR_KIND_SINK;
}

template <typename T>
const void* store_interface(std::string_view id) noexcept {
  if (id == ASMGR_IFACE_STORE) return &kStoreTable<T>;
  if constexpr (kOffers<T, StoreChanges>)
    if (id == ASMGR_IFACE_STORE_CHANGES) return &kStoreChangesTable<T>;
  if constexpr (kOffers<T, StoreQuery>)
    if (id == ASMGR_IFACE_STORE_QUERY) return &kStoreQueryTable<T>;
  if constexpr (kOffers<T, StoreMaintenance>)
    if (id == ASMGR_IFACE_STORE_MAINTENANCE) return &kStoreMaintenanceTable<T>;
  return nullptr;
}

template <typename T>
const void* provider_interface(std::string_view id) noexcept {
  if constexpr (kOffers<T, BlockingProvider>) {
    static_assert(!kOffers<T, ProviderApproval>, "BlockingProvider answers approvals itself: use BlockingRun::ask");
    if (id == ASMGR_IFACE_PROVIDER) return &kBlockingProviderTable<T>;
    if (id == ASMGR_IFACE_PROVIDER_APPROVAL) return &kBlockingApprovalTable<T>;
  } else {
    static_assert(kOffers<T, AsyncProvider>, "a provider derives from AsyncProvider or BlockingProvider");
    if (id == ASMGR_IFACE_PROVIDER) return &kAsyncProviderTable<T>;
  }
  if constexpr (kOffers<T, ProviderFlow>)
    if (id == ASMGR_IFACE_PROVIDER_FLOW) return &kProviderFlowTable<T>;
  if constexpr (kOffers<T, ProviderSteer>)
    if (id == ASMGR_IFACE_PROVIDER_STEER) return &kProviderSteerTable<T>;
  if constexpr (kOffers<T, ProviderResume>)
    if (id == ASMGR_IFACE_PROVIDER_RESUME) return &kProviderResumeTable<T>;
  if constexpr (kOffers<T, ProviderApproval>)
    if (id == ASMGR_IFACE_PROVIDER_APPROVAL) return &kProviderApprovalTable<T>;
  return nullptr;
}

template <typename T, auto Factory, auto Validate>
struct ComponentEdge {
  static asmgr_status validate(const asmgr_host* host, asmgr_str config_json, const asmgr_sink* problems,
                               asmgr_error* error) noexcept {
    const Host wrapped(host);
    return guarded(wrapped, error, [&] {
      Problems found(problems);
      Validate(wrapped, view(config_json), found);
    });
  }

  static asmgr_status create(const asmgr_create* args, asmgr_instance** out, asmgr_error* error) noexcept {
    // Without a host there is nobody to tell why.
    if (args == nullptr || args->size < kFirstSize<asmgr_create> || out == nullptr || args->host == nullptr ||
        args->host->size < kFirstSize<asmgr_host>)
      return ASMGR_E_INVALID_INPUT;
    const Host host(args->host);
    return guarded(host, error, [&] {
      std::unique_ptr<T> object = Factory(Create{host, view(args->instance_name), view(args->config_json)});
      if (object == nullptr) throw StatusError(ASMGR_E_INTERNAL, "the component's factory returned nothing");
      auto instance = std::unique_ptr<Instance<T>>(new Instance<T>{host, std::move(object)});
      *out = static_cast<asmgr_instance*>(static_cast<void*>(instance.release()));
    });
  }

  static void destroy(asmgr_instance* self) noexcept {
    if (self == nullptr) return;
    const std::unique_ptr<Instance<T>> instance(&instance_of<T>(self));
    if constexpr (kOffers<T, BlockingProvider>) BlockingProviderEdge<T>::stop(*instance);
  }

  static const void* get_interface(const char* id) noexcept {
    if (id == nullptr) return nullptr;
    const std::string_view wanted(id);
    if constexpr (kOffers<T, Store>) return store_interface<T>(wanted);
    if constexpr (kOffers<T, Provider>) return provider_interface<T>(wanted);
    if constexpr (kOffers<T, Policy>) return wanted == ASMGR_IFACE_POLICY ? &kPolicyTable<T> : nullptr;
    if constexpr (kOffers<T, Artifacts>) return wanted == ASMGR_IFACE_ARTIFACTS ? &kArtifactsTable<T> : nullptr;
    if constexpr (kOffers<T, EventSink>) return wanted == ASMGR_IFACE_SINK ? &kEventSinkTable<T> : nullptr;
    return nullptr;
  }
};

}  // namespace detail

// Describes one component. T derives from one port (Store, AsyncProvider, BlockingProvider, Policy, Artifacts,
// EventSink) and from the facets it offers. `Factory` is a function (const Create&) -> std::unique_ptr<T>; it throws
// StatusError when it cannot. `Validate` is a function (const Host&, std::string_view config, Problems&) for what the
// schema cannot say; no I/O. `schema` is the JSON Schema of the config block (the subset of sdk/README.md).
// The texts must live for ever: literals.
template <typename T, auto Factory = &make_instance<T>, auto Validate = &accept_config>
constexpr asmgr_component component(std::string_view name, std::string_view summary, std::string_view schema) noexcept {
  using Edge = detail::ComponentEdge<T, Factory, Validate>;
  return asmgr_component{static_cast<std::uint32_t>(sizeof(asmgr_component)),
                         detail::kind_of<T>(),
                         to_abi(name),
                         to_abi(summary),
                         to_abi(schema),
                         &Edge::validate,
                         &Edge::create,
                         &Edge::destroy,
                         &Edge::get_interface};
}

// Describes the file. `components` must be static.
template <std::size_t N>
constexpr asmgr_plugin plugin(const PluginInfo& info, const asmgr_component (&components)[N],
                              std::uint32_t min_host_minor = 0) noexcept {
  return asmgr_plugin{static_cast<std::uint32_t>(sizeof(asmgr_plugin)),
                      ASMGR_ABI_MAJOR,
                      ASMGR_TARGET_MINOR,
                      min_host_minor,
                      to_abi(info.id),
                      to_abi(info.vendor),
                      to_abi(info.version),
                      to_abi(info.license),
                      to_abi(info.url),
                      to_abi(info.build_id),
                      asmgr_array{const_cast<asmgr_component*>(components), static_cast<std::uint32_t>(N),
                                  static_cast<std::uint32_t>(sizeof(asmgr_component))},
                      nullptr,
                      nullptr};
}

}  // namespace asmgr::sdk

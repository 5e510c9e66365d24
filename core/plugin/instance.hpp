// A component made into an instance: created, asked for its tables, destroyed.
#pragma once

#include <asmgr/abi/plugin.h>

#include <string>
#include <string_view>

#include "core/plugin/call.hpp"
#include "core/plugin/catalog.hpp"

namespace asmgr {

// Owns one asmgr_instance. Ends it when it goes, waiting for the plugin's threads within the limit; an instance that
// does not end in time is left behind. Must not outlive the catalogue.
class Instance {
 public:
  // Errors: plugin_load_failed with the plugin's own sentence and, in details.code, its code; config_invalid when the
  // plugin says that its configuration is wrong.
  [[nodiscard]] static Result<Instance> create(const ComponentRef& component, std::string_view name,
                                               std::string_view config_json);
  ~Instance();
  Instance(Instance&& other) noexcept;
  Instance& operator=(Instance&&) = delete;

  [[nodiscard]] asmgr_instance* get() const noexcept { return instance_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const ComponentRef& component() const noexcept { return component_; }
  [[nodiscard]] CallSite site(std::string_view function) const noexcept { return {name_, function}; }
  void log(LogLevel level, std::string_view message) const noexcept;

  // Null when the component does not offer it.
  template <typename Table>
  [[nodiscard]] const Table* find_table(const char* id) const noexcept {
    return static_cast<const Table*>(find_interface(id));
  }
  // plugin_load_failed: the component lacks an interface or a function of one that its kind must have.
  [[nodiscard]] Error lacks(std::string_view what) const;

 private:
  Instance(ComponentRef component, std::string name, asmgr_instance* instance)
      : component_(component), name_(std::move(name)), instance_(instance) {}
  [[nodiscard]] const void* find_interface(const char* id) const noexcept;

  ComponentRef component_;
  std::string name_;
  asmgr_instance* instance_;
};

// The names of the functions a table lacks; built by the adapters with ASMGR_HAS.
class MissingFunctions {
 public:
  void note(bool present, std::string_view name) {
    if (!present) names_.append(names_.empty() ? "" : ", ").append(name);
  }
  [[nodiscard]] const std::string& names() const noexcept { return names_; }

 private:
  std::string names_;
};

// What every describe and declare looks like.
using DescribeFunction = asmgr_status (*)(asmgr_instance*, const asmgr_sink*, asmgr_error*);
// The one JSON object it must push, as text. Errors: the plugin's own, plugin_misbehaved.
[[nodiscard]] Result<std::string> read_description(const Instance& instance, std::string_view function_name,
                                                   DescribeFunction function);
// The same as the first thing asked of a new instance: plugin_load_failed.
[[nodiscard]] Error bad_description(const Instance& instance, const Error& error);

}  // namespace asmgr

// A component without a file: tables of this process whose functions are whatever a test puts into them.
#pragma once

#include <asmgr/plugin.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/run.hpp"
#include "core/model/session.hpp"
#include "core/plugin/catalog.hpp"
#include "tests/core/plugin/recording_log.hpp"

namespace asmgr::test {

inline asmgr_str text(std::string_view view) {
  return {view.data(), view.size()};
}
inline std::string text(asmgr_str view) {
  return std::string(view.ptr, view.len);
}

template <typename Element>
std::int32_t push(const asmgr_sink* sink, std::vector<Element> elements) {
  const asmgr_array array{elements.data(), static_cast<std::uint32_t>(elements.size()), sizeof(Element)};
  return sink->push(sink->ctx, &array);
}
inline std::int32_t push_text(const asmgr_sink* sink, std::string_view view) {
  return push<asmgr_str>(sink, {text(view)});
}

// A loaded plugin with one component of `kind` called "fake". Its instances are the `Fake` given here, which has
// `static const void* table(std::string_view id)`.
template <typename Fake>
class FakeComponent {
 public:
  FakeComponent(ComponentKind kind, Fake& fake)
      : runtime_(std::make_unique<HostServices>("1.0", system_clock(), &log), PluginLimits{}),
        config_(std::to_string(reinterpret_cast<std::uintptr_t>(&fake))) {
    component_.size = sizeof component_;
    component_.kind = static_cast<std::uint32_t>(kind);
    component_.create = [](const asmgr_create* arguments, asmgr_instance** out, asmgr_error*) noexcept -> asmgr_status {
      *out = reinterpret_cast<asmgr_instance*>(std::strtoull(text(arguments->config_json).c_str(), nullptr, 10));
      return ASMGR_OK;
    };
    component_.destroy = [](asmgr_instance* instance) noexcept { reinterpret_cast<Fake*>(instance)->destroyed = true; };
    component_.get_interface = [](const char* id) noexcept -> const void* { return Fake::table(id); };
    PluginDescription description;
    description.components.push_back({kind, "fake", "", "{}", &component_});
    plugin_ = std::make_unique<LoadedPlugin>(PluginSubject{"fake", "/fake.asmgr.so"}, FileIdentity{}, "", abi_,
                                             std::move(description), runtime_);
  }

  [[nodiscard]] ComponentRef ref() { return {*plugin_, plugin_->description().components.front()}; }
  // What create must be given to find the fake.
  [[nodiscard]] const std::string& config() const { return config_; }

  RecordingLog log;

 private:
  asmgr_plugin abi_{};
  asmgr_component component_{};
  PluginRuntime runtime_;
  std::string config_;
  std::unique_ptr<LoadedPlugin> plugin_;
};

// Where table functions find their fake.
template <typename Fake>
Fake& fake_of(asmgr_instance* instance) {
  return *reinterpret_cast<Fake*>(instance);
}

// Fills an error as asmgr_host.set_error does.
inline asmgr_status fail(asmgr_error* error, asmgr_status code, std::string_view message, std::uint32_t flags = 0,
                         std::int64_t retry_after_ms = 0, std::string_view details = {}) {
  const HostServices host("1.0", system_clock(), nullptr);
  return host.table()->set_error(host.table()->ctx, error, code, flags, retry_after_ms, text(message), text(details));
}

inline Session a_session() {
  Session session;
  session.id = "ses_1";
  session.agent_id = "agent";
  session.tenant = "t";
  session.chain_id = "ses_1";
  session.status = SessionStatus::active;
  session.metadata["k"] = "v";
  session.version = 3;
  session.created_at.us = 10;
  return session;
}

inline Run a_run() {
  Run run;
  run.id = "run_1";
  run.session_id = "ses_1";
  run.status = RunStatus::running;
  run.input = boost::json::object{{"prompt", "hello"}};
  run.version = 2;
  run.created_at.us = 11;
  return run;
}

}  // namespace asmgr::test

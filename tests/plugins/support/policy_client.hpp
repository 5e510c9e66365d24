// A policy plugin as a host holds it: the built file, loaded, and asked through the C boundary.
#pragma once

#include <asmgr/plugin.h>
#include <dlfcn.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct asmgr_error {
  asmgr_status status = ASMGR_OK;
  std::string message;
};

namespace asmgr::testing {

inline asmgr_str to_abi(std::string_view text) {
  return asmgr_str{text.data(), text.size()};
}
inline std::string to_string(asmgr_str text) {
  return text.len == 0 ? std::string() : std::string(text.ptr, text.len);
}

// What a call into the plugin said went wrong.
class PolicyFailure : public std::runtime_error {
 public:
  PolicyFailure(asmgr_status code, const std::string& message) : std::runtime_error(message), status(code) {}
  asmgr_status status;
};

// Just enough of a host.
inline const asmgr_host* test_host() {
  static const asmgr_host host = [] {
    asmgr_host table{};
    table.size = sizeof(asmgr_host);
    table.log_enabled = [](void*, uint32_t) noexcept -> int32_t { return 0; };
    table.log = [](void*, uint32_t, asmgr_str, asmgr_str, asmgr_str) noexcept {};
    table.now_us = [](void*) noexcept -> int64_t { return 0; };
    table.mono_ns = [](void*) noexcept -> int64_t { return 0; };
    table.set_error = [](void*, asmgr_error* error, asmgr_status status, uint32_t, int64_t, asmgr_str message,
                         asmgr_str) noexcept -> asmgr_status {
      if (error != nullptr) {
        error->status = status;
        error->message = to_string(message);
      }
      return status;
    };
    table.metric = [](void*, uint32_t, asmgr_str, asmgr_str, asmgr_str) noexcept -> uint32_t { return 0; };
    table.metric_add = [](void*, uint32_t, double) noexcept {};
    table.cancelled = [](void*, const asmgr_cancel*) noexcept -> int32_t { return 0; };
    table.cancel_fd = [](void*, const asmgr_cancel*) noexcept -> int32_t { return -1; };
    table.wait = [](void*, const asmgr_cancel*, int64_t) noexcept -> int32_t { return 0; };
    table.extension = [](void*, const char*) noexcept -> const void* { return nullptr; };
    return table;
  }();
  return &host;
}

inline void check(asmgr_status status, const asmgr_error& error) {
  if (status != ASMGR_OK) throw PolicyFailure(status, error.message);
}

// Collects texts or holds that a plugin pushes.
struct TextCollector {
  std::vector<std::string> texts;
  asmgr_sink sink{sizeof(asmgr_sink), 0, this, [](void* ctx, const asmgr_array* items) noexcept -> int32_t {
                    for (uint32_t i = 0; i < items->count; ++i)
                      static_cast<TextCollector*>(ctx)->texts.push_back(to_string(*ASMGR_AT(asmgr_str, items, i)));
                    return 0;
                  }};
};
struct AskedHold {
  std::string counter;
  std::string metric;
  std::int64_t amount = 0;
  std::int64_t ceiling = 0;
  std::int64_t keep_until_us = 0;
};
struct HoldCollector {
  std::vector<AskedHold> holds;
  asmgr_sink sink{
      sizeof(asmgr_sink), 0, this, [](void* ctx, const asmgr_array* items) noexcept -> int32_t {
        for (uint32_t i = 0; i < items->count; ++i) {
          const asmgr_hold& hold = *ASMGR_AT(asmgr_hold, items, i);
          static_cast<HoldCollector*>(ctx)->holds.push_back(
              {to_string(hold.counter), to_string(hold.metric), hold.amount, hold.ceiling, hold.keep_until_us});
        }
        return 0;
      }};
};

struct Said {
  std::string rule;
  std::string message;
  boost::json::object details;
};

// An answer of the policy with everything it explained.
struct Answer {
  uint32_t action = ASMGR_ALLOW;
  std::vector<Said> violations;
  std::vector<AskedHold> holds;
};

class PolicyInstance;

// The loaded file.
class PolicyPlugin {
 public:
  explicit PolicyPlugin(const std::string& name) {
    const std::string file = std::string(ASMGR_PLUGIN_DIR) + "/" + name + ".asmgr.so";
    void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    const auto entry = reinterpret_cast<asmgr_plugin_entry_fn>(dlsym(library, ASMGR_ENTRY_SYMBOL));
    if (entry == nullptr) throw std::runtime_error(file + " has no entry");
    component_ = ASMGR_AT(asmgr_component, &entry()->components, 0);
    table_ = static_cast<const asmgr_policy*>(component_->get_interface(ASMGR_IFACE_POLICY));
    if (table_ == nullptr) throw std::runtime_error(file + " is no policy");
  }

  [[nodiscard]] const asmgr_component& component() const { return *component_; }
  [[nodiscard]] const asmgr_policy& table() const { return *table_; }
  [[nodiscard]] boost::json::object schema() const {
    return boost::json::parse(to_string(component_->config_schema)).as_object();
  }

  // "path: message" per problem.
  [[nodiscard]] std::vector<std::string> problems(std::string_view config) const {
    TextCollector found;
    asmgr_error error;
    check(component_->validate(test_host(), to_abi(config), &found.sink, &error), error);
    std::vector<std::string> out;
    for (const std::string& text : found.texts) {
      const boost::json::object problem = boost::json::parse(text).as_object();
      out.push_back(std::string(problem.at("path").as_string()) + ": " +
                    std::string(problem.at("message").as_string()));
    }
    return out;
  }

 private:
  const asmgr_component* component_ = nullptr;
  const asmgr_policy* table_ = nullptr;
};

// One run's state.
class PolicyState {
 public:
  PolicyState(const asmgr_policy& table, asmgr_instance* instance, std::string_view effective,
              const asmgr_session& session, std::string_view run_doc)
      : table_(table), instance_(instance) {
    asmgr_run run{};
    run.size = sizeof(run);
    run.doc = to_abi(run_doc);
    asmgr_error error;
    check(table_.begin(instance_, to_abi(effective), &session, &run, &run_, &error), error);
  }
  ~PolicyState() { table_.end(instance_, run_); }
  PolicyState(const PolicyState&) = delete;
  PolicyState& operator=(const PolicyState&) = delete;

  [[nodiscard]] Answer preflight(std::string_view estimate) {
    HoldCollector holds;
    Answer answer = ask([&](asmgr_decision* decision, asmgr_error* error) {
      return table_.preflight(instance_, run_, to_abi(estimate), decision, &holds.sink, error);
    });
    answer.holds = std::move(holds.holds);
    return answer;
  }
  [[nodiscard]] Answer review_tool(std::string_view call) {
    return ask([&](asmgr_decision* decision, asmgr_error* error) {
      return table_.review_tool(instance_, run_, to_abi(call), decision, error);
    });
  }
  [[nodiscard]] Answer observe(uint32_t type, std::string_view data, const asmgr_usage& usage) {
    asmgr_event event{};
    event.size = sizeof(event);
    event.schema = 1;
    event.type = type;
    event.data = to_abi(data);
    return ask([&](asmgr_decision* decision, asmgr_error* error) {
      return table_.observe(instance_, run_, &event, &usage, decision, error);
    });
  }

 private:
  template <typename Call>
  Answer ask(Call&& call) {
    Answer answer;
    asmgr_decision decision{};
    decision.size = sizeof(decision);
    decision.action = ASMGR_ALLOW;
    decision.ctx = &answer;
    decision.explain = [](void* ctx, asmgr_str rule, asmgr_str message, asmgr_str details) noexcept {
      const std::string text = to_string(details);
      static_cast<Answer*>(ctx)->violations.push_back(
          Said{to_string(rule), to_string(message), boost::json::parse(text.empty() ? "{}" : text).as_object()});
    };
    asmgr_error error;
    check(call(&decision, &error), error);
    answer.action = decision.action;
    return answer;
  }

  const asmgr_policy& table_;
  asmgr_instance* instance_;
  asmgr_policy_run* run_ = nullptr;
};

class PolicyInstance {
 public:
  PolicyInstance(const PolicyPlugin& plugin, std::string_view config, std::string_view name = "under_test",
                 const asmgr_host* host = test_host())
      : plugin_(plugin) {
    const asmgr_create create{sizeof(asmgr_create), 0, host, to_abi(name), to_abi(config)};
    asmgr_error error;
    check(plugin.component().create(&create, &instance_, &error), error);
  }
  ~PolicyInstance() { plugin_.component().destroy(instance_); }
  PolicyInstance(const PolicyInstance&) = delete;
  PolicyInstance& operator=(const PolicyInstance&) = delete;

  [[nodiscard]] boost::json::object declare() const {
    TextCollector out;
    asmgr_error error;
    check(plugin_.table().declare(instance_, &out.sink, &error), error);
    return boost::json::parse(out.texts.at(0)).as_object();
  }
  [[nodiscard]] boost::json::object compile(std::string_view effective, std::string_view describe) const {
    TextCollector out;
    asmgr_error error;
    check(plugin_.table().compile(instance_, to_abi(effective), to_abi(describe), &out.sink, &error), error);
    return boost::json::parse(out.texts.at(0)).as_object();
  }
  // As part of a stack of which `effective` is the combination; empty = alone. `run_doc` is the run's document.
  [[nodiscard]] std::unique_ptr<PolicyState> begin(std::string_view effective = {},
                                                   std::string_view run_doc = {}) const {
    asmgr_session session{};
    session.size = sizeof(session);
    return begin(effective, session, run_doc);
  }
  [[nodiscard]] std::unique_ptr<PolicyState> begin(std::string_view effective, const asmgr_session& session,
                                                   std::string_view run_doc = {}) const {
    const std::string own = boost::json::serialize(declare());
    return std::make_unique<PolicyState>(plugin_.table(), instance_, effective.empty() ? own : effective, session,
                                         run_doc);
  }

 private:
  const PolicyPlugin& plugin_;
  asmgr_instance* instance_ = nullptr;
};

inline asmgr_usage no_usage() {
  asmgr_usage usage{};
  usage.size = sizeof(usage);
  usage.cost_micro_usd = -1;
  return usage;
}

}  // namespace asmgr::testing

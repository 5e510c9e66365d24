#include "core/plugin/instance.hpp"

#include "core/plugin/collect.hpp"

namespace asmgr {
namespace {

// What create works on: shared, because a create that hangs keeps it.
struct Creation {
  std::string name;
  std::string config;
  asmgr_create arguments{};
  asmgr_error error;
  asmgr_instance* made = nullptr;
  asmgr_status status = ASMGR_OK;
};

Error create_failed(const ComponentRef& component, const Creation& creation) {
  const Error said = error_from_call({creation.name, "create"}, creation.status, creation.error);
  // Nothing is wrong with the plugin: what it keeps has another layout, and who asks for it may change that.
  if (said.code() == ErrorCode::migration_required) return said;
  const bool config = said.category() == ErrorCategory::validation || said.category() == ErrorCategory::configuration;
  Error error = load_error(
      config ? ErrorCode::config_invalid : ErrorCode::plugin_load_failed, component.plugin().subject(), said.message(),
      config ? "change the config block of '" + creation.name + "'" : "remove the cause and try again");
  boost::json::object details = error.details();
  details["instance"] = creation.name;
  details["code"] = code_name(said.code());
  details["cause"] = said.details();
  return std::move(error).with_details(std::move(details)).with_retryable(said.retryable());
}

}  // namespace

Result<Instance> Instance::create(const ComponentRef& component, std::string_view name, std::string_view config_json) {
  PluginRuntime& runtime = component.plugin().runtime();
  const auto creation = std::make_shared<Creation>();
  creation->name = name;
  creation->config = config_json;
  creation->arguments.size = sizeof(asmgr_create);
  creation->arguments.host = runtime.services->table();
  creation->arguments.instance_name = text_of(creation->name);
  creation->arguments.config_json = text_of(creation->config);
  const asmgr_component* abi = component.info().abi;
  const bool back = runtime.init_thread.run(
      [creation, abi] {
        creation->status = call(creation->error, abi->create, &creation->arguments, &creation->made, &creation->error);
      },
      runtime.limits.create);
  const PluginSubject& subject = component.plugin().subject();
  if (!back) {
    return load_error(ErrorCode::plugin_load_failed, subject,
                      "creating '" + std::string(name) + "' did not return within " +
                          std::to_string(runtime.limits.create.count()) + " ms",
                      "check what it connects to, and tell the plugin's author: create must not wait for the network");
  }
  if (creation->status != ASMGR_OK) return create_failed(component, *creation);
  if (creation->made == nullptr) {
    return load_error(ErrorCode::plugin_load_failed, subject,
                      "creating '" + std::string(name) + "' answered OK and gave no instance",
                      "tell the plugin's author");
  }
  component.plugin().instance_made();
  return Instance(component, std::string(name), creation->made);
}

Instance::Instance(Instance&& other) noexcept
    : component_(other.component_), name_(std::move(other.name_)), instance_(std::exchange(other.instance_, nullptr)) {}

Instance::~Instance() {
  if (instance_ == nullptr) return;
  LoadedPlugin& plugin = component_.plugin();
  const asmgr_component* abi = component_.info().abi;
  const bool back = plugin.runtime().init_thread.run([abi, instance = instance_] { call_void(abi->destroy, instance); },
                                                     plugin.runtime().limits.destroy);
  if (back) {
    plugin.instance_ended();
  } else {
    log(LogLevel::error, "its destroy did not return in time; left behind");
  }
}

void Instance::log(LogLevel level, std::string_view message) const noexcept {
  component_.plugin().runtime().services->log(level, name_, message);
}

const void* Instance::find_interface(const char* id) const noexcept {
  try {
    const void* (*may_throw)(const char*) = component_.info().abi->get_interface;
    return may_throw(id);
  } catch (...) {
    return nullptr;
  }
}

Error Instance::lacks(std::string_view what) const {
  return load_error(
      ErrorCode::plugin_load_failed, component_.plugin().subject(),
      std::string(kind_name(component_.kind())) + " '" + component_.name() + "' lacks " + std::string(what),
      "tell the plugin's author");
}

Result<std::string> read_description(const Instance& instance, std::string_view function_name,
                                     DescribeFunction function) {
  const CallSite site = instance.site(function_name);
  TextCollector texts;
  asmgr_error error;
  const asmgr_status status = call(error, function, instance.get(), texts.sink(), &error);
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  if (!texts.problem().empty()) return misbehaviour(site, texts.problem());
  if (texts.texts().size() != 1) {
    return misbehaviour(site, "it pushed " + std::to_string(texts.texts().size()) + " texts instead of one");
  }
  std::string text = std::move(texts.texts().front());
  if (const std::string problem = problem_with_object(text_of(text), "description"); !problem.empty()) {
    return misbehaviour(site, problem);
  }
  if (text.empty()) return misbehaviour(site, "its description is empty");
  return text;
}

Error bad_description(const Instance& instance, const Error& error) {
  return load_error(ErrorCode::plugin_load_failed, instance.component().plugin().subject(), error.message(),
                    "tell the plugin's author");
}

}  // namespace asmgr

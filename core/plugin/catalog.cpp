#include "core/plugin/catalog.hpp"

#include <algorithm>

#include "core/plugin/abi_text.hpp"
#include "core/plugin/call.hpp"
#include "core/plugin/collect.hpp"
#include "core/plugin/inspection.hpp"
#include "core/plugin/library.hpp"
#include "core/ports/leave_behind.hpp"

namespace asmgr {

PluginCatalog::PluginCatalog(PluginSearchPath path, TrustRules trust, std::unique_ptr<HostServices> services,
                             PluginLimits limits)
    : path_(std::move(path)),
      trust_(std::move(trust)),
      runtime_(std::make_unique<PluginRuntime>(std::move(services), limits)) {}

PluginCatalog::~PluginCatalog() {
  bool all_ended = true;
  for (auto plugin = plugins_.rbegin(); plugin != plugins_.rend(); ++plugin) {
    (*plugin)->deinit();
    all_ended = all_ended && (*plugin)->instances_ == 0;
  }
  if (all_ended && !runtime_->init_thread.left_one_behind()) return;
  // A plugin is still somewhere inside and may look at any of this.
  for (auto& plugin : plugins_) leave_behind(std::move(plugin));
  leave_behind(std::move(runtime_));
}

void PluginCatalog::set_trust(TrustRules trust) {
  const std::lock_guard lock(mutex_);
  trust_ = std::move(trust);
}

void PluginCatalog::set_search_path(PluginSearchPath path) {
  const std::lock_guard lock(mutex_);
  path_ = std::move(path);
}

std::vector<const LoadedPlugin*> PluginCatalog::loaded() const {
  const std::lock_guard lock(mutex_);
  std::vector<const LoadedPlugin*> all;
  for (const auto& plugin : plugins_) {
    if (!plugin->failed_) all.push_back(plugin.get());
  }
  return all;
}

Result<ComponentRef> PluginCatalog::open(std::string_view value, ComponentKind kind) {
  Result<PluginReference> reference = parse_plugin_reference(value);
  if (!reference) return reference.error();
  Result<LoadedPlugin*> plugin = open_file(*reference);
  if (!plugin) return plugin.error();
  return pick_component(**plugin, kind, reference->component);
}

Result<LoadedPlugin*> PluginCatalog::open_file(const PluginReference& reference) {
  // Held while the plugin's init runs too: no plugin has a way back into the catalogue.
  const std::lock_guard lock(mutex_);
  if (reference.is_path) return load({plugin_name_of(reference.file), reference.file});
  const Result<std::filesystem::path> file = path_.find(reference.file);
  if (!file) return file.error();
  return load({reference.file, *file});
}

Result<LoadedPlugin*> PluginCatalog::load(const PluginSubject& given) {
  Result<TrustedFile> file = read_trusted_file(given, trust_);
  if (!file) return file.error();
  const PluginSubject subject{given.name, file->file};
  for (const auto& plugin : plugins_) {
    if (plugin->file() != subject.file || plugin->identity() != file->identity) continue;
    if (plugin->failed_) return *plugin->failed_;
    return plugin.get();
  }
  const LoadFrom from = file->sha256.empty() ? way_to_load(subject.file, file->identity) : LoadFrom::sealed_memory;
  const Result<const asmgr_plugin*> abi = load_library(subject, *file, from);
  if (!abi) return abi.error();
  Result<PluginDescription> description = agree(subject, **abi);
  if (!description) return description.error();
  plugins_.push_back(std::make_unique<LoadedPlugin>(subject, file->identity, std::move(file->sha256), **abi,
                                                    std::move(*description), *runtime_));
  LoadedPlugin& plugin = *plugins_.back();
  if (Result<void> ready = plugin.init(); !ready) {
    plugin.failed_ = ready.error();
    return ready.error();
  }
  return &plugin;
}

// The loader knows libraries by path and by inode: where it knows either it gives the old library, also one that this
// catalogue has refused.
LoadFrom PluginCatalog::way_to_load(const std::filesystem::path& file, const FileIdentity& identity) {
  const auto known = given_to_loader_.find(file);
  if (known != given_to_loader_.end()) return known->second == identity ? LoadFrom::path : LoadFrom::sealed_memory;
  for (const auto& [path, other] : given_to_loader_) {
    if (other.device == identity.device && other.inode == identity.inode) return LoadFrom::sealed_memory;
  }
  given_to_loader_.emplace(file, identity);
  return LoadFrom::path;
}

LoadedPlugin::LoadedPlugin(PluginSubject subject, FileIdentity identity, std::string sha256, const asmgr_plugin& abi,
                           PluginDescription description, PluginRuntime& runtime)
    : subject_(std::move(subject)),
      identity_(identity),
      sha256_(std::move(sha256)),
      abi_(abi),
      description_(std::move(description)),
      runtime_(runtime) {}

Result<void> LoadedPlugin::init() {
  if (!ASMGR_HAS(&abi_, init)) return {};
  struct Call {
    asmgr_error error;
    asmgr_status status = ASMGR_OK;
  };
  const auto made = std::make_shared<Call>();
  const bool back = runtime_.init_thread.run(
      [made, &abi = abi_, host = runtime_.services->table()] {
        made->status = call(made->error, abi.init, host, &made->error);
      },
      runtime_.limits.init);
  if (!back) {
    return load_error(ErrorCode::plugin_load_failed, subject_,
                      "its init did not return within " + std::to_string(runtime_.limits.init.count()) + " ms",
                      "restart the host before trying it again, and tell the plugin's author");
  }
  if (made->status == ASMGR_OK) return {};
  const Error said = error_from_call({subject_.name, "init"}, made->status, made->error);
  return load_error(ErrorCode::plugin_load_failed, subject_, said.message(),
                    said.code() == ErrorCode::plugin_misbehaved ? "tell the plugin's author"
                                                                : "remove the cause and start again")
      .with_detail("code", boost::json::value(code_name(said.code())));
}

void LoadedPlugin::deinit() {
  if (failed_ || !ASMGR_HAS(&abi_, deinit)) return;
  if (instances_ != 0) {
    runtime_.services->log(LogLevel::error, name(),
                           "not shut down: " + std::to_string(instances_) + " of its instances are still alive");
    return;
  }
  const bool back = runtime_.init_thread.run([&abi = abi_] { call_void(abi.deinit); }, runtime_.limits.deinit);
  if (!back) runtime_.services->log(LogLevel::error, name(), "its deinit did not return in time; left behind");
}

boost::json::object LoadedPlugin::describe() const {
  return description_json(subject_, sha256_, description_);
}

namespace {

// "store 'a', provider 'b'"
std::string what_it_has(const LoadedPlugin& plugin) {
  std::string text;
  for (const ComponentInfo& info : plugin.description().components) {
    if (!text.empty()) text += ", ";
    text.append(kind_name(info.kind)).append(" '").append(info.name).append("'");
  }
  return text;
}

Error no_component(const LoadedPlugin& plugin, const std::string& why, const std::string& what_to_do) {
  return load_error(ErrorCode::config_invalid, plugin.subject(), why, what_to_do);
}

}  // namespace

Result<ComponentRef> pick_component(LoadedPlugin& plugin, ComponentKind kind, std::string_view wanted) {
  std::vector<const ComponentInfo*> of_kind;
  for (const ComponentInfo& info : plugin.description().components) {
    if (info.kind == kind) of_kind.push_back(&info);
  }
  const std::string kind_text(kind_name(kind));
  if (of_kind.empty()) {
    return no_component(plugin, "it has no component of kind " + kind_text + ", only " + what_it_has(plugin),
                        "name another plugin, or move the entry to the section it belongs to");
  }
  const std::string_view preferred = wanted.empty() ? std::string_view(plugin.name()) : wanted;
  for (const ComponentInfo* info : of_kind) {
    if (info->name == preferred) return ComponentRef(plugin, *info);
  }
  if (wanted.empty() && of_kind.size() == 1) return ComponentRef(plugin, *of_kind.front());

  std::vector<std::string> names;
  for (const ComponentInfo* info : of_kind) names.push_back(info->name);
  if (!wanted.empty()) {
    return no_component(plugin, "it has no component of kind " + kind_text + " called '" + std::string(wanted) + "'",
                        "it has " + quoted_list(names, "and"));
  }
  return no_component(plugin,
                      "it has several components of kind " + kind_text + " and none is called '" + plugin.name() + "'",
                      "write " + plugin.name() + "/NAME with one of " + quoted_list(names, "or"));
}

Result<std::vector<ConfigProblem>> ComponentRef::validate(std::string_view instance,
                                                          std::string_view config_json) const {
  const asmgr_component* abi = info_->abi;
  std::vector<ConfigProblem> problems;
  if (!ASMGR_HAS(abi, validate)) return problems;
  const CallSite site{instance, "validate"};
  TextCollector texts;
  asmgr_error error;
  const asmgr_status status =
      call(error, abi->validate, plugin_->runtime().services->table(), text_of(config_json), texts.sink(), &error);
  if (status != ASMGR_OK && texts.texts().empty()) return error_from_call(site, status, error);
  if (!texts.problem().empty()) return misbehaviour(site, texts.problem());
  for (const std::string& text : texts.texts()) {
    Result<boost::json::object> json = parse_json_object(text, "a problem that validate pushed");
    if (!json) return misbehaviour(site, json.error().message());
    problems.push_back(
        {std::string(find_string(*json, "path").value_or("")),
         std::string(find_string(*json, "message").value_or(default_message(ErrorCode::config_invalid)))});
  }
  return problems;
}

}  // namespace asmgr

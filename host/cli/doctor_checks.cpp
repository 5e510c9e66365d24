#include "host/cli/doctor_checks.hpp"

#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/model/json.hpp"
#include "host/cli/plugin_places.hpp"

namespace asmgr::cli {
namespace {

namespace fs = std::filesystem;

// linux/magic.h and the file systems that have no entry there.
struct FileSystemName {
  long magic;
  const char* name;
  bool network;
};
constexpr FileSystemName kFileSystems[] = {
    {0xEF53, "ext4", false},          {0x58465342, "xfs", false},  {0x9123683E, "btrfs", false},
    {0x2FC12FC1, "zfs", false},       {0xF2F52010, "f2fs", false}, {0x01021994, "tmpfs", false},
    {0x794C7630, "overlayfs", false}, {0x6969, "nfs", true},       {0xFF534D42, "cifs", true},
    {0xFE534D42, "smb2", true},       {0x65735546, "fuse", true},  {0x01021997, "9p", true},
    {0x00C36400, "ceph", true},
};

const FileSystemName* file_system_of(const fs::path& place) {
  struct statfs info {};
  if (::statfs(place.c_str(), &info) != 0) return nullptr;
  // The kernel's type is signed on some machines, the constants are not.
  const auto magic = static_cast<long>(static_cast<std::uint32_t>(info.f_type));
  const auto* found = std::find_if(std::begin(kFileSystems), std::end(kFileSystems),
                                   [&](const auto& one) { return one.magic == magic; });
  return found == std::end(kFileSystems) ? nullptr : found;
}

// The text of a key of an instance's `config:`; empty when it is not there or no scalar.
std::string config_text(const Place& place, std::string_view key) {
  if (place.config == nullptr) return {};
  const ConfigNode* node = place.config->find(key);
  if (node == nullptr) return {};
  if (node->is_list() && !node->items.empty() && node->items.front().is_scalar()) return node->items.front().text;
  return node->is_scalar() ? node->text : std::string();
}

fs::path resolved(const Deployment& deployment, const std::string& path) {
  const fs::path folder = deployment.file().empty() ? fs::path() : fs::path(deployment.file()).parent_path();
  return fs::path(path).is_absolute() ? fs::path(path) : folder / path;
}

Finding check_store_file(const fs::path& file, Finding finding) {
  const fs::path folder = file.parent_path().empty() ? fs::path(".") : file.parent_path();
  const FileSystemName* system = file_system_of(folder);
  finding.detail += ", " + file.string() + " on " + (system == nullptr ? "an unknown file system" : system->name);
  if (system != nullptr && system->network) {
    finding.health = Health::warning;
    finding.todo = "move it to a local disk: locks of a database do not hold over a network file system";
  }
  const bool writable = ::access(folder.c_str(), W_OK) == 0 && (!fs::exists(file) || ::access(file.c_str(), W_OK) == 0);
  if (!writable) {
    finding.health = Health::failure;
    finding.todo = "give this user the right to write " + file.string() + " and its folder, or name another path";
  }
  return finding;
}

std::set<std::string> plugins_named(const DeploymentSpec& spec) {
  std::set<std::string> names;
  const auto add = [&](const auto& section) {
    for (const auto& [name, component] : section) names.insert(component.plugin.substr(0, component.plugin.find('/')));
  };
  add(spec.stores);
  add(spec.providers);
  add(spec.policies);
  add(spec.artifacts);
  return names;
}

}  // namespace

std::string_view health_name(Health health) noexcept {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warning:
      return "warning";
    case Health::failure:
      break;
  }
  return "failure";
}

boost::json::object to_json(const Finding& finding) {
  boost::json::object json;
  json["area"] = finding.area;
  json["name"] = finding.name;
  json["health"] = health_name(finding.health);
  json["detail"] = finding.detail;
  json["todo"] = finding.todo.empty() ? boost::json::value(nullptr) : boost::json::value(finding.todo);
  if (!finding.facts.empty()) json["facts"] = finding.facts;
  return json;
}

void check_plugins(const Invocation& invocation, const DeploymentSpec* spec, Findings& findings) {
  const auto places = find_plugin_places(invocation);
  if (places.has_error()) return;  // said by the check of the configuration
  const auto named = spec == nullptr ? std::set<std::string>() : plugins_named(*spec);
  const auto plugins = inspect_all(plugin_inspector(places->trust), places->path);
  for (const auto& plugin : plugins) {
    Finding finding{"plugin", std::string(find_string(plugin, "name").value_or("?")), Health::ok, {}, {}};
    finding.detail = std::string(find_string(plugin, "file").value_or(""));
    if (const auto* error = find_object(plugin, "error")) {
      finding.health = named.count(finding.name) > 0 ? Health::failure : Health::warning;
      finding.detail = std::string(find_string(*error, "message").value_or(""));
      finding.todo = "put a file in its place that was built for this version, or take it away";
    }
    findings.push_back(std::move(finding));
  }
  if (!plugins.empty()) return;
  findings.push_back({"plugin", "search path", Health::failure, "no plugin file was found",
                      "name the folder with plugins.search_path or ASMGR_PLUGIN_PATH"});
}

void check_stores(const Deployment& deployment, Findings& findings) {
  for (const auto& [name, store] : deployment.wiring().stores) {
    const StoreInfo& info = store->info();
    Finding finding{"store", name, Health::ok, info.durable ? "opens, durable" : "opens, not durable", {}};
    if (!info.durable) {
      finding.health = Health::warning;
      finding.todo = "what it holds ends with the process; use a durable store for anything to be kept";
    }
    SessionQuery query;
    query.limit = 1;
    if (const auto read = store->list_sessions(query); read.has_error()) {
      finding.health = Health::failure;
      finding.detail = read.error().message();
      finding.todo = hint_for(read.error());
    } else if (const auto spec = deployment.spec().stores.find(name); spec != deployment.spec().stores.end()) {
      const std::string path = config_text(spec->second.place, "path");
      if (!path.empty()) finding = check_store_file(resolved(deployment, path), std::move(finding));
    }
    findings.push_back(std::move(finding));
  }
}

void check_ownership(const Deployment& deployment, SessionManager& manager, Findings& findings) {
  for (const auto& [name, store] : deployment.wiring().stores) {
    const auto hosts = store->hosts();
    if (hosts.has_error()) continue;  // said by the check of the store
    const auto dead = std::count_if(hosts->begin(), hosts->end(), [](const HostRow& host) { return !host.alive; });
    findings.push_back({"store",
                        name,
                        Health::ok,
                        std::to_string(hosts->size() - static_cast<std::size_t>(dead)) + " hosts alive, " +
                            std::to_string(dead) + " gone",
                        {}});
  }
  ListSessionsOptions options;
  options.limit = 1000;
  options.statuses = {SessionStatus::pending, SessionStatus::active, SessionStatus::paused};
  const auto sessions = manager.list_sessions(options);
  if (sessions.has_error()) {
    findings.push_back(
        {"sessions", "open ones", Health::failure, sessions.error().message(), hint_for(sessions.error())});
    return;
  }
  for (const auto& listed : *sessions) {
    if (!listed.owner_gone) continue;
    findings.push_back({"sessions", listed.session.id, Health::warning, "has a running run whose host is gone",
                        "`asmgr session show " + listed.session.id + "` recovers it"});
  }
  findings.push_back({"sessions", "open ones", Health::ok, std::to_string(sessions->size()) + " not ended", {}});
}

}  // namespace asmgr::cli

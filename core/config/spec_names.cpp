#include "core/config/spec_names.hpp"

#include <algorithm>
#include <set>

#include "core/config/suggest.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kMaxNameLength = 64;

void report(Diagnostics& diagnostics, Position where, std::string path, std::string message, std::string suggestion) {
  Diagnostic diagnostic;
  diagnostic.position = where;
  diagnostic.path = std::move(path);
  diagnostic.message = std::move(message);
  diagnostic.suggestion = std::move(suggestion);
  diagnostics.push_back(std::move(diagnostic));
}

std::string as_instance_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || c == '_' || c == '-' || (c >= '0' && c <= '9' && !out.empty())) {
      out += c;
    } else if (!out.empty()) {
      out += '_';
    }
  }
  return out;
}

std::vector<std::string> keys_of(const ConfigNode* section) {
  std::vector<std::string> names;
  if (section == nullptr) return names;
  for (const ConfigMember& member : section->members) names.push_back(member.key);
  return names;
}

// Checks scalars that name an entry of a section.
class References {
 public:
  References(const ConfigTree& tree, Diagnostics& diagnostics) : tree_(tree), diagnostics_(diagnostics) {}

  void check(const ConfigNode* node, const std::string& path, std::string_view section, std::string_view noun) {
    if (node == nullptr || !node->is_scalar() || node->null || node->text.empty() || !node->problem.empty()) return;
    const ConfigNode* entries = tree_.root.find(section);
    if (entries != nullptr && entries->find(node->text) != nullptr) return;
    const std::vector<std::string> known = keys_of(entries);
    std::string suggestion = suggest(node->text, known);
    if (known.empty()) suggestion = "define it below '" + std::string(section) + "'";
    report(diagnostics_, node->position, path, "'" + node->text + "' is not a " + std::string(noun) + " of this file",
           std::move(suggestion));
  }

  void check_list(const ConfigNode* list, const std::string& path, std::string_view section, std::string_view noun) {
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->items.size(); ++i) check(&list->items[i], path_join(path, i), section, noun);
  }

 private:
  const ConfigTree& tree_;
  Diagnostics& diagnostics_;
};

void check_pipeline(const ConfigMember& entry, References& references) {
  const std::string path = path_join("pipelines", entry.key);
  const ConfigNode& node = entry.value;
  references.check(node.find("store"), path_join(path, "store"), "stores", "store");
  references.check(node.find("provider"), path_join(path, "provider"), "providers", "provider");
  references.check(node.find("artifacts"), path_join(path, "artifacts"), "artifacts", "store of artifacts");
  references.check_list(node.find("policies"), path_join(path, "policies"), "policies", "policy");
  const ConfigNode* tools = node.find("tools");
  if (tools == nullptr) return;
  references.check_list(tools->find("servers"), path + ".tools.servers", "mcp", "tool server");
}

// An archive in the store itself would keep nothing.
void check_archive(const ConfigMember& entry, References& references, Diagnostics& diagnostics) {
  const ConfigNode* retention = entry.value.find("retention");
  const ConfigNode* archive = retention == nullptr ? nullptr : retention->find("archive");
  const ConfigNode* store = archive == nullptr ? nullptr : archive->find("store");
  const std::string path = path_join("stores", entry.key) + ".retention.archive.store";
  references.check(store, path, "stores", "store");
  if (store == nullptr || !store->is_scalar() || store->text != entry.key) return;
  report(diagnostics, store->position, path, "is the store itself", "name another store, or a folder");
}

void check_route_targets(const ConfigMember& entry, References& references) {
  const ConfigNode* route = entry.value.find("route");
  const ConfigNode* targets = route == nullptr ? nullptr : route->find("targets");
  if (targets == nullptr) return;
  const std::string path = path_join("providers", entry.key) + ".route.targets";
  for (std::size_t i = 0; i < targets->items.size(); ++i) {
    references.check(targets->items[i].find("provider"), path_join(path, i) + ".provider", "providers", "provider");
  }
}

bool comes_back(const DeploymentSpec& spec, const std::string& start, const std::string& at,
                std::set<std::string>& seen) {
  const auto found = spec.providers.find(at);
  if (found == spec.providers.end() || !found->second.route) return false;
  return std::any_of(found->second.route->targets.begin(), found->second.route->targets.end(),
                     [&](const RouteTarget& target) {
                       if (target.provider == start) return true;
                       return seen.insert(target.provider).second && comes_back(spec, start, target.provider, seen);
                     });
}

}  // namespace

bool is_instance_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMaxNameLength || name[0] < 'a' || name[0] > 'z') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

void check_names(const ConfigTree& tree, Diagnostics& diagnostics) {
  for (const std::string_view section : {"stores", "artifacts", "providers", "policies", "pipelines", "mcp"}) {
    const ConfigNode* entries = tree.root.find(section);
    if (entries == nullptr) continue;
    for (const ConfigMember& entry : entries->members) {
      if (is_instance_name(entry.key)) continue;
      const std::string better = as_instance_name(entry.key);
      report(diagnostics, entry.key_position, path_join(section, entry.key),
             "a name begins with a-z and goes on with a-z, 0-9, '_' and '-', at most 64 of them",
             is_instance_name(better) ? "for example '" + better + "'" : "");
    }
  }
}

void check_references(const ConfigTree& tree, const DeploymentSpec& spec, Diagnostics& diagnostics) {
  References references(tree, diagnostics);
  if (const ConfigNode* pipelines = tree.root.find("pipelines")) {
    for (const ConfigMember& entry : pipelines->members) check_pipeline(entry, references);
  }
  if (const ConfigNode* stores = tree.root.find("stores")) {
    for (const ConfigMember& entry : stores->members) check_archive(entry, references, diagnostics);
  }
  const ConfigNode* providers = tree.root.find("providers");
  if (providers == nullptr) return;
  for (const ConfigMember& entry : providers->members) {
    check_route_targets(entry, references);
    std::set<std::string> seen;
    if (comes_back(spec, entry.key, entry.key, seen)) {
      report(diagnostics, entry.value.find("route")->position, path_join("providers", entry.key) + ".route",
             "the route leads back to itself", "remove the target that closes the circle");
    }
  }
}

void check_selection(const ConfigTree& tree, const DeploymentSpec& spec, const Selection& selection,
                     Diagnostics& diagnostics) {
  const auto check = [&](const std::string& name, std::string_view section, std::string_view noun, bool known) {
    if (name.empty() || known) return;
    const ConfigMember* member = tree.root.find_member(section);
    std::string suggestion = suggest(name, keys_of(member == nullptr ? nullptr : &member->value));
    report(diagnostics, member == nullptr ? tree.root.position : member->key_position, std::string(section),
           "'" + name + "' is not a " + std::string(noun) + " of this file", std::move(suggestion));
  };
  check(selection.pipeline, "pipelines", "pipeline", spec.pipelines.contains(selection.pipeline));
  const bool needs_default = selection.scope == Selection::Scope::one_pipeline && selection.pipeline.empty();
  if (needs_default && spec.default_pipeline.empty() && spec.pipelines.size() > 1) {
    check("default", "pipelines", "pipeline", false);
  }
  check(selection.provider, "providers", "provider", spec.providers.contains(selection.provider));
  for (const std::string& name : selection.store_names) check(name, "stores", "store", spec.stores.contains(name));
}

}  // namespace asmgr

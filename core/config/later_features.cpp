#include "core/config/later_features.hpp"

#include <algorithm>
#include <array>

namespace asmgr {
namespace {

using Uses = bool (*)(const ConfigNode& value);

bool is_process(const ConfigNode& value) {
  return value.text == "process";
}

struct LaterFeature {
  std::string_view where;  // keys with dots between them; * is any key or item
  Uses uses;
  std::string_view feature;
  std::string_view instead;
};

constexpr std::array kLaterFeatures{
    LaterFeature{"stores.*.isolation", is_process, "a plugin in a process of its own", "remove 'isolation'"},
    LaterFeature{"artifacts.*.isolation", is_process, "a plugin in a process of its own", "remove 'isolation'"},
    LaterFeature{"providers.*.isolation", is_process, "a plugin in a process of its own", "remove 'isolation'"},
    LaterFeature{"policies.*.isolation", is_process, "a plugin in a process of its own", "remove 'isolation'"},
};

// The names of a section that count; null = all of them.
const std::vector<std::string>* reached_names(std::string_view section, const Reach& reach) {
  if (section == "stores") return &reach.stores;
  if (section == "artifacts") return &reach.artifacts;
  if (section == "providers") return &reach.providers;
  if (section == "policies") return &reach.policies;
  if (section == "pipelines") return &reach.pipelines;
  return nullptr;
}

class Search {
 public:
  Search(const LaterFeature& feature, const Reach& reach, Diagnostics& diagnostics)
      : feature_(feature), reach_(reach), diagnostics_(diagnostics) {}

  void look(const ConfigNode& node, std::string_view rest, const std::string& path, std::size_t depth) {
    if (rest.empty()) {
      if (feature_.uses(node)) report(node, path);
      return;
    }
    const std::size_t dot = rest.find('.');
    const std::string_view step = rest.substr(0, dot);
    const std::string_view after = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    for (const ConfigMember& member : node.members) {
      if (step != "*" && member.key != step) continue;
      if (depth == 1 && !is_reached(path, member.key)) continue;
      look(member.value, after, path_join(path, member.key), depth + 1);
    }
    if (step != "*") return;
    for (std::size_t i = 0; i < node.items.size(); ++i) look(node.items[i], after, path_join(path, i), depth + 1);
  }

 private:
  [[nodiscard]] bool is_reached(std::string_view section, const std::string& name) const {
    const std::vector<std::string>* names = reached_names(section, reach_);
    return names == nullptr || std::find(names->begin(), names->end(), name) != names->end();
  }

  void report(const ConfigNode& node, const std::string& path) {
    Diagnostic diagnostic;
    diagnostic.position = node.position;
    diagnostic.path = path;
    diagnostic.message = "not part of this version: " + std::string(feature_.feature) + " (capability_not_supported)";
    diagnostic.suggestion = feature_.instead;
    diagnostic.code = ErrorCode::capability_not_supported;
    diagnostics_.push_back(std::move(diagnostic));
  }

  const LaterFeature& feature_;
  const Reach& reach_;
  Diagnostics& diagnostics_;
};

}  // namespace

void refuse_later_features(const ConfigTree& tree, const Reach& reach, Diagnostics& diagnostics) {
  for (const LaterFeature& feature : kLaterFeatures) {
    Search(feature, reach, diagnostics).look(tree.root, feature.where, "", 0);
  }
}

}  // namespace asmgr

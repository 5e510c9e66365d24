#include "core/config/unresolved.hpp"

#include <algorithm>

namespace asmgr {
namespace {

void report_below(const ConfigNode& node, const std::string& path, Diagnostics& diagnostics) {
  if (!node.problem.empty()) {
    Diagnostic diagnostic;
    diagnostic.position = node.position;
    diagnostic.path = path;
    diagnostic.message = node.problem;
    diagnostic.suggestion = node.problem_hint;
    diagnostics.push_back(std::move(diagnostic));
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) report_below(node.items[i], path_join(path, i), diagnostics);
  for (const ConfigMember& member : node.members) {
    report_below(member.value, path_join(path, member.key), diagnostics);
  }
}

void report_entries(const ConfigMember& section, const std::vector<std::string>& reached, Diagnostics& diagnostics) {
  for (const ConfigMember& entry : section.value.members) {
    if (std::find(reached.begin(), reached.end(), entry.key) == reached.end()) continue;
    const std::string path = path_join(section.key, entry.key);
    for (const ConfigMember& member : entry.value.members) {
      if (member.key != "config") report_below(member.value, path_join(path, member.key), diagnostics);
    }
  }
}

}  // namespace

void report_unresolved(const ConfigTree& tree, const Reach& reach, Diagnostics& diagnostics) {
  for (const ConfigMember& section : tree.root.members) {
    if (section.key == "stores") {
      report_entries(section, reach.stores, diagnostics);
    } else if (section.key == "artifacts") {
      report_entries(section, reach.artifacts, diagnostics);
    } else if (section.key == "providers") {
      report_entries(section, reach.providers, diagnostics);
    } else if (section.key == "policies") {
      report_entries(section, reach.policies, diagnostics);
    } else if (section.key == "pipelines") {
      report_entries(section, reach.pipelines, diagnostics);
    } else if (section.key != "mcp") {
      report_below(section.value, section.key, diagnostics);
    }
  }
}

}  // namespace asmgr

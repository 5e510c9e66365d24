#include "core/config/file_reader.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "core/config/read_file.hpp"
#include "core/config/setting.hpp"
#include "core/config/substitution.hpp"
#include "core/config/yaml_reader.hpp"

namespace asmgr {
namespace {

std::string directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

// The same file by whatever name, so that a cycle is seen.
std::string identity_of(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(path, ignored);
  return ignored ? path : canonical.string();
}

void merge(ConfigNode& base, ConfigNode&& overlay) {
  if (!base.is_map() || !overlay.is_map()) {
    base = std::move(overlay);
    return;
  }
  base.position = overlay.position;
  for (ConfigMember& member : overlay.members) {
    if (ConfigMember* existing = base.find_member(member.key)) {
      existing->key_position = member.key_position;
      merge(existing->value, std::move(member.value));
    } else {
      base.members.push_back(std::move(member));
    }
  }
}

class Reader {
 public:
  Reader(const ReadOptions& options, Sources& sources, Diagnostics& diagnostics)
      : options_(options), sources_(sources), diagnostics_(diagnostics) {}

  std::optional<ConfigNode> read_source(std::uint32_t index) {
    std::optional<ConfigNode> root = read_yaml(sources_, index, diagnostics_);
    if (!root) return std::nullopt;
    if (!root->is_map()) {
      report(root->position, "", "a configuration is a map of keys", "for example: version: 1");
      return std::nullopt;
    }
    return with_includes(std::move(*root), index);
  }

  // `from` is what names the file: an item of `include`, or nothing for the first one.
  std::optional<ConfigNode> read_file(const std::string& path, const ConfigNode* from) {
    const auto index = static_cast<std::uint32_t>(sources_.size());
    Result<std::string> text = read_whole_file(path, kMaxConfigBytes);
    if (!text) {
      const std::string why = "cannot be read: " + text.error().message();
      if (from != nullptr) {
        report(from->position, "include", path + " " + why, "paths are relative to the including file");
      } else {
        sources_.push_back({path, directory_of(path), {}, SourceKind::file});
        report({index, 0, 0, 0}, "", why, "");
      }
      return std::nullopt;
    }
    // A byte order mark is not content, and would shift the columns of the first line.
    if (text->starts_with("\xEF\xBB\xBF")) text->erase(0, 3);
    sources_.push_back({path, directory_of(path), std::move(*text), SourceKind::file});
    open_.push_back(identity_of(path));
    std::optional<ConfigNode> root = read_source(index);
    open_.pop_back();
    return root;
  }

 private:
  void report(Position where, std::string path, std::string message, std::string suggestion) {
    Diagnostic diagnostic;
    diagnostic.position = where;
    diagnostic.path = std::move(path);
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    diagnostics_.push_back(std::move(diagnostic));
  }

  std::optional<ConfigNode> with_includes(ConfigNode root, std::uint32_t index) {
    const auto include = std::find_if(root.members.begin(), root.members.end(),
                                      [](const ConfigMember& member) { return member.key == "include"; });
    if (include == root.members.end()) return root;
    ConfigNode list = std::move(include->value);
    root.members.erase(include);
    substitute(list, sources_, options_.environment);

    ConfigNode merged;
    merged.kind = ConfigNode::Kind::map;
    merged.position = root.position;
    bool complete = true;
    const std::vector<const ConfigNode*> items = items_of(list);
    for (const ConfigNode* item : items) {
      std::optional<ConfigNode> included = read_included(*item, index);
      if (included) merge(merged, std::move(*included));
      complete = complete && included.has_value();
    }
    merge(merged, std::move(root));
    if (!complete) return std::nullopt;
    return merged;
  }

  std::vector<const ConfigNode*> items_of(const ConfigNode& list) {
    std::vector<const ConfigNode*> items;
    if (list.is_scalar() && !list.null) items.push_back(&list);
    for (const ConfigNode& item : list.items) items.push_back(&item);
    if (list.is_map() || (list.is_scalar() && list.null)) {
      report(list.position, "include", "expected a list of files", "for example: include: [providers.yaml]");
    }
    return items;
  }

  std::optional<ConfigNode> read_included(const ConfigNode& item, std::uint32_t index) {
    if (!item.is_scalar() || item.null || item.text.empty()) {
      report(item.position, "include", "expected the path of a file", "for example: include: [providers.yaml]");
      return std::nullopt;
    }
    if (!item.problem.empty()) {
      report(item.position, "include", item.problem, item.problem_hint);
      return std::nullopt;
    }
    const std::filesystem::path joined = std::filesystem::path(sources_[index].directory) / item.text;
    const std::string path = joined.lexically_normal().string();
    if (std::find(open_.begin(), open_.end(), identity_of(path)) != open_.end()) {
      report(item.position, "include", path + " includes itself", "remove this include");
      return std::nullopt;
    }
    if (open_.size() > kMaxIncludeDepth || sources_.size() >= kMaxIncludedFiles) {
      report(item.position, "include",
             open_.size() > kMaxIncludeDepth
                 ? "files include each other more than " + std::to_string(kMaxIncludeDepth) + " deep"
                 : "more than " + std::to_string(kMaxIncludedFiles) + " files are included",
             "include fewer files");
      return std::nullopt;
    }
    return read_file(path, &item);
  }

  const ReadOptions& options_;
  Sources& sources_;
  Diagnostics& diagnostics_;
  std::vector<std::string> open_;  // files being read, outermost first
};

void finish(ConfigTree& tree, std::optional<ConfigNode> root, const ReadOptions& options, Diagnostics& diagnostics) {
  tree.root.kind = ConfigNode::Kind::map;
  if (root) tree.root = std::move(*root);
  for (const std::string& setting : options.settings) {
    apply_setting(tree, setting, options.working_directory, diagnostics);
  }
  substitute(tree.root, tree.sources, options.environment);
}

}  // namespace

ConfigTree read_config(const std::string& path, const ReadOptions& options, Diagnostics& diagnostics) {
  ConfigTree tree;
  std::optional<ConfigNode> root = Reader(options, tree.sources, diagnostics).read_file(path, nullptr);
  finish(tree, std::move(root), options, diagnostics);
  return tree;
}

ConfigTree read_config_text(std::string text, const std::string& name, const ReadOptions& options,
                            Diagnostics& diagnostics) {
  ConfigTree tree;
  tree.sources.push_back({name, options.working_directory, std::move(text), SourceKind::file});
  std::optional<ConfigNode> root = Reader(options, tree.sources, diagnostics).read_source(0);
  finish(tree, std::move(root), options, diagnostics);
  return tree;
}

}  // namespace asmgr

#include "core/config/setting.hpp"

#include <charconv>
#include <optional>

#include "core/config/yaml_reader.hpp"

namespace asmgr {
namespace {

struct Step {
  std::string key;
  std::optional<std::size_t> index;  // set: an item of a list
};

std::optional<Step> take_index(std::string_view& rest) {
  const std::size_t close = rest.find(']');
  if (close == std::string_view::npos) return std::nullopt;
  std::size_t index = 0;
  const std::string_view digits = rest.substr(1, close - 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  rest.remove_prefix(close + 1);
  return Step{{}, index};
}

std::optional<Step> take_key(std::string_view& rest) {
  if (rest.starts_with('"')) {
    const std::size_t close = rest.find('"', 1);
    if (close == std::string_view::npos) return std::nullopt;
    Step step{std::string(rest.substr(1, close - 1)), std::nullopt};
    rest.remove_prefix(close + 1);
    return step;
  }
  const std::size_t end = std::min(rest.find_first_of(".["), rest.size());
  if (end == 0) return std::nullopt;
  Step step{std::string(rest.substr(0, end)), std::nullopt};
  rest.remove_prefix(end);
  return step;
}

std::optional<std::vector<Step>> parse_steps(std::string_view path) {
  std::vector<Step> steps;
  std::string_view rest = path;
  while (!rest.empty()) {
    std::optional<Step> step = rest.starts_with('[') ? take_index(rest) : take_key(rest);
    if (!step) return std::nullopt;
    steps.push_back(std::move(*step));
    if (rest.empty()) return steps;
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      if (rest.empty()) return std::nullopt;
    } else if (!rest.starts_with('[')) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// Where the assignment sits in the arguments: what to give read_yaml is only the value, keys may hold '=' in quotes.
std::size_t find_assignment(std::string_view setting) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < setting.size(); ++i) {
    if (setting[i] == '"') quoted = !quoted;
    if (setting[i] == '=' && !quoted) return i;
  }
  return std::string_view::npos;
}

std::optional<ConfigNode> read_value(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics) {
  const std::string& text = sources[source].text;
  const bool is_yaml = !text.empty() && std::string_view("[{\"'").find(text.front()) != std::string_view::npos;
  if (is_yaml) return read_yaml(sources, source, diagnostics);
  ConfigNode node;
  node.text = text;
  node.null = text == "~" || text == "null";
  node.quoted = text.empty();
  node.position.source = source;
  return node;
}

// The place the steps lead to, made where it is missing; null when a step does not fit what is there.
ConfigNode* descend(ConfigNode& root, const std::vector<Step>& steps, std::uint32_t source) {
  ConfigNode* node = &root;
  ConfigNode made;
  made.kind = ConfigNode::Kind::map;
  made.position.source = source;
  for (const Step& step : steps) {
    const bool empty = node->is_scalar() && (node->null || (node->text.empty() && !node->quoted));
    if (empty) {
      *node = made;
      if (step.index) node->kind = ConfigNode::Kind::list;
    }
    ConfigNode blank;
    blank.position.source = source;
    if (step.index) {
      if (!node->is_list() || *step.index > node->items.size()) return nullptr;
      if (*step.index == node->items.size()) node->items.push_back(blank);
      node = &node->items[*step.index];
      continue;
    }
    if (!node->is_map()) return nullptr;
    if (node->find_member(step.key) == nullptr) node->members.push_back({step.key, {source, 0, 0, 0}, blank});
    node = &node->find_member(step.key)->value;
  }
  return node;
}

void report(Diagnostics& diagnostics, std::uint32_t source, std::string message, std::string suggestion) {
  Diagnostic diagnostic;
  diagnostic.position.source = source;
  diagnostic.message = std::move(message);
  diagnostic.suggestion = std::move(suggestion);
  diagnostics.push_back(std::move(diagnostic));
}

}  // namespace

void apply_setting(ConfigTree& tree, std::string_view setting, const std::string& working_directory,
                   Diagnostics& diagnostics) {
  const auto source = static_cast<std::uint32_t>(tree.sources.size());
  const std::size_t equals = find_assignment(setting);
  const std::string path(setting.substr(0, equals));
  Source origin;
  origin.name = "--set " + path;
  origin.directory = working_directory;
  origin.kind = SourceKind::setting;
  if (equals != std::string_view::npos) origin.text = setting.substr(equals + 1);
  tree.sources.push_back(std::move(origin));

  const std::optional<std::vector<Step>> steps = parse_steps(path);
  if (equals == std::string_view::npos || !steps) {
    report(diagnostics, source, "not of the form PATH=VALUE", "for example --set providers.shell.config.timeout=10s");
    return;
  }
  if (steps->front().key == "include") {
    report(diagnostics, source, "include cannot be set", "name the file with --config");
    return;
  }
  std::optional<ConfigNode> value = read_value(tree.sources, source, diagnostics);
  if (!value) return;
  ConfigNode* target = descend(tree.root, *steps, source);
  if (target == nullptr) {
    report(diagnostics, source, "the path does not fit the file",
           "a step with a name needs a map, [N] a list that has N items");
    return;
  }
  *target = std::move(*value);
}

}  // namespace asmgr

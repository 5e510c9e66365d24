// The configuration file, up to what `config check` knows before it loads a plugin. No file is read: a text that
// includes one is only read as YAML.
#include <algorithm>

#include "core/config/file_reader.hpp"
#include "core/config/show.hpp"
#include "core/config/spec.hpp"
#include "core/config/yaml_reader.hpp"
#include "core/model/json.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

void check_position(const Position& position, const Sources& sources, std::string_view text) {
  require(position.source < sources.size(), "a place is in one of the sources", text);
  if (position.line == 0) return;
  const Source& source = sources[position.source];
  const auto lines = static_cast<std::size_t>(std::count(source.text.begin(), source.text.end(), '\n')) + 1;
  require(position.line <= lines, "a line is one of the file's", text);
  // One past the end is where something is missing.
  require(position.column <= source.line(position.line).size() + 2, "a column is one of the line's", text);
}

void check_diagnostics(const Diagnostics& diagnostics, const Sources& sources, std::string_view text) {
  for (const Diagnostic& one : diagnostics) {
    require(!one.message.empty(), "a problem is said", text);
    check_position(one.position, sources, text);
  }
  const std::string rendered = render(diagnostics, sources);
  require(rendered.empty() == diagnostics.empty(), "problems are shown, and nothing else", text);
  require(rendered.empty() || rendered.back() == '\n', "each in lines", text);
  require(parse_json(to_text(boost::json::value(to_json(diagnostics, sources))), "json").has_value(),
          "problems can be had as JSON", text);
}

std::size_t check_node(const ConfigNode& node, const Sources& sources, std::size_t depth, std::string_view text) {
  require(depth <= kMaxConfigDepth + 1, "the tree is no deeper than allowed", text);
  check_position(node.position, sources, text);
  std::size_t nodes = 1;
  for (const ConfigNode& item : node.items) nodes += check_node(item, sources, depth + 1, text);
  for (const ConfigMember& member : node.members) {
    check_position(member.key_position, sources, text);
    require(node.find(member.key) == &member.value, "no key is there twice", text);
    nodes += check_node(member.value, sources, depth + 1, text);
  }
  return nodes;
}

bool names_a_file(const ConfigNode& node) {
  return node.text.find("${file:") != std::string::npos ||
         std::any_of(node.items.begin(), node.items.end(), names_a_file) ||
         std::any_of(node.members.begin(), node.members.end(),
                     [](const ConfigMember& member) { return names_a_file(member.value); });
}

bool same(const ConfigNode& a, const ConfigNode& b) {
  return a.kind == b.kind && a.null == b.null && a.text == b.text &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same) &&
         std::equal(
             a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
             [](const ConfigMember& x, const ConfigMember& y) { return x.key == y.key && same(x.value, y.value); });
}

ReadOptions options() {
  ReadOptions options;
  options.environment = [](std::string_view) { return std::nullopt; };
  options.working_directory = "/nowhere";
  return options;
}

bool has_problem(const ConfigNode& node) {
  return !node.problem.empty() || std::any_of(node.items.begin(), node.items.end(), has_problem) ||
         std::any_of(node.members.begin(), node.members.end(),
                     [](const ConfigMember& member) { return has_problem(member.value); });
}

// `config show` prints what reads back as the same.
void check_shown(const ConfigTree& tree, std::string_view text) {
  if (tree.root.members.empty() || has_problem(tree.root)) return;
  const std::string shown = show_tree(tree.root, {});
  Diagnostics diagnostics;
  const ConfigTree again = read_config_text(shown, "shown.yaml", options(), diagnostics);
  require(diagnostics.empty(), "a configuration that is shown can be read", shown);
  require(same(again.root, tree.root), "and is the same configuration", text);
  require(show_tree(again.root, {}) == shown, "and is shown the same", shown);
}

// Whether to go on: not with a text that names other files.
bool check_yaml(std::string_view text) {
  const Sources sources{{"fuzz.yaml", "/nowhere", std::string(text), SourceKind::file}};
  Diagnostics diagnostics;
  const std::optional<ConfigNode> root = read_yaml(sources, 0, diagnostics);
  check_diagnostics(diagnostics, sources, text);
  if (!root) {
    require(has_errors(diagnostics), "what cannot be read is an error", text);
    return true;
  }
  require(check_node(*root, sources, 1, text) <= kMaxConfigNodes, "the tree is no larger than allowed", text);
  return root->find("include") == nullptr && !names_a_file(*root);
}

void check_deployment(std::string_view text) {
  Diagnostics diagnostics;
  const ConfigTree tree = read_config_text(std::string(text), "fuzz.yaml", options(), diagnostics);
  const bool is_sound = diagnostics.empty();
  static_cast<void>(parse_deployment(tree, {}, diagnostics));
  check_diagnostics(diagnostics, tree.sources, text);
  if (is_sound) check_shown(tree, text);
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = asmgr::fuzz::as_text(data, size);
  if (asmgr::fuzz::check_yaml(text)) asmgr::fuzz::check_deployment(text);
  return 0;
}

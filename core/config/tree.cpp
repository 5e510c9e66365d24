#include "core/config/tree.hpp"

#include <charconv>

namespace asmgr {
namespace {

// One step of a JSON pointer with ~1 and ~0 turned back.
std::string unescape_step(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1')) {
      out += step[++i] == '1' ? '/' : '~';
    } else {
      out += step[i];
    }
  }
  return out;
}

bool parse_index(std::string_view text, std::size_t& index) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

}  // namespace

const ConfigNode* ConfigNode::find(std::string_view key) const noexcept {
  const ConfigMember* member = find_member(key);
  return member == nullptr ? nullptr : &member->value;
}

ConfigMember* ConfigNode::find_member(std::string_view key) noexcept {
  for (ConfigMember& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

const ConfigMember* ConfigNode::find_member(std::string_view key) const noexcept {
  for (const ConfigMember& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

std::string path_join(std::string_view parent, std::string_view key) {
  std::string out(parent);
  if (!out.empty()) out += '.';
  if (key.empty() || key.find_first_of(".[]\" \t\n") != std::string_view::npos)
    return out + '"' + std::string(key) + '"';
  return out.append(key);
}

std::string path_join(std::string_view parent, std::size_t index) {
  return std::string(parent) + '[' + std::to_string(index) + ']';
}

Located locate(const ConfigNode& base, std::string_view base_path, std::string_view json_pointer) {
  Located located{&base, base.position, std::string(base_path)};
  const ConfigNode* node = &base;
  while (json_pointer.starts_with('/')) {
    json_pointer.remove_prefix(1);
    const std::size_t slash = json_pointer.find('/');
    const std::string step = unescape_step(json_pointer.substr(0, slash));
    json_pointer.remove_prefix(slash == std::string_view::npos ? json_pointer.size() : slash);

    std::size_t index = 0;
    const bool is_index = (node == nullptr || node->is_list()) && parse_index(step, index);
    located.path = is_index ? path_join(located.path, index) : path_join(located.path, step);
    if (node == nullptr) continue;
    if (node->is_list() && is_index && index < node->items.size()) {
      node = &node->items[index];
      located.position = node->position;
    } else if (const ConfigMember* member = node->find_member(step)) {
      node = &member->value;
      located.position = member->value.position;
    } else {
      node = nullptr;
      continue;
    }
    located.node = node;
  }
  return located;
}

}  // namespace asmgr

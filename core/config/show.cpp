#include "core/config/show.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/config/scalar.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::array<std::string_view, 10> kSecretEndings{"key", "secret", "password", "passwd",        "token",
                                                          "dsn", "cookie", "pwd",      "authorization", "credentials"};

bool sounds_secret(std::string_view key) {
  std::string lower(key);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::any_of(kSecretEndings.begin(), kSecretEndings.end(),
                     [&lower](std::string_view ending) { return lower.ends_with(ending); });
}

void collect(const ConfigNode& node, std::vector<const ConfigNode*>& out) {
  for (const ConfigNode& item : node.items) collect(item, out);
  for (const ConfigMember& member : node.members) {
    if (sounds_secret(member.key)) {
      out.push_back(&member.value);
    } else {
      collect(member.value, out);
    }
  }
}

// Plain where YAML reads it back as this very string.
std::string as_yaml_string(std::string_view text) {
  constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+@";
  constexpr std::array<std::string_view, 8> kWords{"null", "Null", "NULL", "yes", "no", "on", "off", "y"};
  ConfigNode plain;
  plain.text = text;
  const bool is_path = text.starts_with("./") || text.starts_with("../");
  const bool begins_well =
      is_path || (!text.empty() && std::string_view("-+@.0123456789").find(text.front()) == std::string_view::npos);
  const bool is_plain = begins_well && text.find_first_not_of(kSafe) == std::string_view::npos &&
                        std::find(kWords.begin(), kWords.end(), text) == kWords.end() &&
                        type_scalar(plain).type == ScalarType::string;
  if (is_plain) return std::string(text);
  std::string out;
  append_json_string(out, text);
  return out;
}

class Writer {
 public:
  explicit Writer(const std::vector<const ConfigNode*>& secrets) : secrets_(secrets) {}
  std::string out;

  void write_members(const ConfigNode& map, std::size_t indent) {
    for (const ConfigMember& member : map.members) {
      out.append(indent, ' ').append(as_yaml_string(member.key)).append(":");
      write_value(member.value, indent);
    }
  }

 private:
  // After a key's ':' or an item's '-'.
  void write_value(const ConfigNode& node, std::size_t indent) {
    if (std::find(secrets_.begin(), secrets_.end(), &node) != secrets_.end()) {
      out += " \"***\"\n";
    } else if (node.is_scalar()) {
      out.append(" ").append(scalar_text(node)).append("\n");
    } else if (node.items.empty() && node.members.empty()) {
      out += node.is_map() ? " {}\n" : " []\n";
    } else if (node.is_map()) {
      out += '\n';
      write_members(node, indent + 2);
    } else {
      out += '\n';
      for (const ConfigNode& item : node.items) write_item(item, indent + 2);
    }
  }

  void write_item(const ConfigNode& item, std::size_t indent) {
    out.append(indent, ' ').append("-");
    write_value(item, indent);
  }

  static std::string scalar_text(const ConfigNode& node) {
    if (node.null) return "null";
    if (!node.problem.empty()) return as_yaml_string(node.text);
    if (node.origin != ValueOrigin::literal) return "\"***\"";
    const bool is_text = type_scalar(node).type == ScalarType::string;
    return is_text ? as_yaml_string(with_dollars_doubled(node.text)) : node.text;
  }

  static std::string with_dollars_doubled(std::string text) {
    for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 2)) text.insert(at, 1, '$');
    return text;
  }

  const std::vector<const ConfigNode*>& secrets_;
};

}  // namespace

std::string show_tree(const ConfigNode& root, const std::vector<const ConfigNode*>& secrets) {
  Writer writer(secrets);
  writer.write_members(root, 0);
  return std::move(writer.out);
}

std::vector<const ConfigNode*> values_that_sound_secret(const ConfigNode& block) {
  std::vector<const ConfigNode*> out;
  collect(block, out);
  return out;
}

}  // namespace asmgr

// A configuration as our own tree: what the text said and where, before any schema has given it types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/source.hpp"

namespace asmgr {

struct ConfigMember;

// Where the text of a scalar came from once ${...} had been replaced.
enum class ValueOrigin : std::uint8_t { literal, environment, file };

struct ConfigNode {
  enum class Kind : std::uint8_t { scalar, list, map };

  Kind kind = Kind::scalar;
  bool quoted = false;                   // scalar: in quotes or a block text, so it is a string whatever it looks like
  bool null = false;                     // scalar: nothing, ~ or null
  bool begins_with_environment = false;  // scalar: a relative path in it is the working directory's
  ValueOrigin origin = ValueOrigin::literal;  // anything but literal is never shown
  Position position;                          // the value; of a map or list in block style, the key it stands under
  std::string text;                           // scalar
  std::string problem;                // scalar: why a ${...} in it could not be replaced; then text is as written
  std::string problem_hint;           // what to do about it
  std::vector<ConfigNode> items;      // list
  std::vector<ConfigMember> members;  // map, in the order of the file, without duplicates

  // Null when this is no map or has no such key.
  [[nodiscard]] const ConfigNode* find(std::string_view key) const noexcept;
  [[nodiscard]] ConfigMember* find_member(std::string_view key) noexcept;
  [[nodiscard]] const ConfigMember* find_member(std::string_view key) const noexcept;
  [[nodiscard]] bool is_scalar() const noexcept { return kind == Kind::scalar; }
  [[nodiscard]] bool is_list() const noexcept { return kind == Kind::list; }
  [[nodiscard]] bool is_map() const noexcept { return kind == Kind::map; }
};

struct ConfigMember {
  std::string key;
  Position key_position;
  ConfigNode value;
};

struct ConfigTree {
  Sources sources;  // the first one is the file that was asked for
  ConfigNode root;  // a map
};

// The member's path below `parent`: "stores" + "main" -> "stores.main". Keys that hold a dot are quoted.
[[nodiscard]] std::string path_join(std::string_view parent, std::string_view key);
[[nodiscard]] std::string path_join(std::string_view parent, std::size_t index);

// Follows a JSON pointer ("/rules/0/on") as far as the tree goes: a value that comes from a default has no place of its
// own, so the nearest place above it is given.
struct Located {
  const ConfigNode* node = nullptr;
  Position position;  // of the last key when it was found there
  std::string path;   // the whole pointer as a path below `base`
};
[[nodiscard]] Located locate(const ConfigNode& base, std::string_view base_path, std::string_view json_pointer);

}  // namespace asmgr
